//! SQL: where it stands, and whose tables it writes.

use crate::{Complaint, SourceFile, Tree, code, text::word};

/// Words by which a statement is known, in the spelling of this repository.
const STATEMENTS: [&str; 5] =
    ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH RECURSIVE "];

/// Statements outside of `store.rs` files and `store/` folders, and of `others`, whose only work they are.
pub fn check_places(tree: &Tree, others: &[&str]) -> Vec<Complaint> {
    let stores = |it: &&SourceFile| {
        let store = it.path.ends_with("/store.rs") || it.path.contains("/store/");
        !store && !it.is_test() && !others.contains(&it.path.as_str())
    };
    let sources = tree.below("server/src/", ".rs").filter(stores);
    let rule = "SQL stands in store.rs";
    sources
        .flat_map(|it| statements(it).into_iter().map(|(at, _)| it.complaint(at, rule)))
        .collect()
}

/// Statements that write into a table of another feature. `owners` names each table and the folders that
/// own its columns.
pub fn check_tables(tree: &Tree, owners: &[(&str, &[&str])]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.below("server/src/", ".rs").filter(|it| !it.is_test()) {
        let folder = word(&source.path["server/src/".len()..]);
        for (at, statement) in statements(source) {
            let writes = ["INSERT INTO ", "UPDATE ", "DELETE FROM "];
            let Some(table) = writes.iter().find_map(|it| statement.strip_prefix(it)).map(word)
            else {
                continue;
            };
            match owners.iter().find(|(name, _)| *name == table) {
                Some((_, owners)) if owners.contains(&folder) => {}
                Some((_, owners)) => complaints.push(source.complaint(
                    at,
                    format!("{folder} writes into {table}, which {} owns", owners.join(" and ")),
                )),
                None => complaints.push(source.complaint(at, format!("nobody owns {table}"))),
            }
        }
    }
    complaints
}

/// The statements in literals of a file, and where they begin.
fn statements(source: &SourceFile) -> Vec<(usize, String)> {
    let code = code(&source.text);
    let mut found = Vec::new();
    for statement in STATEMENTS {
        for (at, _) in code.match_indices(statement) {
            // In upsert clauses (`DO UPDATE SET`) and locks nothing else is written.
            let before = code[..at].trim_end_matches(|c: char| c.is_whitespace() || c == '\\');
            if !(before.ends_with("DO") || before.ends_with("FOR")) {
                found.push((at, code[at..].to_owned()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNERS: [(&str, &[&str]); 2] = [("shows", &["shows", "crowd"]), ("likes", &["crowd"])];

    #[test]
    fn statement_outside_of_store_is_refused() {
        let tree = Tree::of(&[
            ("server/src/chat/port.rs", "/// SELECT nothing\nlet a = query(\"SELECT 1\");\n"),
            ("server/src/chat/store.rs", "\"SELECT 1\""),
            ("server/src/chat/store/old.rs", "\"SELECT 1\""),
            ("server/src/log.rs", "\"SELECT 1\""),
            ("server/tests/chat.rs", "\"SELECT 1\""),
        ]);
        let complaints = check_places(&tree, &["server/src/log.rs"]);
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        assert_eq!(complaints[0].to_string(), "server/src/chat/port.rs:2: SQL stands in store.rs");
    }

    #[test]
    fn foreign_table_is_only_read() {
        let tree = Tree::of(&[
            ("server/src/crowd/store.rs", "\"UPDATE shows SET likes = 1\", \"SELECT 1 FROM chat\""),
            (
                "server/src/chat/store.rs",
                "\"INSERT INTO likes VALUES (1) ON CONFLICT DO UPDATE SET a = 1\"",
            ),
            ("server/src/shows/store.rs", "\n\"DELETE FROM polls\""),
        ]);
        let complaints: Vec<_> =
            check_tables(&tree, &OWNERS).iter().map(Complaint::to_string).collect();
        assert_eq!(
            complaints,
            [
                "server/src/chat/store.rs:1: chat writes into likes, which crowd owns",
                "server/src/shows/store.rs:2: nobody owns polls",
            ]
        );
    }
}
