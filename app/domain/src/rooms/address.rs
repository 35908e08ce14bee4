//! Addresses of rooms.

use crate::{
    Text,
    field::{has_forbidden, length},
    text,
    visible::{hides_something, tidy_name},
};

/// The fewest characters of an address.
pub const MIN_ADDRESS: usize = 3;
/// The most characters of an address.
pub const MAX_ADDRESS: usize = 32;

/// Words that the venue's own pages have, now or later, or by which a room could pass for the venue.
pub const RESERVED: &[&str] = &[
    "about",
    "admin",
    "administrator",
    "api",
    "archive",
    "bandstand",
    "edit",
    "files",
    "help",
    "index",
    "invitations",
    "mine",
    "moderator",
    "new",
    "null",
    "official",
    "operator",
    "public",
    "root",
    "search",
    "settings",
    "support",
    "system",
    "undefined",
    "venue",
];

/// An address with its words joined by hyphens.
pub fn tidy_address(typed: &str) -> String {
    tidy_name(typed).replace(' ', "-")
}

/// Checks the address of a room, as [`tidy_address`] leaves it; returns the complaint. The server knows
/// look-alikes, too, and keeps it in lower case.
pub fn check_address(address: &str) -> Option<Text> {
    let what = || text!(complaint.what.address);
    length(what(), address, MIN_ADDRESS, MAX_ADDRESS).or_else(|| {
        if has_forbidden(address, false) {
            Some(text!(complaint.forbidden, what = what()))
        } else if hides_something(address) {
            Some(text!(complaint.unseen, what = what()))
        } else if address.chars().any(is_punctuation) || !begins_and_ends_well(address) {
            Some(text!(complaint.room_address))
        } else {
            RESERVED
                .iter()
                .any(|it| it.eq_ignore_ascii_case(address))
                .then(|| text!(complaint.room_address_reserved))
        }
    })
}

/// Characters of ASCII and its neighbours that have a meaning in addresses, or look like one that has.
fn is_punctuation(c: char) -> bool {
    let ascii = c.is_ascii() && !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_');
    ascii
        || c.is_whitespace()
        || matches!(c, '\u{a0}'..='\u{a8}' | '\u{ab}'..='\u{ad}' | '\u{af}'..='\u{b9}' | '\u{bb}'..='\u{bf}')
        || matches!(c, '\u{d7}' | '\u{f7}' | '\u{2010}'..='\u{203b}' | '\u{203d}'..='\u{2048}')
        || matches!(c, '\u{204a}'..='\u{206f}' | '\u{2150}'..='\u{21ff}' | '\u{2200}'..='\u{22ff}')
        || matches!(c, '\u{3001}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{fe30}'..='\u{fe6f}')
        || matches!(c, '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{ff3b}'..='\u{ff40}')
        || matches!(c, '\u{ff5b}'..='\u{ff65}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

fn begins_and_ends_well(address: &str) -> bool {
    let joins = |c: char| matches!(c, '-' | '_');
    !address.starts_with(joins) && !address.ends_with(joins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_of_any_script_or_emoji() {
        for address in
            ["tea", "tea-house", "küche", "茶の間", "дом_7", "🎸🎸🎸", "👩‍🎤🎤🎶", "कमरा", "غرفة"]
        {
            assert_eq!(check_address(address), None, "{address}");
        }
    }

    #[test]
    fn address_that_could_lead_elsewhere_is_refused() {
        for address in [
            "",
            "ab",
            "a/b/c",
            "a.b.c",
            "..%2f",
            "a?b=c",
            "tea house",
            "-tea",
            "tea-",
            "new",
            "admin",
            "te\u{202e}a",
            "tea\u{200b}",
            "tea\u{2044}x",
            "ｔｅａ／ｘ",
        ] {
            assert!(check_address(address).is_some(), "{address:?}");
        }
        assert!(check_address(&"a".repeat(33)).is_some());
        assert_eq!(check_address(&"a".repeat(32)), None);
    }

    #[test]
    fn address_is_tidied_before_it_is_checked() {
        assert_eq!(tidy_address("  Tea  House "), "Tea-House");
        assert!(check_address("New").is_some());
    }
}
