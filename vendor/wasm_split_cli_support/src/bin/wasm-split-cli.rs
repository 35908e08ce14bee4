use clap::{Parser, ValueEnum};
use eyre::Result;
use std::{collections::BTreeMap, path::Path};

use wasm_split_cli_support as this;

#[derive(Debug, ValueEnum, Clone, Copy, PartialEq, Eq, Default)]
enum Target {
    #[default]
    Web,
    Bundler,
}

#[derive(Debug, Parser)]
#[command(name = "wasm-split")]
struct Cli {
    /// Input .wasm file.
    input: Box<Path>,

    /// Output directory.
    output: Box<Path>,

    /// Output target
    #[arg(long)]
    target: Option<Target>,

    /// Output module name
    #[arg(long)]
    out_name: Option<String>,

    /// Chunks of fewer bytes (of code and data, as they come from the linker) are folded into others.
    #[arg(long, default_value_t = 0)]
    smallest_chunk: u64,

    /// No split has more chunks than that.
    #[arg(long)]
    most_chunks: Option<usize>,

    /// How much a byte counts that a split loads without need: NAME=NUMBER, 1 for splits that aren't named.
    #[arg(long = "weight", value_parser = weight)]
    weights: Vec<(String, f64)>,

    /// Functions whose names match this regular expression are never run.
    #[arg(long)]
    never_run: Option<String>,

    /// Where to write, as JSON, of what functions and files each split consists.
    #[arg(long)]
    manifest: Option<Box<Path>>,

    /// Print verbose split information.
    #[arg(short, long)]
    verbose: bool,
}

fn main() -> Result<()> {
    tracing_subscriber::fmt::init();

    let args = Cli::parse();
    let input_wasm = std::fs::read(args.input)?;
    let stem = match args.out_name.as_ref() {
        Some(name) => name,
        None => "main",
    };
    let main_module;
    let main_out_path = args.output.join(&format!("{stem}.wasm"));
    let split = this::transform({
        let mut opts = this::Options::new(&input_wasm);
        opts.verbose = args.verbose;
        opts.limits = this::Limits {
            smallest_chunk: args.smallest_chunk,
            most_chunks: args.most_chunks,
            weights: args.weights.into_iter().collect(),
        };
        opts.never_run = args.never_run.as_deref();
        opts.output_dir = &args.output;
        opts.main_out_path = &main_out_path;
        if let Some(name) = args.out_name.as_ref() {
            main_module = match args.target {
                None | Some(Target::Web) => format!("./{name}.js"),
                Some(Target::Bundler) => format!("./{name}_bg.wasm"),
            };
            opts.main_module = &main_module;
        }
        match args.target {
            Some(Target::Web) => {
                opts.target.web();
            }
            Some(Target::Bundler) => {
                opts.target.bundler();
            }
            None => {}
        }
        opts
    })?;
    if let Some(path) = args.manifest {
        std::fs::write(path, manifest(&split))?;
    }
    Ok(())
}

fn weight(argument: &str) -> Result<(String, f64), String> {
    let (name, number) = argument.split_once('=').ok_or("not of the form NAME=NUMBER")?;
    let number = number.parse().map_err(|error| format!("{number}: {error}"))?;
    Ok((name.to_owned(), number))
}

/// All names are identifiers, so that nothing has to be escaped.
fn manifest(split: &this::SplitWasm) -> String {
    let list = |names: Option<&Vec<String>>| {
        let names = names.into_iter().flatten().map(|name| format!("{name:?}"));
        names.collect::<Vec<_>>().join(", ")
    };
    let splits: BTreeMap<_, _> = split.functions.iter().collect();
    let splits = splits.into_iter().map(|(name, functions)| {
        let files = list(split.prefetch_map.get(name));
        format!("  {name:?}: {{ \"functions\": [{}], \"files\": [{files}] }}", list(Some(functions)))
    });
    format!("{{\n{}\n}}\n", splits.collect::<Vec<_>>().join(",\n"))
}
