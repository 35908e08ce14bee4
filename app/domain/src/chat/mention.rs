//! Mentions of people in messages.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// The most persons whom one message mentions.
pub const MAX_MENTIONS: usize = 10;
/// The longest handle, in characters.
const MAX_HANDLE: usize = 16;

/// Person whom a message mentions by their handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mention {
    /// Handle, in lower case.
    pub handle: String,
    /// Public identity.
    pub person: PersonId,
}

/// Finds what may be handles in a text: where each stands with its `@`, and itself without, in lower case. Whether
/// anybody is called so is another question.
pub fn find_handles(text: &str) -> Vec<(Range<usize>, String)> {
    let of_handle = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let mut found = Vec::new();
    let mut before = None;
    let mut rest = 0;
    for (at, c) in text.char_indices() {
        let begins = c == '@' && at >= rest && !before.is_some_and(char::is_alphanumeric);
        before = Some(c);
        if !begins {
            continue;
        }
        let after = &text[at + 1..];
        let end = after.find(|c| !of_handle(c)).unwrap_or(after.len());
        // The end of a sentence isn't one of a handle.
        let handle = after[..end].trim_end_matches(['.', '-']);
        if (3..=MAX_HANDLE).contains(&handle.len()) {
            rest = at + 1 + handle.len();
            found.push((at..rest, handle.to_ascii_lowercase()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_found_where_people_are_meant() {
        let handles = |text| find_handles(text).into_iter().map(|it| it.1).collect::<Vec<_>>();
        assert_eq!(handles("@Ada, and @ben.b. and (@cleo_)!"), ["ada", "ben.b", "cleo_"]);
        assert!(handles("ada@example.org, @, @ab, @1234567890123456789, é@ada").is_empty());
        assert_eq!(handles("@@ada"), ["ada"]);
        let text = "hi @ada!";
        assert_eq!(&text[find_handles(text)[0].0.clone()], "@ada");
    }
}
