//! Texts: what people read stands in the catalogues, in every language.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Complaint, SourceFile, Tree, code, text::word};

/// Keys and gaps that one catalogue has and another hasn't.
pub fn check_catalogues(tree: &Tree) -> Vec<Complaint> {
    let catalogues: Vec<_> = tree.below("texts/", ".toml").map(|it| (it, entries(it))).collect();
    let mut complaints = Vec::new();
    for (source, entries) in &catalogues {
        for (other, others) in &catalogues {
            for (key, (at, text)) in entries {
                match others.get(key) {
                    Some((_, translated)) if gaps(translated) == gaps(text) => {}
                    Some(_) => complaints.push(
                        source.complaint(*at, format!("{key} has other gaps in {}", other.path)),
                    ),
                    None => complaints
                        .push(source.complaint(*at, format!("{} has no {key}", other.path))),
                }
            }
        }
    }
    complaints
}

/// Keys that no source names. A section in `whole` is looked up by what it is about.
pub fn check_used(tree: &Tree, whole: &[&str]) -> Vec<Complaint> {
    let mut named = BTreeSet::new();
    for source in tree.below("", ".rs") {
        let code = code(&source.text).replace("::", ".");
        let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        for path in code.split(|c| !in_path(c)).filter(|it| it.contains('.')) {
            let parts: Vec<_> = path.split('.').collect();
            for from in 0..parts.len() {
                for to in from + 2..=parts.len().min(from + 4) {
                    named.insert(parts[from..to].join("."));
                }
            }
        }
    }
    let Some(english) = tree.below("texts/en", ".toml").next() else { return Vec::new() };
    let entries = entries(english).into_iter().filter(|(key, _)| {
        let section = key.rsplit_once('.').map_or("", |it| it.0);
        !whole.contains(&section) && !named.contains(key)
    });
    entries.map(|(key, (at, _))| english.complaint(at, format!("nothing says {key}"))).collect()
}

/// Literals that look like words for people: names (also of browsers' own things), keys of keyboards, and what the server's English
/// dates are made of.
const NAMES: [&str; 10] = [
    "Bandstand",
    "End",
    "Enter",
    "Escape",
    "Home",
    "Intl",
    "Ogg",
    "Translator",
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
    "Mon Tue Wed Thu Fri Sat Sun",
];

/// Words for people in the pages' code: literals that begin like a sentence, or have two words.
pub fn check_literals(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for source in tree.below("app/src/", ".rs").filter(|it| !it.is_test()) {
        let code = code(&source.text);
        for (at, literal) in literals(&code) {
            let line = code[..at].rfind('\n').map_or(0, |it| it + 1);
            let inner = [
                "expect(",
                "#[",
                "#![",
                "tracing::",
                "log::",
                "panic!",
                "assert",
                "compile_error!(",
                "unreachable!",
                "header",
                "Header",
            ];
            if is_said(literal)
                && !NAMES.contains(&literal)
                && !inner.iter().any(|it| code[line..at].contains(it))
            {
                let rule = format!("“{literal}” is said to people and stands in no catalogue");
                complaints.push(source.complaint(at, rule));
            }
        }
    }
    complaints
}

/// Whether a literal is meant for people: not a class, a name, an address or a part of another format.
fn is_said(literal: &str) -> bool {
    let mut chars = literal.trim_start_matches(['‘', '“', ' ']).chars();
    let (first, second) = (chars.next(), chars.next());
    // The rest of the word is in lower case: `Error`, but not `NotFoundError`.
    let plain = !word(literal).chars().skip(1).any(char::is_uppercase);
    let sentence = plain
        && first.is_some_and(char::is_uppercase)
        && second.is_some_and(|c| c.is_lowercase() || c == ' ' || c == '’')
        && !literal.contains(['-', '/', '=', ';']);
    let words =
        literal.split(' ').filter(|it| !it.is_empty() && it.chars().all(char::is_alphabetic));
    sentence || (literal.contains(['.', '…', '?', '!', ',', '’', '{']) && words.count() > 1)
}

/// String literals of one line, and where they begin.
fn literals(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut rest = 0;
    while let Some(begin) = code[rest..].find('"').map(|it| rest + it) {
        if code[..begin].ends_with('\'') {
            rest = begin + 1;
            continue;
        }
        let body = &code[begin + 1..];
        let mut escaped = false;
        let end = body.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { break };
        found.push((begin, &body[..end]));
        rest = begin + end + 2;
    }
    found
}

/// The texts of a catalogue by `section.key`, and where they stand.
fn entries(source: &SourceFile) -> BTreeMap<String, (usize, String)> {
    let (mut section, mut at) = ("", 0);
    let mut entries = BTreeMap::new();
    for line in source.text.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.trim_end().strip_suffix(']')) {
            section = name;
        } else if let Some((key, text)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            entries.insert(format!("{section}.{}", key.trim()), (at, text.trim().to_owned()));
        }
        at += line.len();
    }
    entries
}

/// The gaps `{name}` of a text.
fn gaps(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|it| it.split_once('}')).map(|it| it.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: (&str, &str) = (
        "texts/en.toml",
        "# x = y\n[chat]\nsay = \"Say, {name}\"\n[chat.page]\npeople = { other = \"{count}\" }\n",
    );

    fn lines(complaints: Vec<Complaint>) -> Vec<String> {
        complaints.iter().map(Complaint::to_string).collect()
    }

    #[test]
    fn missing_key_and_other_gaps_are_refused() {
        let german = ("texts/de.toml", "[chat]\nsay = \"Sag was, {who}\"\nnew = \"Neu\"\n");
        assert_eq!(
            lines(check_catalogues(&Tree::of(&[ENGLISH, german]))),
            [
                "texts/en.toml:5: texts/de.toml has no chat.page.people",
                "texts/en.toml:3: chat.say has other gaps in texts/de.toml",
                "texts/de.toml:3: texts/en.toml has no chat.new",
                "texts/de.toml:2: chat.say has other gaps in texts/en.toml",
            ]
        );
    }

    #[test]
    fn key_that_nothing_says_is_refused() {
        let code =
            ("app/src/chat.rs", "fn a() { t!(chat.page.people, count = 1) } // t!(chat.say)");
        let complaints = lines(check_used(&Tree::of(&[ENGLISH, code]), &[]));
        assert_eq!(complaints, ["texts/en.toml:3: nothing says chat.say"]);
        assert_eq!(lines(check_used(&Tree::of(&[ENGLISH]), &["chat", "chat.page"])), [""; 0]);
    }

    #[test]
    fn words_in_code_are_refused() {
        let page = "view! {\n    <p class=\"two words\" title=\"Go on\">\"Say something\"</p>\n    \
            {move || if on { \"Pause\" } else { t!(studio.go) }}\n    <a href=\"/a?b=c, d\">\n\
            let a = format!(\"{people} are here\").expect(\"a Page\");\n    header(\"Content-Type\");";
        let tree = Tree::of(&[("app/src/studio/page.rs", page), ("app/src/tests/a.rs", page)]);
        let said = ["Go on", "Say something", "Pause", "{people} are here"];
        let refused = [2, 2, 3, 5].into_iter().zip(said).map(|(line, said)| {
            let place = format!("app/src/studio/page.rs:{line}");
            format!("{place}: “{said}” is said to people and stands in no catalogue")
        });
        assert_eq!(lines(check_literals(&tree)), refused.collect::<Vec<_>>());
    }
}
