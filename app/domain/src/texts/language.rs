//! Choosing a language, and what is particular to it.

use super::{Language, plural::PluralRule};

/// Traits of a language, as its catalogue has them.
pub(super) struct Traits {
    pub tag: &'static str,
    pub name: &'static str,
    pub locale: &'static str,
    pub decimal: &'static str,
    pub plural: PluralRule,
}

impl Language {
    fn traits(self) -> &'static Traits {
        &Self::TRAITS[self as usize]
    }

    /// The subtag of BCP 47.
    pub fn tag(self) -> &'static str {
        self.traits().tag
    }

    /// Name of the language in itself.
    pub fn name(self) -> &'static str {
        self.traits().name
    }

    /// The locale of dates where the browser has none of this language.
    pub fn locale(self) -> &'static str {
        self.traits().locale
    }

    /// Decimal separator.
    pub fn decimal(self) -> &'static str {
        self.traits().decimal
    }

    /// A whole number, its thousands set apart.
    pub fn number(self, number: i64) -> String {
        let mark = if self.decimal() == "," { '.' } else { ',' };
        let mut said = number.to_string();
        let (sign, mut at) = (usize::from(number < 0), said.len());
        while at > sign + 3 {
            at -= 3;
            said.insert(at, mark);
        }
        said
    }

    /// The language with a subtag.
    pub fn from_tag(tag: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(tag))
    }

    /// The first of an `Accept-Language` header (RFC 9110 section 12.5.4) that the venue speaks.
    /// Browsers send them by preference, so weights are passed over.
    pub fn preferred(accepted: &str) -> Self {
        accepted
            .split(',')
            .filter_map(|range| Self::from_tag(range.trim().split([';', '-']).next()?.trim()))
            .next()
            .unwrap_or_default()
    }

    /// The place of the plural form for a number among the forms of a text.
    pub(super) fn plural_form(self, count: u64) -> usize {
        (self.traits().plural)(count)
    }
}
