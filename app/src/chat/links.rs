//! Finds addresses in plain text, so that they can be followed.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// To be shown.
    Text(&'a str),
    /// To be shown and followed: begins with `http://` or `https://`.
    Link(&'a str),
}

/// Cuts a text into what is an address and what is not; nothing of it gets lost.
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut searched = 0;
    while let Some(found) = rest[searched..].find("http").map(|at| at + searched) {
        let length = address(&rest[found..]);
        let before = rest[..found].chars().next_back();
        if length == 0 || before.is_some_and(char::is_alphanumeric) {
            searched = found + 4;
            continue;
        }
        if found > 0 {
            pieces.push(Piece::Text(&rest[..found]));
        }
        pieces.push(Piece::Link(&rest[found..found + length]));
        rest = &rest[found + length..];
        searched = 0;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// How many bytes of the beginning are an address.
fn address(text: &str) -> usize {
    let Some(scheme) = ["https://", "http://"].into_iter().find(|s| text.starts_with(s)) else {
        return 0;
    };
    let end = text
        .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`'))
        .unwrap_or(text.len());
    let mut address = &text[..end];
    // What ends a sentence or a bracket around the address is not a part of it.
    while let Some(last) = address.chars().next_back() {
        let unopened = last == ')' && !address.contains('(');
        if !unopened && !matches!(last, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | ']' | '}') {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    let host = address.strip_prefix(scheme).unwrap_or_default();
    if host.starts_with(char::is_alphanumeric) || host.starts_with('[') { address.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn addresses_are_found_and_nothing_is_lost() {
        for (text, expected) in [
            ("no address", vec![Text("no address")]),
            ("https://a.example/x?y=1.", vec![Link("https://a.example/x?y=1"), Text(".")]),
            (
                "see (http://b.example) ok",
                vec![Text("see ("), Link("http://b.example"), Text(") ok")],
            ),
            (
                "https://c.example/x_(y) https://d.example",
                vec![Link("https://c.example/x_(y)"), Text(" "), Link("https://d.example")],
            ),
            (
                "https:// http:/x xhttps://e.example",
                vec![Text("https:// http:/x xhttps://e.example")],
            ),
            ("javascript:alert(1) ünd http", vec![Text("javascript:alert(1) ünd http")]),
            (
                "https://f.example/\"onclick=x",
                vec![Link("https://f.example/"), Text("\"onclick=x")],
            ),
        ] {
            assert_eq!(pieces(text), expected);
        }
    }
}
