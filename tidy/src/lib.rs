//! Written rules of the source tree, held by `tests/tree.rs` in the ordinary test run.
//!
//! A rule is a function from a [`Tree`] to [`Complaint`]s, so its own tests break it on a small tree.
//! It reads text and knows no compiler: what it can't tell from a line, it lets pass.

pub mod files;
pub mod imports;
pub mod names;
pub mod sql;
mod text;
pub mod texts;

use std::{fmt, fs, io, path::Path};

pub use text::{SourceFile, code};

/// A broken rule at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The file from the top of the repository.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule in words.
    pub rule: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// Text files of the repository.
#[derive(Debug, Default)]
pub struct Tree(pub Vec<SourceFile>);

/// Folders whose text others write.
const FOREIGN: [&str; 8] =
    [".git", "target", "node_modules", "vendor", "corpus", "data", "public", "fixtures"];

impl Tree {
    /// Reads all sources below `root`.
    ///
    /// # Errors
    /// When a file can't be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.add(root, "")?;
        tree.0.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(tree)
    }

    /// A made-up tree of paths and texts.
    pub fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| SourceFile::new(path, text)).collect())
    }

    fn add(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            if entry.file_type()?.is_dir() {
                if !FOREIGN.contains(&name.as_str()) {
                    self.add(&entry.path(), &format!("{path}/"))?;
                }
            } else if let Some((_, "rs" | "ts" | "css" | "mjs" | "js" | "toml" | "html")) =
                name.rsplit_once('.')
            {
                self.0.push(SourceFile::new(&path, &fs::read_to_string(entry.path())?));
            }
        }
        Ok(())
    }

    /// Files below `folder` whose names end with `ending`.
    pub fn below<'a>(
        &'a self,
        folder: &'a str,
        ending: &'a str,
    ) -> impl Iterator<Item = &'a SourceFile> {
        self.0.iter().filter(move |it| it.path.starts_with(folder) && it.path.ends_with(ending))
    }

    /// The text of one file.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|it| it.path == path).map(|it| it.text.as_str())
    }
}
