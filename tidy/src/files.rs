//! Files: how long they are, and who knows of them.

use crate::{Complaint, Tree};

/// Lines from which on a file is two files; a style sheet has a line for each declaration.
pub const MAX_LINES: usize = 400;
const MAX_STYLE_LINES: usize = 600;

/// Files of Rust, TypeScript, JavaScript and CSS that are too long.
pub fn check_lengths(tree: &Tree) -> Vec<Complaint> {
    let sources = tree.0.iter().filter(|it| {
        [".rs", ".ts", ".css", ".mjs", ".js"].iter().any(|ending| it.path.ends_with(ending))
    });
    let long = sources.filter_map(|it| {
        let style = it.path.ends_with(".css");
        let (lines, most) =
            (it.text.lines().count(), if style { MAX_STYLE_LINES } else { MAX_LINES });
        let at = it.text.len().saturating_sub(1);
        let rule = format!("{lines} lines, but a file has less than {most}");
        (lines >= most).then(|| it.complaint(at, rule))
    });
    long.collect()
}

/// Rust files that no module declares, and style sheets that the page doesn't load.
pub fn check_declared(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.below("", ".rs").filter(|it| !is_root(tree, &it.path)) {
        let path = source.path.trim_end_matches("/mod.rs").trim_end_matches(".rs");
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|it| format!("{folder}/{it}"));
        let parents = [format!("{folder}.rs")].into_iter().chain(parents);
        let declares =
            |text: &str| text.lines().any(|line| line.trim().ends_with(&format!("mod {name};")));
        if !parents.into_iter().any(|it| tree.text(&it).is_some_and(declares)) {
            complaints.push(source.complaint(0, "no module declares this file"));
        }
    }
    let page = tree.text("frontend/index.html").unwrap_or_default();
    for source in tree.below("style/", ".css").filter(|it| !page.contains(&it.path)) {
        complaints.push(source.complaint(0, "frontend/index.html doesn't load this style sheet"));
    }
    complaints
}

/// Whether Cargo compiles a file by itself.
fn is_root(tree: &Tree, path: &str) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else { return true };
    let has_manifest = |folder: &str| tree.text(&format!("{folder}/Cargo.toml")).is_some();
    let parent = folder.rsplit_once('/').map_or("", |it| it.0);
    match folder.rsplit('/').next() {
        _ if name == "build.rs" => has_manifest(folder),
        Some("src") => has_manifest(parent) && ["lib.rs", "main.rs"].contains(&name),
        Some("fuzz_targets") => has_manifest(parent),
        // A crate that lists its tests names the root; others have one root a file.
        Some("tests") if has_manifest(parent) => {
            let manifest = tree.text(&format!("{parent}/Cargo.toml")).unwrap_or_default();
            !manifest.contains("autotests = false") || manifest.contains(&format!("tests/{name}\""))
        }
        _ => folder.contains("/examples/") && name == "main.rs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        check_declared(&Tree::of(files)).iter().map(Complaint::to_string).collect()
    }

    #[test]
    fn long_file_is_refused() {
        let (fine, long) = ("a\n".repeat(MAX_LINES - 1), "a\n".repeat(MAX_LINES));
        let tree =
            Tree::of(&[("a.rs", &fine), ("b.ts", &long), ("c.toml", &long), ("d.css", &long)]);
        let complaints: Vec<_> = check_lengths(&tree).iter().map(Complaint::to_string).collect();
        assert_eq!(complaints, ["b.ts:400: 400 lines, but a file has less than 400"]);
    }

    #[test]
    fn undeclared_module_is_refused() {
        let files = [
            ("a/Cargo.toml", ""),
            ("a/src/lib.rs", "mod one;\npub mod two;\n"),
            ("a/src/one.rs", "pub(crate) mod inner;"),
            ("a/src/one/inner.rs", ""),
            ("a/src/two/mod.rs", ""),
            ("a/src/two/trend.rs", ""),
            ("a/tests/whole.rs", ""),
        ];
        assert_eq!(complaints(&files), ["a/src/two/trend.rs:1: no module declares this file"]);
    }

    #[test]
    fn undeclared_test_and_style_sheet_are_refused() {
        let files = [
            ("a/Cargo.toml", "autotests = false\npath = \"tests/main.rs\""),
            ("a/tests/main.rs", "mod chat;"),
            ("a/tests/chat.rs", ""),
            ("a/tests/rooms.rs", ""),
            ("frontend/index.html", "../style/base.css"),
            ("style/base.css", ""),
            ("style/old.css", ""),
        ];
        let refused = [
            "a/tests/rooms.rs:1: no module declares this file",
            "style/old.css:1: frontend/index.html doesn't load this style sheet",
        ];
        assert_eq!(complaints(&files), refused);
    }
}
