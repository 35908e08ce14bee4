//! What the build refuses in catalogues, and what they say.

#[path = "../build/catalogue.rs"]
#[allow(dead_code, reason = "the build reads more of it")]
mod catalogue;

use bandstand_domain::{
    Language, Text, text,
    texts::{Catalogue, Tell},
};

/// What is wrong with an English and a German catalogue.
fn complaints(english: &str, german: &str) -> Vec<String> {
    let header = |variant: &str| {
        format!(
            "[language]\nname = \"x\"\nvariant = \"{variant}\"\nlocale = \"x\"\ndecimal = \".\"\n\
             plural = \"one other\"\n"
        )
    };
    let files = [("de", "German", german), ("en", "English", english)];
    let files = files
        .map(|(tag, variant, texts)| (tag.to_owned(), format!("{texts}\n{}", header(variant))));
    catalogue::Catalogues::read(files.into()).err().unwrap_or_default()
}

#[test]
fn catalogues_with_the_same_keys_and_gaps_are_taken() {
    let texts =
        "[a]\nb = \"{x} and {y}\"\nc = { one = \"one\", other = \"{count}\" }\n[a.d]\ne = \"f\"";
    assert_eq!(complaints(texts, texts), [""; 0]);
    assert_eq!(complaints(texts, &texts.replace("{x} and {y}", "{y} und {x}")), [""; 0]);
}

#[test]
fn a_translation_that_differs_is_refused() {
    let english = "[a]\nb = \"{x}\"\nc = { one = \"one\", other = \"{count}\" }";
    for (german, complaint) in [
        ("[a]\nb = \"{x}\"", "texts/de.toml: a.c is missing"),
        (
            "[a]\nb = \"{y}\"\nc = { one = \"eins\", other = \"{count}\" }",
            "texts/de.toml: a.b has the gaps [\"y\"] instead of [\"x\"]",
        ),
        (
            "[a]\nb = \"{x}\"\nc = \"{count}\"",
            "texts/de.toml: a.c has plural forms in one language",
        ),
        (
            "[a]\nb = \"{x}\"\nc = { other = \"{count}\" }",
            "texts/de.toml: a.c needs the forms one, other",
        ),
        (
            "[a]\nb = \"{x}\"\nc = { one = \"eins\", other = \"{count}\" }\nd = \"d\"",
            "texts/de.toml: a.d is not in texts/en.toml",
        ),
    ] {
        assert!(complaints(english, german).contains(&complaint.to_owned()), "{complaint}");
    }
}

#[test]
fn what_can_be_no_text_is_refused() {
    for (texts, complaint) in [
        ("a = \"b\"", "a belongs into a section"),
        ("[a]\nb = 1", "a.b is neither a text nor a section"),
        ("[a]\nb = \"\"", "a.b is empty, or has a line break or a tab"),
        ("[a]\nb = \"one\\ntwo\"", "a.b is empty, or has a line break or a tab"),
        ("[a]\nb = \"{\"", "a.b has a brace that is no gap"),
        ("[a]\nb = \"{X}\"", "a.b has a brace that is no gap"),
        ("[a]\nb = { one = \"1\", other = \"n\" }", "a.b has plural forms and no {count}"),
        ("[a]\nb = { one = \"{x}\", other = \"{count}\" }", "a.b has forms with different gaps"),
        (
            "[a]\ntype = \"b\"",
            "a.type is no name in Rust: it needs a–z, 0–9 and _, and must not be a keyword",
        ),
    ] {
        let found = complaints(texts, texts);
        let complaint = format!("texts/en.toml: {complaint}");
        assert!(found.contains(&complaint), "{texts}: {found:?}");
    }
}

#[test]
fn texts_are_said_in_each_language() {
    let said = |language: Language, text: &Text| Catalogue::of(language).say(text);
    let long = text!(complaint.too_long, what = text!(complaint.what.title), most = 70, count = 71);
    assert_eq!(
        said(Language::English, &long),
        "The title may have at most 70 characters; this has 71."
    );
    assert_eq!(
        said(Language::German, &long),
        "Der Titel darf höchstens 70 Zeichen haben; das hier hat 71."
    );
    // Whatever people wrote is said as it is, braces and all.
    let name = text!(server.accounts.nobody_called, handle = "{0}");
    assert_eq!(said(Language::German, &name), "Niemand heißt hier „{0}“.");
    assert_eq!(bandstand_domain::shows::Genre("folk".into()).text().to_string(), "Folk");
}

#[test]
fn a_number_chooses_the_plural_form() {
    let left = |count: u32| text!(factors.second.left, count = count);
    assert_eq!(left(1).to_string(), "It is on. 1 recovery code is left.");
    assert_eq!(left(2).to_string(), "It is on. 2 recovery codes are left.");
    assert_eq!(left(0).to_string(), "It is on. 0 recovery codes are left.");
    let german = Catalogue::of(Language::German).say(&left(1));
    assert_eq!(german, "Er ist eingeschaltet. 1 Wiederherstellungscode ist noch übrig.");
}

#[test]
fn as_json_a_text_is_its_words() {
    let mut text = text!(refusal.gone);
    assert_eq!(serde_json::to_string(&text).unwrap(), "\"That is gone.\"");
    text.settle(Catalogue::of(Language::German));
    let json = serde_json::to_string(&text).unwrap();
    assert_eq!(json, "\"Das gibt es nicht mehr.\"");
    assert_eq!(serde_json::from_str::<Text>(&json).unwrap(), text);
}

#[test]
fn a_browser_speaks_the_first_language_that_the_venue_does() {
    for (accepted, language) in [
        ("", Language::English),
        ("fr-CH, de;q=0.9, en;q=0.8", Language::German),
        ("EN-us,de", Language::English),
        ("*", Language::English),
    ] {
        assert_eq!(Language::preferred(accepted), language, "{accepted}");
    }
}
