//! Join tokens: a name becomes a guest, and tokens open the channel and the media session.

use std::{future::Future, pin::Pin};

use bandstand_domain::{
    Secret, ShowId,
    stage::{JoinToken, StageError},
};
use futures::future::{FutureExt, Shared};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};

use super::api::join_show;
use crate::{channel::TokenSource, chat::ChatViewer};

/// Milliseconds for which the unused half of a join token is used instead of fetching a new one.
const MAX_TOKEN_AGE: f64 = 10_000.0;

/// Join request that is under way, shared by all who wait for it.
pub type Joining = Shared<Pin<Box<dyn Future<Output = Result<JoinToken, StageError>>>>>;

/// A token that was not used yet, and when it came.
type Spare = Option<(Secret, f64)>;

/// Join tokens of one person for one show. A join token opens the channel once and the picture
/// once; both take their halves from here, so that coming in costs one request.
#[derive(Clone, Copy)]
pub struct JoinTokens {
    show: ShowId,
    join_token: RwSignal<Option<JoinToken>>,
    joining: StoredValue<Option<SendWrapper<Joining>>>,
    for_channel: StoredValue<Spare>,
    for_media: StoredValue<Spare>,
}

impl JoinTokens {
    /// No token for `show` yet.
    pub fn new(show: ShowId) -> Self {
        Self {
            show,
            join_token: RwSignal::new(None),
            joining: StoredValue::new(None),
            for_channel: StoredValue::new(None),
            for_media: StoredValue::new(None),
        }
    }

    /// The latest join token.
    pub fn join_token(self) -> RwSignal<Option<JoinToken>> {
        self.join_token
    }

    /// The person who has it, in the chat.
    pub fn chat_viewer(self) -> Signal<Option<ChatViewer>> {
        Signal::derive(move || self.join_token.get().map(ChatViewer::from))
    }

    /// Changes what the join token says, after the venue said so.
    pub fn set_muted(self, muted: bool) {
        self.join_token.update(|join_token| {
            if let Some(join_token) = join_token {
                join_token.muted = muted;
            }
        });
    }

    /// Comes in, as a guest called `name` or as the person whom the venue knows already. Whoever
    /// asks while somebody is coming in waits for the same join token.
    pub fn enter(self, name: Option<String>) -> Joining {
        let under_way = self.joining.with_value(|it| it.as_ref().map(|it| (**it).clone()));
        under_way.unwrap_or_else(|| {
            let show = self.show;
            let joining: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move {
                let result = join_show(show, name).await.map_err(|failed| failed.0);
                self.arrived(result.as_ref().ok());
                result
            });
            let joining = joining.shared();
            self.joining.set_value(Some(SendWrapper::new(joining.clone())));
            joining
        })
    }

    fn arrived(self, join_token: Option<&JoinToken>) {
        // The page may be gone by now, and this with it.
        let _ = self.joining.try_update_value(|it| *it = None);
        if let Some(join_token) = join_token {
            let spare = Some((join_token.token.clone(), js_sys::Date::now()));
            let _ = self.for_channel.try_update_value(|it| it.clone_from(&spare));
            let _ = self.for_media.try_update_value(|it| *it = spare);
            let _ = self.join_token.try_set(Some(join_token.clone()));
        }
    }

    async fn take(self, spare: StoredValue<Spare>) -> Result<Secret, StageError> {
        let take = || {
            let (token, came) = spare.try_update_value(Option::take)??;
            (js_sys::Date::now() - came < MAX_TOKEN_AGE).then_some(token)
        };
        if let Some(token) = take() {
            return Ok(token);
        }
        let join_token = self.enter(None).await?;
        Ok(take().unwrap_or(join_token.token))
    }

    /// A token for a WHEP session.
    pub async fn media_token(self) -> Result<Secret, StageError> {
        self.take(self.for_media).await
    }

    /// The operator's servers, as the latest join token names them.
    pub fn ice_servers(self) -> Option<Secret> {
        self.join_token.try_with_untracked(|join_token| join_token.as_ref()?.ice_servers.clone())?
    }

    /// The tokens for the live channel.
    pub fn channel_tokens(self) -> TokenSource {
        TokenSource::new(move || self.take(self.for_channel))
    }
}
