//! Translation in the browser, which fetches languages as they are needed.

use bandstand_domain::{chat::ChatMessage, translation::is_same_language};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::{Outcome, Work};
use crate::{
    t,
    translation::{
        browser::{self, Lacking},
        languages::name_of,
    },
};

impl Work {
    pub(super) async fn by_browser(self, choice: u32) {
        while let Some(message) = self.take(choice, 1).pop() {
            match self.in_browser(choice, &message).await {
                Ok(outcome) => {
                    self.deliver(choice, vec![((message.id, message.edited_at), outcome)]);
                }
                Err(wanted) => {
                    self.change(choice, |state| state.parked.push((wanted.clone(), message)));
                    let _ = self.wanted.try_update(|all| {
                        if !all.contains(&wanted) {
                            all.push(wanted);
                        }
                    });
                }
            }
        }
    }

    /// Outcome of a message, or the language that the browser has to fetch first.
    async fn in_browser(self, choice: u32, message: &ChatMessage) -> Result<Outcome, String> {
        let Some(detector) = self.detector(choice).await? else { return Ok(Outcome::default()) };
        let Some(from) = browser::detect(&detector, &message.text).await else {
            return Ok(Outcome::default());
        };
        if is_same_language(&from, &self.to()) {
            return Ok(Outcome { text: None, from: Some(from) });
        }
        let text = match self.translator(choice, &from).await? {
            Some(translator) => browser::translate(&translator, &message.text).await,
            None => None,
        };
        Ok(Outcome { text: text.filter(|it| *it != message.text), from: Some(from) })
    }

    async fn detector(self, choice: u32) -> Result<Option<JsValue>, String> {
        let made = self.change(choice, |state| state.detector.as_ref().map(|it| (**it).clone()));
        if let Some(made) = made.flatten() {
            return Ok(Some(made));
        }
        let made = browser::detector(self.fetching(choice, "")).await;
        let _ = self.progress.try_set(None);
        match made {
            Ok(made) => {
                self.change(choice, |state| state.detector = Some(SendWrapper::new(made.clone())));
                self.say(choice, String::new());
                Ok(Some(made))
            }
            Err(Lacking::Press) => Err(String::new()),
            Err(Lacking::Unable) => {
                self.say(choice, t!(translation.browser_unable).into());
                Ok(None)
            }
        }
    }

    async fn translator(self, choice: u32, from: &str) -> Result<Option<JsValue>, String> {
        let made = self.change(choice, |state| {
            let made = state.translators.get(from)?;
            Some(made.as_ref().map(|it| (**it).clone()))
        });
        if let Some(made) = made.flatten() {
            return Ok(made);
        }
        let made = browser::translator(from, &self.to(), self.fetching(choice, from)).await;
        let _ = self.progress.try_set(None);
        let made = match made {
            Ok(made) => {
                self.say(choice, String::new());
                Some(made)
            }
            Err(Lacking::Press) => return Err(from.to_owned()),
            Err(Lacking::Unable) => {
                let words = t!(translation.unable_from, language = name_of(from));
                self.say(choice, words);
                None
            }
        };
        let kept = made.clone().map(SendWrapper::new);
        self.change(choice, |state| state.translators.insert(from.to_owned(), kept));
        Ok(made)
    }

    /// Shows how far the browser is that fetches a language.
    fn fetching(self, choice: u32, language: &str) -> impl Fn(u32) + 'static {
        let words = match language {
            "" => t!(translation.fetching_detector).to_owned(),
            tag => t!(translation.fetching, language = name_of(tag)),
        };
        move |percent| {
            self.say(choice, words.clone());
            let _ = self.progress.try_set((percent < 100).then_some(percent));
        }
    }

    /// Has the browser fetch a language, as the reader has pressed: their messages wait no longer.
    pub fn fetch(self, language: String) {
        let Some(choice) = self.state.try_with_value(|state| state.choice) else { return };
        let _ = self.wanted.try_update(|all| all.retain(|it| *it != language));
        spawn_local(async move {
            let made = match language.as_str() {
                "" => self.detector(choice).await,
                from => self.translator(choice, from).await,
            };
            if made.is_err() {
                let _ = self.wanted.try_update(|all| all.push(language));
                return;
            }
            self.change(choice, |state| {
                let parked = std::mem::take(&mut state.parked);
                let (free, parked): (Vec<_>, Vec<_>) =
                    parked.into_iter().partition(|it| it.0 == language);
                state.parked = parked;
                state.waiting.extend(free.into_iter().map(|it| it.1));
            });
            self.go_on();
        });
    }
}
