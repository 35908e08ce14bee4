//! Addresses of rooms: which of them look alike, and those that the venue draws.

use rand::seq::IndexedRandom;
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton as confusables;

const FIRST: &[&str] = &[
    "amber", "blue", "bright", "calm", "copper", "early", "golden", "green", "hidden", "humming",
    "late", "little", "loud", "mellow", "misty", "open", "patient", "quiet", "restless", "rolling",
    "silver", "slow", "soft", "sunny", "sweet", "velvet", "warm", "wild", "windy", "winter",
];
const SECOND: &[&str] = &[
    "attic", "ballad", "balcony", "cellar", "chorus", "corner", "drum", "echo", "encore", "fiddle",
    "garden", "harbour", "kitchen", "lantern", "meadow", "melody", "moon", "organ", "parlour",
    "piano", "porch", "river", "rooftop", "serenade", "shore", "station", "street", "tavern",
    "verse", "waltz",
];

/// The same text for all addresses that look alike (UTS 39, section 4), whatever their case, and with whichever
/// line between their words.
pub fn skeleton(address: &str) -> String {
    let folded = address.nfkc().collect::<String>().to_lowercase();
    let seen = confusables(&folded).filter(|c| !matches!(c, '\u{fe00}'..='\u{fe0f}'));
    let seen = seen.map(|c| if c == '_' { '-' } else { c }).collect::<String>().to_lowercase();
    // What was folded may be confusable once more.
    confusables(&seen).collect()
}

/// Returns whether the venue keeps this address, or one that looks like it, for itself.
pub fn is_reserved(address: &str) -> bool {
    let skeleton = skeleton(address);
    bandstand_domain::rooms::RESERVED.iter().any(|word| self::skeleton(word) == skeleton)
}

/// An address for who chooses none; somebody may have it already.
pub fn draw() -> String {
    let mut random = rand::rng();
    let mut word = |of: &[&'static str]| of.choose(&mut random).copied().unwrap_or("room");
    let (first, second) = (word(FIRST), word(SECOND));
    let number = rand::random_range(10..1_000);
    format!("{first}-{second}-{number}")
}

#[cfg(test)]
mod tests {
    use bandstand_domain::rooms::check_address;

    use super::*;

    #[test]
    fn look_alikes_have_the_same_skeleton() {
        for (one, other) in [
            ("tea", "TEA"),
            ("tea", "tеа"), // Cyrillic
            ("paypal", "paypa1"),
            ("modern", "rnodern"),
            ("tea-house", "tea_house"),
            ("küche", "ku\u{308}che"),
            ("b0ss", "boss"),
            ("❤❤❤", "❤\u{fe0f}❤❤"),
        ] {
            assert_eq!(skeleton(one), skeleton(other), "{one} {other}");
        }
        for (one, other) in [("tea", "ten"), ("tea-house", "teahouse"), ("🎸🎸🎸", "🎸🎸🎹")]
        {
            assert_ne!(skeleton(one), skeleton(other), "{one} {other}");
        }
        assert!(is_reserved("аdmin"), "with a Cyrillic letter");
        assert!(!is_reserved("admins"));
    }

    #[test]
    fn drawn_addresses_are_in_order() {
        for _ in 0..100 {
            let drawn = draw();
            assert_eq!(check_address(&drawn), None, "{drawn}");
        }
    }
}
