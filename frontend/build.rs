//! Linker arguments for splitting the program.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        // What refers to what: wasm-split reads it, and takes it out.
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
