//! What forms refuse, and with which words.

use bandstand_domain::{
    FieldErrors, Millis, PersonId, Secret,
    accounts::{
        ArtistProfile, Credentials, Registration, check_email, check_guest_name, check_handle,
        check_password, link_in, suggested_handle,
    },
    chat::{MAX_MESSAGE, check_message},
    shows::{Genre, MAX_ADVANCE, Medium, ShowDraft, check_times},
    visible::tidy_name,
};

fn registration() -> Registration {
    Registration {
        handle: "mira.voss".into(),
        display_name: "Mira".into(),
        email: "mira@example.org".into(),
        password: Secret::new("late summer folk"),
        artist: Some(ArtistProfile {
            stage_name: "Mira Voss".into(),
            genres: vec![Genre("folk".into())],
        }),
    }
}

fn draft() -> ShowDraft {
    ShowDraft {
        title: "Mira Voss at the Harbour".into(),
        description: "Two hours.\nFrom the pier.".into(),
        genres: vec![Genre("folk".into())],
        starts: "2026-11-21T21:00".into(),
        ends: "2026-11-21T23:00".into(),
        time_zone: "Europe/Lisbon".into(),
        members_only: false,
        medium: Medium::Audio,
        artwork: None,
        audio_hours: 0,
    }
}

fn fields(result: Result<(), FieldErrors>) -> Vec<String> {
    result.err().unwrap_or_default().0.into_iter().map(|error| error.field).collect()
}

#[test]
fn a_complete_registration_is_taken_and_an_empty_one_names_every_field() {
    assert_eq!(registration().check(), Ok(()));
    let empty = Registration { artist: Some(ArtistProfile::default()), ..Registration::default() };
    assert_eq!(
        fields(empty.check()),
        ["handle", "display_name", "email", "password", "stage_name", "genres"]
    );
    assert_eq!(fields(Credentials::default().check()), ["login", "password"]);
}

#[test]
fn handles() {
    for good in ["abc", "A.b_c-9", "sixteen-letters."] {
        assert_eq!(check_handle(good), None, "{good}");
    }
    for bad in ["", "ab", "seventeen-letters", "a b c", "häng", "a/b", "a\u{202e}b"] {
        assert!(check_handle(bad).is_some(), "{bad}");
    }
}

#[test]
fn addresses() {
    for good in ["a@b", "a.b+c@example.org", "ü@exämple.org"] {
        assert_eq!(check_email(good), None, "{good}");
    }
    let long = format!("{}@example.org", "a".repeat(65));
    for bad in ["", "a", "@b", "a@", "a@.b", "a@b.", "a@b..c", "a b@c", "a@b\nc", &long] {
        assert!(check_email(bad).is_some(), "{bad}");
    }
}

#[test]
fn passwords_are_counted_in_characters() {
    assert_eq!(check_password("пароль12"), None);
    assert_eq!(
        check_password("пароль1").map(|it| it.to_string()).as_deref(),
        Some("A password needs at least 8 characters; this has 7.")
    );
    assert!(check_password(&"x".repeat(128)).is_none());
    assert!(check_password(&"x".repeat(129)).is_some());
}

#[test]
fn names_and_messages_have_no_control_or_direction_characters() {
    assert_eq!(check_guest_name("Léa 🎶"), None);
    for bad in ["", "  ", "a\u{202e}b", "a\nb", "\u{2066}"] {
        assert!(check_guest_name(bad).is_some(), "{bad:?}");
    }
    assert_eq!(check_message("two\nlines"), None);
    assert!(check_message("\u{0000}").is_some());
    assert!(check_message("   ").is_some());
    assert!(check_message(&"é".repeat(MAX_MESSAGE)).is_none());
    assert!(check_message(&"é".repeat(MAX_MESSAGE + 1)).is_some());
}

#[test]
fn names_that_show_nothing_or_hide_something_are_refused() {
    let tower = format!("a{}", "\u{0300}".repeat(5));
    let marks = "\u{0489}".repeat(32);
    for bad in [
        "\u{200b}",
        "\u{2800}",
        "\u{3164}",
        "\u{115f}",
        "\u{00ad}",
        "\u{2060}",
        "\u{200d}",
        "\u{fe0f}",
        "\u{a0}",
        &marks,
        "Ada\u{200b}",
        "Ada\u{200d}",
        "A\u{200c}da",
        "Ada\u{200e}",
        "Ada\u{3164}",
        "Ada\u{fe0f}",
        "Ada\u{e0041}",
        "Ada\u{ad}",
        "Ada\u{2028}Lee",
        &tower,
        "🎶\u{200d}",
        "🎶\u{200d}a",
        "🎶\u{fe0f}\u{200d}\u{200d}🎶",
    ] {
        assert!(check_guest_name(bad).is_some(), "{bad:?}");
    }
    for good in [
        "Ada",
        "Zoë",
        "Zoe\u{308}",
        "Nguye\u{302}\u{303}n",
        "שָׁלוֹם",
        "می\u{200c}خواهم",
        "क्\u{200d}ष",
        "葛\u{e0100}城",
        "👩\u{200d}🎤",
        "❤\u{fe0f}",
        "👩\u{200d}❤\u{fe0f}\u{200d}👩",
        "1\u{fe0f}\u{20e3}",
        "👩🏽\u{200d}🎤",
        "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
        "🏳\u{fe0f}\u{200d}🌈",
        "ที่นี่",
        "…",
    ] {
        assert_eq!(check_guest_name(good), None, "{good:?}");
    }
    assert_eq!(tidy_name(" Ada \u{a0} \u{3000}Lee "), "Ada Lee");
}

#[test]
fn messages_that_show_nothing_or_paint_over_others_are_refused() {
    let painted = |mark: &str| format!("a{}", mark.repeat(MAX_MESSAGE - 1));
    for bad in [
        "\u{2800}",
        "\u{200b}\u{200b}",
        "\u{3164}\n\u{3164}",
        &painted("\u{336}"),
        &painted("\u{300}"),
    ] {
        assert!(check_message(bad).is_some(), "{bad:?}");
    }
    // What comes along when text is pasted harms nobody.
    for good in ["soft\u{ad}ly", "a\u{200b}b", "שלום\u{200f}!", "👩\u{200d}🎤", "nai\u{308}ve"]
    {
        assert_eq!(check_message(good), None, "{good:?}");
    }
}

#[test]
fn a_link_from_a_mail_survives_what_programs_do_to_it() {
    let link = "AbCdEfGhIjKlMnOpQrSt-_";
    for address in [
        format!("#{link}"),
        format!("#{link}."),
        format!("#{link}%0A"),
        format!("%23{link}"),
        format!(" {link}\n"),
        format!("https://venue.example/confirm#{link}>"),
        format!("https://venue.example/confirm%23{link}"),
        format!("https://venue.example/confirm# {link}"),
    ] {
        assert_eq!(link_in(&address), Some(Secret::new(link)), "{address:?}");
    }
    for lost in
        ["", "#", "https://venue.example/confirm", "https://venue.example/confirm#", "#AbCd"]
    {
        assert_eq!(link_in(lost), None, "{lost:?}");
    }
}

#[test]
fn handle_is_suggested_from_a_name() {
    let suggested = |name| suggested_handle(name).unwrap_or_default();
    assert_eq!(suggested("Mira Voss"), "mira-voss");
    assert_eq!(suggested("  DJ  Zoe\u{308} & Friends!"), "dj-zoe-friends");
    assert_eq!(suggested("The Very Long Name of a Band"), "the-very-long-na");
    assert_eq!(suggested("A considerable 12"), "a-considerable-1");
    assert_eq!(suggested("Sixteen letters - and"), "sixteen-letters");
    for none in ["", "Al", "東京", "!!!"] {
        assert_eq!(suggested_handle(none), None, "{none:?}");
    }
}

#[test]
fn show_forms() {
    assert_eq!(draft().check(), Ok(()));
    let bad = ShowDraft {
        title: "Four".into(),
        description: "x".repeat(801),
        genres: ["folk", "jazz", "metal", "punk"].map(|slug| Genre(slug.into())).to_vec(),
        starts: "21.11.2026".into(),
        ends: String::new(),
        time_zone: String::new(),
        members_only: false,
        medium: Medium::Video,
        artwork: None,
        audio_hours: 0,
    };
    assert_eq!(
        fields(bad.check()),
        ["title", "description", "genres", "starts", "ends", "time_zone"]
    );
    let unknown = ShowDraft { genres: vec![Genre("polka-core".into())], ..draft() };
    assert_eq!(fields(unknown.check()), ["genres"]);
}

#[test]
fn show_times() {
    let now = Millis(1_000_000_000_000);
    let at = |hours: i64| now.plus(hours * Millis::HOUR);
    let check = |start, end, before| fields(check_times(start, end, now, before, 12));
    assert!(check(at(1), at(13), None).is_empty());
    assert_eq!(check(at(1), at(1), None), ["ends"], "no length");
    assert_eq!(check(at(2), at(1), None), ["ends"], "backwards");
    assert_eq!(check(at(1), at(14), None), ["ends"], "more than 12 hours");
    let short = check_times(at(1), at(5), now, None, 3).unwrap_err();
    assert_eq!(short.0[0].message.to_string(), "This show lasts at most 3 hours.");
    assert_eq!(check(at(-1), at(1), None), ["starts"], "a new start in the past");
    assert!(check(at(-1), at(1), Some(at(-1))).is_empty(), "the start that it had");
    assert_eq!(check(now.plus(MAX_ADVANCE + 1), now.plus(MAX_ADVANCE + 2), None), ["starts"]);
}

#[test]
fn secrets_do_not_print() {
    let text = format!("{:?}", registration());
    assert!(!text.contains("summer"), "{text}");
}

#[test]
fn seeds_differ_for_similar_people() {
    let one = PersonId::new("a").seed();
    let other = PersonId::new("b").seed();
    assert!((one ^ other).count_ones() > 16);
    assert_eq!(one, PersonId::new("a").seed());
}
