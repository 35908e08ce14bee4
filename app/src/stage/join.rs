//! Coming in: a name, and the tokens that open the channel and the picture.

use std::{future::Future, pin::Pin};

use bandstand_domain::{
    Secret, ShowId,
    stage::{JoinToken, StageError},
};
use futures::future::{FutureExt, Shared};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*};

use super::api::join_show;
use crate::channel::TokenSource;

/// Milliseconds for which the unused half of a ticket is used instead of fetching a new one.
const FRESH: f64 = 10_000.0;

/// Somebody coming in.
pub type Entering = Shared<Pin<Box<dyn Future<Output = Result<JoinToken, StageError>>>>>;

/// A token that was not used yet, and when it came.
type Spare = Option<(Secret, f64)>;

/// One person's way into one show. A ticket opens the channel once and the picture once; both take
/// their halves from here, so that coming in costs one request.
#[derive(Clone, Copy)]
pub struct Entrance {
    show: ShowId,
    ticket: RwSignal<Option<JoinToken>>,
    entering: StoredValue<Option<SendWrapper<Entering>>>,
    for_channel: StoredValue<Spare>,
    for_media: StoredValue<Spare>,
}

impl Entrance {
    /// The way into `show`, not gone yet.
    pub fn new(show: ShowId) -> Self {
        Self {
            show,
            ticket: RwSignal::new(None),
            entering: StoredValue::new(None),
            for_channel: StoredValue::new(None),
            for_media: StoredValue::new(None),
        }
    }

    /// The latest ticket.
    pub fn ticket(self) -> Signal<Option<JoinToken>> {
        self.ticket.into()
    }

    /// Changes what the ticket says, after the venue said so.
    pub fn set_muted(self, muted: bool) {
        self.ticket.update(|ticket| {
            if let Some(ticket) = ticket {
                ticket.muted = muted;
            }
        });
    }

    /// Comes in, as a guest called `name` or as the person whom the venue knows already. Whoever
    /// asks while somebody is coming in waits for the same ticket.
    pub fn enter(self, name: Option<String>) -> Entering {
        let under_way = self.entering.with_value(|it| it.as_ref().map(|it| (**it).clone()));
        under_way.unwrap_or_else(|| {
            let show = self.show;
            let entering: Pin<Box<dyn Future<Output = _>>> = Box::pin(async move {
                let result = join_show(show, name).await.map_err(|failed| failed.0);
                self.arrived(result.as_ref().ok());
                result
            });
            let entering = entering.shared();
            self.entering.set_value(Some(SendWrapper::new(entering.clone())));
            entering
        })
    }

    fn arrived(self, ticket: Option<&JoinToken>) {
        // The page may be gone by now, and this with it.
        let _ = self.entering.try_update_value(|it| *it = None);
        if let Some(ticket) = ticket {
            let spare = Some((ticket.token.clone(), js_sys::Date::now()));
            let _ = self.for_channel.try_update_value(|it| it.clone_from(&spare));
            let _ = self.for_media.try_update_value(|it| *it = spare);
            let _ = self.ticket.try_set(Some(ticket.clone()));
        }
    }

    async fn take(self, spare: StoredValue<Spare>) -> Result<Secret, StageError> {
        let take = || {
            let (token, came) = spare.try_update_value(Option::take)??;
            (js_sys::Date::now() - came < FRESH).then_some(token)
        };
        if let Some(token) = take() {
            return Ok(token);
        }
        let ticket = self.enter(None).await?;
        Ok(take().unwrap_or(ticket.token))
    }

    /// A token for a WHEP session.
    pub async fn media_token(self) -> Result<Secret, StageError> {
        self.take(self.for_media).await
    }

    /// The operator's servers, as the latest ticket names them.
    pub fn ice_servers(self) -> Option<Secret> {
        self.ticket.try_with_untracked(|ticket| ticket.as_ref()?.ice_servers.clone())?
    }

    /// The tokens for the live channel.
    pub fn channel_tokens(self) -> TokenSource {
        TokenSource::new(move || self.take(self.for_channel))
    }
}
