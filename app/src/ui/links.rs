//! Links in plain text.

use leptos::prelude::*;

/// A piece of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// Words.
    Words(&'a str),
    /// An address, `http://` or `https://`.
    Address(&'a str),
}

/// Cuts a text into words and addresses; put together, the pieces are the text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut words = 0;
    let mut at = 0;
    while let Some(found) = next_scheme(&text[at..]) {
        let start = at + found;
        let length = address_length(&text[start..]);
        let scheme = if text[start..].starts_with("https") { 8 } else { 7 };
        let fresh =
            text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        if !fresh || length <= scheme {
            at = start + scheme;
            continue;
        }
        if words < start {
            pieces.push(Piece::Words(&text[words..start]));
        }
        at = start + length;
        words = at;
        pieces.push(Piece::Address(&text[start..at]));
    }
    if words < text.len() {
        pieces.push(Piece::Words(&text[words..]));
    }
    pieces
}

fn next_scheme(text: &str) -> Option<usize> {
    [text.find("http://"), text.find("https://")].into_iter().flatten().min()
}

/// How much of `text` is the address at its beginning: up to a space or a character that no address
/// has, without the punctuation of the sentence around it.
fn address_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let mut address = &text[..text.find(ends).unwrap_or(text.len())];
    while let Some(last) = address.chars().next_back() {
        let opened = |open| address.matches(open).count();
        let stray = match last {
            ')' => opened(')') > opened('('),
            ']' => opened(']') > opened('['),
            _ => matches!(
                last,
                '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '…' | '»' | '’' | '”'
            ),
        };
        if !stray {
            break;
        }
        address = &address[..address.len() - last.len_utf8()];
    }
    address.len()
}

/// A text with its links, as text nodes and anchors.
pub fn linked(text: &str) -> Vec<AnyView> {
    let view = |piece| {
        match piece {
        Piece::Words(words) => words.to_string().into_any(),
        Piece::Address(address) => view! {
            <a href=address.to_string() target="_blank" rel="noopener noreferrer nofollow ugc">{address.to_string()}</a>
        }
        .into_any(),
    }
    };
    pieces(text).into_iter().map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::{Piece::*, *};

    #[test]
    fn addresses_end_where_the_sentence_goes_on() {
        let check = |text: &str, address: &str| {
            let found: Vec<_> =
                pieces(text).into_iter().filter(|it| matches!(it, Address(_))).collect();
            assert_eq!(found, [Address(address)], "{text}");
        };
        check("See https://example.org.", "https://example.org");
        check("(https://example.org/a_(b))", "https://example.org/a_(b)");
        check("http://a.b/c?d=e&f=g#h, and", "http://a.b/c?d=e&f=g#h");
        check("<https://example.org>", "https://example.org");
        check("https://example.org/\"onclick=", "https://example.org/");
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for text in ["javascript:alert(1)", "http://", "xhttps://a.b", "ftp://a.b", "https://..."] {
            assert_eq!(pieces(text), [Words(text)], "{text}");
        }
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn the_pieces_are_the_text() {
        let text = "Tickets:\nhttps://a.b and http://c.d! Ünïcode https://é.fr/ü…";
        let together: String = pieces(text)
            .iter()
            .map(|piece| match piece {
                Words(it) | Address(it) => *it,
            })
            .collect();
        assert_eq!(together, text);
        assert_eq!(pieces(text).len(), 7);
    }
}
