//! The HTTP side of WHIP (RFC 9725) and WHEP: an offer is posted, an answer comes back with the
//! address of the session, and the session is deleted at the end.

use std::{cell::RefCell, rc::Rc};

use bandstand_domain::accounts::Secret;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use super::browser;

/// Why no session came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignallingError {
    /// The venue refused with this status.
    Refused(u16),
    /// The venue was not reached.
    Unreachable,
    /// This browser can't.
    Browser,
}

impl From<JsValue> for SignallingError {
    fn from(_: JsValue) -> Self {
        Self::Browser
    }
}

/// A session at the venue, none before an offer was answered. It ends there when its last handle is
/// dropped, unless it was abandoned before.
#[derive(Clone, Default)]
pub struct Resource(Rc<Held>);

/// The address of the session, from the `Location` of the answer, and the token that opened it.
#[derive(Default)]
struct Held(RefCell<Option<(String, Secret)>>);

impl Resource {
    /// Posts an offer to `endpoint`, and holds the session from then on; answers the answer.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn post_offer(
        &self,
        endpoint: &str,
        token: Secret,
        offer: &str,
    ) -> Result<String, SignallingError> {
        let init = request("POST", &token, Some(offer))?;
        let response: Response = JsFuture::from(window().fetch_with_str_and_init(endpoint, &init))
            .await
            .map_err(|_| SignallingError::Unreachable)?
            .unchecked_into();
        if response.status() != 201 {
            return Err(SignallingError::Refused(response.status()));
        }
        if let Some(location) = response.headers().get("Location")? {
            *self.0.0.borrow_mut() = Some((location, token));
        }
        let answer =
            JsFuture::from(response.text()?).await.map_err(|_| SignallingError::Unreachable)?;
        Ok(answer.as_string().unwrap_or_default())
    }

    /// The session's address; empty when there is none.
    pub fn location(&self) -> String {
        self.0.0.borrow().as_ref().map(|(location, _)| location.clone()).unwrap_or_default()
    }

    /// Forgets the session without ending it: it has ended already, or the next one takes its place.
    pub fn abandon(&self) {
        self.0.0.borrow_mut().take();
    }

    /// Ends the session, now.
    pub fn delete(&self) {
        self.0.delete();
    }
}

impl Held {
    fn delete(&self) {
        let Some((location, token)) = self.0.borrow_mut().take() else { return };
        if let Ok(init) = request("DELETE", &token, None) {
            // The request outlives the page.
            browser::set(&init, "keepalive", &JsValue::TRUE);
            let deleted = window().fetch_with_str_and_init(&location, &init);
            // Whether it arrives or not, this side has left.
            wasm_bindgen_futures::spawn_local(async move {
                let _ = JsFuture::from(deleted).await;
            });
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.delete();
    }
}

fn request(method: &str, token: &Secret, body: Option<&str>) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    headers.set("Authorization", &format!("Bearer {}", token.reveal()))?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some(body) = body {
        headers.set("Content-Type", "application/sdp")?;
        init.set_body(&JsValue::from_str(body));
    }
    init.set_headers(&headers);
    Ok(init)
}
