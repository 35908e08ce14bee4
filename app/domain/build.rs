//! Makes constants of the keys in `texts/*.toml`, so that a key that isn't there is a compile error.

#[path = "build/catalogue.rs"]
mod catalogue;
#[path = "build/generate.rs"]
mod generate;

use std::{env, fs, path::Path, process::exit};

use catalogue::Catalogues;

/// The catalogues, one file a language.
const FOLDER: &str = "../../texts";

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    let code = read(Path::new(FOLDER)).map(|catalogues| generate::code(&catalogues));
    let out = env::var("OUT_DIR").unwrap_or_default();
    match code.and_then(|code| {
        fs::write(Path::new(&out).join("texts.rs"), code).map_err(|error| vec![error.to_string()])
    }) {
        Ok(()) => {}
        Err(complaints) => {
            for complaint in complaints {
                println!("cargo::error={complaint}");
            }
            exit(1);
        }
    }
}

/// Reads and checks every catalogue in `folder`.
fn read(folder: &Path) -> Result<Catalogues, Vec<String>> {
    let failed = |error: std::io::Error| vec![format!("{}: {error}", folder.display())];
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue;
        }
        let tag = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.push((tag, fs::read_to_string(&path).map_err(failed)?));
    }
    Catalogues::read(files)
}
