//! The plural rules of Unicode CLDR for whole numbers (TR 35, part 3), one a list of categories.

/// The place of the category of a number in the list by which the rule is called.
pub(super) type PluralRule = fn(u64) -> usize;

/// English, German, Dutch, Swedish …
pub(super) fn one_other(count: u64) -> usize {
    usize::from(count != 1)
}
