//! Texts in the language of the page: `t!(app.night)`.
//!
//! The server knows the language from the context of the request it answers, the browser from the
//! catalogue that it loaded.

pub use bandstand_domain::texts::keys;
use bandstand_domain::texts::{Arg, Catalogue, Key, Language, Piece, Tell, Text, pieces};
use leptos::prelude::*;

/// The catalogue in the language of the page that is rendered or shown.
pub fn catalogue() -> Catalogue {
    #[cfg(feature = "ssr")]
    if let Some(language) = use_context::<Language>() {
        return Catalogue::of(language);
    }
    Catalogue::default()
}

/// The language of the page that is rendered or shown.
pub fn language() -> Language {
    catalogue().language()
}

/// A text without gaps.
pub fn word(key: Key) -> &'static str {
    catalogue().word(key)
}

/// A text with its gaps filled.
pub fn filled((key, args): (Key, Vec<Arg>)) -> String {
    say(&Text::Key(key, args))
}

/// A text that was made elsewhere.
pub fn say(text: &Text) -> String {
    catalogue().say(text)
}

/// Text of a refusal, a reason, a genre.
pub fn told(it: &impl Tell) -> String {
    say(&it.text())
}

/// A text whose gaps are pieces of the page.
pub fn woven((key, views): (Key, Vec<AnyView>)) -> Vec<AnyView> {
    let mut views: Vec<Option<AnyView>> = views.into_iter().map(Some).collect();
    pieces(word(key))
        .filter_map(|piece| match piece {
            Piece::Words(words) => Some(words.into_any()),
            Piece::Gap(number) => views.get_mut(number)?.take(),
        })
        .collect()
}

/// A text by its key: `t!(app.night)` as `&'static str`, `t!(accounts.renamed, handle = handle)` as
/// `String`. The gap `count` takes a number, which chooses the plural form.
#[macro_export]
macro_rules! t {
    ($($name:ident).+) => { $crate::texts::word($crate::texts::keys::$($name)::+) };
    ($($name:ident).+, $($gap:ident = $value:expr),+ $(,)?) => {
        $crate::texts::filled(
            $crate::texts::keys::$($name)::+ { $($gap: ::core::convert::Into::into($value)),+ }.filled(),
        )
    };
}

/// A text whose gaps are pieces of the page: `weave!(door.new, link = view! { <a href="/join">…</a> })`.
#[macro_export]
macro_rules! weave {
    ($($name:ident).+, $($gap:ident = $value:expr),+ $(,)?) => {
        $crate::texts::woven(
            $crate::texts::keys::$($name)::+ { $($gap: ::leptos::prelude::IntoAny::into_any($value)),+ }
                .filled(),
        )
    };
}

/// Returns whether the browser carries another language than that of the page, as after logging in
/// to an account with one of its own. Never on the server.
pub fn is_other_language_chosen() -> bool {
    #[cfg(target_family = "wasm")]
    {
        let cookies = js_sys::Reflect::get(&document(), &"cookie".into());
        let cookies = cookies.ok().and_then(|it| it.as_string()).unwrap_or_default();
        let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
        let tag = pairs.find(|(name, _)| *name == "language").map(|(_, tag)| tag);
        tag.and_then(Language::from_tag).is_some_and(|chosen| chosen != language())
    }
    #[cfg(not(target_family = "wasm"))]
    false
}

/// Loads the catalogue that the page names. `shell.js` has begun to fetch it before the program came.
///
/// # Errors
/// When it can't be fetched, or is that of another version of the program.
#[cfg(target_family = "wasm")]
pub async fn load() -> Result<(), wasm_bindgen::JsValue> {
    use js_sys::{Promise, Reflect};
    use wasm_bindgen::JsCast;
    use wasm_bindgen_futures::JsFuture;

    let begun = Reflect::get(&window(), &"bandstandTexts".into())?.dyn_into::<Promise>()?;
    let content = JsFuture::from(begun).await?.as_string().unwrap_or_default();
    if Catalogue::load(content) {
        Ok(())
    } else {
        Err("the texts are of another version than the program".into())
    }
}
