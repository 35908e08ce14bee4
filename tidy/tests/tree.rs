//! The rules of `bandstand_tidy` on this repository.

#![allow(clippy::unwrap_used, reason = "a test that can't go on says so by panicking")]

use std::path::Path;

use bandstand_tidy::{Complaint, Tree, files, texts};

fn tree() -> Tree {
    Tree::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap()
}

#[track_caller]
fn holds(complaints: Vec<Complaint>) {
    let lines: Vec<_> = complaints.iter().map(|it| format!("{it}\n")).collect();
    assert!(lines.is_empty(), "{} complaints:\n{}", lines.len(), lines.concat());
}

#[test]
fn every_file_is_declared() {
    holds(files::check_declared(&tree()));
}

#[test]
fn catalogues_have_the_same_keys_and_gaps() {
    holds(texts::check_catalogues(&tree()));
}
