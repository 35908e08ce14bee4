//! The HTTP side of WHIP (RFC 9725) and WHEP: an offer is posted, an answer comes back with the
//! address of the session, and the session is deleted at the end.

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

/// A session at the venue. Dropping it ends it there, also when the page goes away.
pub struct Resource {
    /// Its address, from the `Location` of the answer.
    pub location: String,
    token: Secret,
}

impl Resource {
    /// Forgets the session without ending it: somebody else has taken its place.
    pub fn abandon(&mut self) {
        self.location.clear();
    }

    /// Ends the session, now; the request outlives the page.
    pub fn delete(&mut self) {
        let location = std::mem::take(&mut self.location);
        if location.is_empty() {
            return;
        }
        if let Ok(init) = request("DELETE", &self.token, None) {
            browser::set(&init, "keepalive", &JsValue::TRUE);
            let deleted = window().fetch_with_str_and_init(&location, &init);
            // Whether it arrives or not, this side has left.
            wasm_bindgen_futures::spawn_local(async move {
                let _ = JsFuture::from(deleted).await;
            });
        }
    }
}

impl Drop for Resource {
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

/// Posts an offer to `endpoint`; the session and the answer.
///
/// # Errors
/// When the venue refuses, or isn't reached.
pub async fn post_offer(
    endpoint: &str,
    token: Secret,
    offer: &str,
) -> Result<(Resource, String), SignallingError> {
    let init = request("POST", &token, Some(offer))?;
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(endpoint, &init))
        .await
        .map_err(|_| SignallingError::Unreachable)?
        .unchecked_into();
    if response.status() != 201 {
        return Err(SignallingError::Refused(response.status()));
    }
    let location = response.headers().get("Location")?.unwrap_or_default();
    let resource = Resource { location, token };
    let answer =
        JsFuture::from(response.text()?).await.map_err(|_| SignallingError::Unreachable)?;
    Ok((resource, answer.as_string().unwrap_or_default()))
}
