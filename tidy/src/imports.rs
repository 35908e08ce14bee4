//! Imports between the folders of a crate: each folder knows only those that stand below it.

use crate::{Complaint, SourceFile, Tree, code, text::word};

/// Folders (and files beside them) of a crate, from the lowest layer to the highest. A folder imports from
/// layers below its own, never from a neighbour.
pub type Layers = &'static [&'static [&'static str]];

/// Imports that go up or sideways, and folders that stand in no layer.
pub fn check(tree: &Tree, root: &str, layers: Layers) -> Vec<Complaint> {
    let layer = |name: &str| layers.iter().position(|names| names.contains(&name));
    let mut complaints = Vec::new();
    for source in tree.below(root, ".rs") {
        let inner = source.path[root.len()..].trim_end_matches(".rs").trim_start_matches('/');
        let mut modules: Vec<&str> = inner.split('/').filter(|it| *it != "mod").collect();
        let Some(&own) = modules.first().filter(|it| !["lib", "main"].contains(*it)) else {
            continue;
        };
        let Some(mine) = layer(own) else {
            complaints.push(source.complaint(0, format!("{own} stands in no layer of {root}")));
            continue;
        };
        modules.dedup();
        for (at, target) in targets(source, &modules) {
            match layer(&target) {
                Some(_) if target == own => {}
                Some(its) if its < mine => {}
                Some(_) => complaints.push(
                    source.complaint(at, format!("{own} imports {target}, which isn't below it")),
                ),
                None => {}
            }
        }
    }
    complaints
}

/// The folders that a file names by `crate::` or by `super::` beyond its own folder, and where.
fn targets(source: &SourceFile, modules: &[&str]) -> Vec<(usize, String)> {
    let code = code(&source.text);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::").filter(|(at, _)| !follows_name(&code, *at)) {
        found.extend(first_words(&code[at + 7..]).into_iter().map(|it| (at, it.to_owned())));
    }
    for (at, _) in code.match_indices("super::").filter(|(at, _)| !follows_name(&code, *at)) {
        if code[..at].ends_with("super::") {
            continue;
        }
        let (mut rest, mut up) = (&code[at..], 0);
        while let Some(further) = rest.strip_prefix("super::") {
            (rest, up) = (further, up + 1);
        }
        if up == modules.len() {
            found.extend(first_words(rest).into_iter().map(|it| (at, it.to_owned())));
        }
    }
    found
}

/// Whether a path goes on there that began before: `bandstand_app::crate::`, `$crate::`.
fn follows_name(code: &str, at: usize) -> bool {
    code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$')
}

/// The first name of each path of a list `{a::b, c}`, or of the one path that stands there.
fn first_words(rest: &str) -> Vec<&str> {
    let Some(list) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut words, mut depth, mut fresh) = (Vec::new(), 0, true);
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            c if fresh && c.is_alphabetic() => {
                words.push(word(&list[at..]));
                fresh = false;
            }
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: Layers = &[&["clock"], &["channel"], &["shows", "chat"], &["app"]];

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        check(&Tree::of(files), "src/", LAYERS).iter().map(Complaint::to_string).collect()
    }

    #[test]
    fn imports_from_below_are_allowed() {
        let fine = "use crate::{\n    channel::{self, Hub},\n    clock,\n};\nuse super::store;\n";
        assert_eq!(complaints(&[("src/chat/port.rs", fine), ("src/lib.rs", "mod chat;")]), [""; 0]);
        assert_eq!(
            complaints(&[("src/app/mod.rs", "use crate::shows;\nuse super::chat;")]),
            [""; 0]
        );
    }

    #[test]
    fn imports_from_above_and_beside_are_refused() {
        let files = [
            ("src/channel/hub.rs", "use crate::clock;\nuse crate::{clock::now, chat::Chat};\n"),
            ("src/chat/port.rs", "//! crate::app\nfn a() { super::super::shows::b() }\n"),
            ("src/clock.rs", "use super::app;\n#[cfg(test)]\nmod tests { use crate::chat; }"),
        ];
        assert_eq!(
            complaints(&files),
            [
                "src/channel/hub.rs:2: channel imports chat, which isn't below it",
                "src/chat/port.rs:2: chat imports shows, which isn't below it",
                "src/clock.rs:1: clock imports app, which isn't below it",
            ]
        );
    }

    #[test]
    fn folder_without_layer_is_refused() {
        assert_eq!(
            complaints(&[("src/new/mod.rs", "")]),
            ["src/new/mod.rs:1: new stands in no layer of src/"]
        );
    }
}
