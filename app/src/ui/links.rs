//! Links in plain text.

use leptos::prelude::*;

/// A piece of plain text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    /// Words.
    Words(&'a str),
    /// An address, with what stands before it where it leads.
    Address(&'static str, &'a str),
}

/// Beginnings of addresses, the longest first, and what belongs before each.
const BEGINNINGS: [(&str, &str); 3] = [("https://", ""), ("http://", ""), ("www.", "https://")];

/// Cuts a text into words and addresses; put together, the pieces are the text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut words = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find([':', '.', '@']) {
        let mark = at + found;
        at = mark + 1;
        let Some((start, length, before)) = address_around(&text[words..], mark - words) else {
            continue;
        };
        let start = words + start;
        if words < start {
            pieces.push(Piece::Words(&text[words..start]));
        }
        at = start + length;
        words = at;
        pieces.push(Piece::Address(before, &text[start..at]));
    }
    if words < text.len() {
        pieces.push(Piece::Words(&text[words..]));
    }
    pieces
}

/// The address that has the colon, full stop or @ at `mark` as its first: where it begins, its length, and
/// what belongs before it.
fn address_around(text: &str, mark: usize) -> Option<(usize, usize, &'static str)> {
    if text[mark..].starts_with('@') {
        return mail_around(text, mark);
    }
    BEGINNINGS.iter().find_map(|(beginning, before)| {
        let head = beginning.find([':', '.'])?;
        let start = mark.checked_sub(head)?;
        let address = text.get(start..).filter(|it| it.starts_with(beginning))?;
        let fresh =
            text[..start].chars().next_back().is_none_or(|before| !before.is_alphanumeric());
        let length = address_length(address);
        // Without a scheme it takes a further full stop to be one: www.example.org.
        let whole = length > beginning.len()
            && (before.is_empty() || address[beginning.len()..length].contains('.'));
        (fresh && whole).then_some((start, length, *before))
    })
}

/// The mail address around the @ at `mark`, if it is one.
fn mail_around(text: &str, mark: usize) -> Option<(usize, usize, &'static str)> {
    let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let local = text[..mark].trim_end_matches(inner);
    let start = local.len();
    let domain = &text[mark + 1..];
    let end = domain.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-')));
    let domain = domain[..end.unwrap_or(domain.len())].trim_end_matches(['.', '-']);
    let whole = start < mark
        && domain.contains('.')
        && !domain.starts_with('.')
        && !text[start..mark].starts_with('.')
        // Part of an address of another kind.
        && !local.ends_with([':', '/', '@']);
    whole.then_some((start, mark + 1 + domain.len() - start, "mailto:"))
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
        Piece::Address(before, address) => view! {
            <a href=format!("{before}{address}") target="_blank" rel="noopener noreferrer nofollow ugc">{address.to_string()}</a>
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
            let found: Vec<_> = pieces(text)
                .into_iter()
                .filter_map(|it| match it {
                    Address(before, address) => Some(format!("{before}{address}")),
                    Words(_) => None,
                })
                .collect();
            assert_eq!(found, [address], "{text}");
        };
        check("See https://example.org.", "https://example.org");
        check("(https://example.org/a_(b))", "https://example.org/a_(b)");
        check("http://a.b/c?d=e&f=g#h, and", "http://a.b/c?d=e&f=g#h");
        check("<https://example.org>", "https://example.org");
        check("https://example.org/\"onclick=", "https://example.org/");
        check("See www.example.org, or not", "https://www.example.org");
        check("(www.example.org/a)", "https://www.example.org/a");
        check("https://www.example.org/@mira", "https://www.example.org/@mira");
        check("Write to mira.voss+gig@example.org.", "mailto:mira.voss+gig@example.org");
        check("a.b. mira@example.org", "mailto:mira@example.org");
    }

    #[test]
    fn nothing_else_becomes_a_link() {
        for text in [
            "javascript:alert(1)",
            "http://",
            "xhttps://a.b",
            "ftp://a.b",
            "https://...",
            "www.",
            "www.example",
            "awww.example.org",
            "@mira",
            "mira@here",
            "mira@.org",
            "ftp://mira@example.org",
        ] {
            assert_eq!(pieces(text), [Words(text)], "{text}");
        }
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn the_pieces_are_the_text() {
        let text = "Tickets:\nhttps://a.b and www.c.de! Ünïcode https://é.fr/ü…";
        let together: String = pieces(text)
            .iter()
            .map(|piece| match piece {
                Words(it) | Address(_, it) => *it,
            })
            .collect();
        assert_eq!(together, text);
        assert_eq!(pieces(text).len(), 7);
    }
}
