//! The language in which somebody is answered: what they chose, which a cookie carries; else what their
//! browser asks for.

use std::sync::{Arc, Mutex, PoisonError};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use bandstand_domain::{
    Language,
    texts::{Catalogue, Tell},
};

use crate::config::Config;

/// The cookie's name; `app/src/texts.rs` reads it, too. It is no secret and knows nobody.
const COOKIE: &str = "language";
/// Lifetime of the cookie: a year, in seconds.
const KEPT: u32 = 365 * 24 * 60 * 60;

/// The language of a request, and what it is to be from now on.
#[derive(Clone, Debug, Default)]
pub struct RequestLanguage {
    /// In which the request is answered.
    pub current: Language,
    chosen: bool,
    next: Arc<Mutex<Option<Language>>>,
}

impl RequestLanguage {
    fn of(headers: &HeaderMap) -> Self {
        let chosen = chosen(headers);
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok());
        let current = chosen.unwrap_or_else(|| Language::preferred(accepted.unwrap_or_default()));
        Self { current, chosen: chosen.is_some(), next: Arc::default() }
    }

    /// A language that nobody has asked for, for what is rendered for many.
    pub fn fixed(current: Language) -> Self {
        Self { current, ..Self::default() }
    }

    /// The words for something in it.
    pub fn say(&self, it: &impl Tell) -> String {
        Catalogue::of(self.current).say(&it.text())
    }

    /// Returns whether the browser carries a choice already.
    pub fn is_chosen(&self) -> bool {
        self.chosen
    }

    /// Has the browser carry a choice from now on.
    pub fn choose(&self, language: Language) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(language);
    }

    fn take_next(&self) -> Option<Language> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Gives each request its language, and the browser what was chosen.
pub async fn layer(
    State(config): State<Arc<Config>>,
    mut request: Request,
    next: Next,
) -> Response {
    let language = RequestLanguage::of(request.headers());
    request.extensions_mut().insert(language.clone());
    let mut response = next.run(request).await;
    if let Some(next) = language.take_next() {
        let secure = if config.secure() { "; Secure" } else { "" };
        let cookie =
            format!("{COOKIE}={}; Path=/; Max-Age={KEPT}; SameSite=Lax{secure}", next.tag());
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    response
}

/// The choice that a request carries.
fn chosen(headers: &HeaderMap) -> Option<Language> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    pairs.find_map(|pair| {
        let (name, tag) = pair.trim().split_once('=')?;
        if name == COOKIE { Language::from_tag(tag) } else { None }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(headers: &[(&'static str, &'static str)]) -> Language {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect();
        RequestLanguage::of(&headers).current
    }

    #[test]
    fn a_choice_comes_before_what_the_browser_asks_for() {
        let german = ("accept-language", "de-AT,de;q=0.9,en;q=0.5");
        assert_eq!(language(&[]), Language::English);
        assert_eq!(language(&[german]), Language::German);
        assert_eq!(language(&[german, ("cookie", "a=b; language=en")]), Language::English);
        assert_eq!(language(&[german, ("cookie", "language=xx; language2=en")]), Language::German);
        assert_eq!(
            language(&[("cookie", "x=language=de"), ("cookie", "language=de")]),
            Language::German
        );
    }
}
