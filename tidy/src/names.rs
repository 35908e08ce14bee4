//! Names: a public type has its own, and words of the product name what the product means by them.

use std::collections::BTreeMap;

use crate::{Complaint, SourceFile, Tree, code, text::word};

/// Words of features to come, which nothing else is called by.
const RESERVED: [&str; 7] = ["Ticket", "Slot", "Booking", "Calendar", "Node", "Region", "Waitlist"];

/// Public types with the name of another one, anywhere in the workspace.
pub fn check_unique(tree: &Tree) -> Vec<Complaint> {
    let mut first: BTreeMap<String, String> = BTreeMap::new();
    let mut complaints = Vec::new();
    // A build script's types are nobody else's.
    let ours = |it: &&SourceFile| !it.is_test() && !it.path.contains("/build/");
    for source in tree.below("", ".rs").filter(ours) {
        for (at, name) in types(source, &["pub "]) {
            if let Some(before) = first.get(&name) {
                complaints.push(source.complaint(at, format!("{before} has a public {name}, too")));
            } else {
                first.insert(name, source.path.clone());
            }
        }
    }
    complaints
}

/// Types and modules that are named by a reserved word.
pub fn check_reserved(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.below("", ".rs") {
        for (at, name) in types(source, &["", "pub ", "pub(crate) ", "pub(super) "]) {
            if let Some(word) = camel_words(&name).find(|it| RESERVED.contains(it)) {
                complaints.push(source.complaint(at, reserved(&name, word)));
            }
        }
        let mut path = source.path.trim_end_matches(".rs").rsplit('/');
        let module = path.find(|it| *it != "mod").unwrap_or_default();
        let plain = |it: &&&str| {
            module.split('_').any(|part| part.trim_end_matches('s') == it.to_lowercase())
        };
        if let Some(word) = RESERVED.iter().find(plain) {
            complaints.push(source.complaint(0, reserved(module, word)));
        }
    }
    complaints
}

fn reserved(name: &str, word: &str) -> String {
    format!("{name}: the product means something else by {word}")
}

/// The words of a name such as `ShowCard`.
fn camel_words(name: &str) -> impl Iterator<Item = &str> {
    let starts = name.char_indices().filter(|(_, c)| c.is_uppercase()).map(|(at, _)| at);
    let ends = name.char_indices().skip(1).filter(|(_, c)| c.is_uppercase()).map(|(at, _)| at);
    let words = starts.zip(ends.chain([name.len()]));
    words.map(|(from, to)| name[from..to].trim_end_matches('s'))
}

/// Names of the types that a file declares with one of these visibilities, and where.
fn types(source: &SourceFile, visibilities: &[&str]) -> Vec<(usize, String)> {
    let code = code(&source.text);
    let mut found = Vec::new();
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let declared = line.trim_start();
        for visibility in visibilities {
            let Some(rest) = declared.strip_prefix(visibility) else { continue };
            let kinds = ["struct ", "enum ", "trait ", "union ", "type "];
            let Some(rest) = kinds.iter().find_map(|kind| rest.strip_prefix(kind)) else {
                continue;
            };
            // An associated type of an `impl` or a `trait` is indented and private.
            if !visibility.is_empty() || declared.len() == line.len() {
                found.push((at, word(rest).to_owned()));
            }
        }
        at += line.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_public_type_of_a_name_is_refused() {
        let tree = Tree::of(&[
            ("a/src/lib.rs", "pub struct Way;\nstruct Place;\n"),
            ("b/src/lib.rs", "pub struct Place;\n\npub enum Way {}\n"),
            ("b/src/tests.rs", "pub struct Way;"),
        ]);
        let complaints: Vec<_> = check_unique(&tree).iter().map(Complaint::to_string).collect();
        assert_eq!(complaints, ["b/src/lib.rs:3: a/src/lib.rs has a public Way, too"]);
    }

    #[test]
    fn reserved_word_is_refused() {
        let tree = Tree::of(&[
            (
                "a/src/slot.rs",
                "impl Iterator for Nodes {\n    type Item = Slot;\n}\nstruct Slotted;",
            ),
            ("a/src/tokens.rs", "pub struct JoinTicket;\nenum Regions {}"),
        ]);
        let complaints: Vec<_> = check_reserved(&tree).iter().map(Complaint::to_string).collect();
        assert_eq!(
            complaints,
            [
                "a/src/slot.rs:1: slot: the product means something else by Slot",
                "a/src/tokens.rs:1: JoinTicket: the product means something else by Ticket",
                "a/src/tokens.rs:2: Regions: the product means something else by Region",
            ]
        );
    }
}
