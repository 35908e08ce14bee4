//! The HTTP side of WHIP (RFC 9725) and WHEP: an offer is posted, an answer comes back with the
//! address of the session, and the session is deleted at the end. Meanwhile a viewer may say how large a
//! picture is of use to them (WHEP's video layer selection).

use std::{cell::RefCell, rc::Rc};

use bandstand_domain::Secret;
use futures::FutureExt;
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Headers, RequestInit, Response, RtcPeerConnection};

use crate::web;

/// Failure to open or change a session.
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

/// WHIP or WHEP resource of a session; none before an offer was answered. It ends there when its
/// last handle is dropped, unless it was abandoned before.
#[derive(Clone, Default)]
pub struct MediaResource(Rc<Held>);

#[derive(Default)]
struct Held(RefCell<Option<Opened>>);

/// Session as the venue answered it.
struct Opened {
    /// Its address, from `Location`.
    location: String,
    /// Address of the layer selection, from `Link`; empty where there is none.
    layer: String,
    /// Token that it was opened with.
    token: Secret,
}

/// The relation of a session to the address at which the size of its picture is chosen.
const LAYER: &str = "urn:ietf:params:whep:ext:core:layer";

impl MediaResource {
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
        let init = request("POST", &token, Some(("application/sdp", offer)))?;
        let response = fetch(endpoint, &init, 201).await?;
        let headers = response.headers();
        if let Some(location) = headers.get("Location")? {
            let layer = linked(&headers.get("Link")?.unwrap_or_default(), LAYER).to_owned();
            *self.0.0.borrow_mut() = Some(Opened { location, layer, token });
        }
        text(&response).await
    }

    /// Asks for an ICE restart by a fragment; answers the venue's.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn restart(&self, fragment: &str) -> Result<String, SignallingError> {
        let (location, init) = {
            let held = self.0.0.borrow();
            let opened = held.as_ref().ok_or(SignallingError::Refused(404))?;
            let body = ("application/trickle-ice-sdpfrag", fragment);
            (opened.location.clone(), request("PATCH", &opened.token, Some(body))?)
        };
        text(&fetch(&location, &init, 200).await?).await
    }

    /// Asks whether the venue has no such session any more, as after a restart. Where it can't be reached,
    /// nothing is known.
    pub async fn is_gone(&self) -> bool {
        let (location, init) = {
            let held = self.0.0.borrow();
            let Some(opened) = held.as_ref() else { return false };
            let Ok(init) = request("GET", &opened.token, None) else { return false };
            (opened.location.clone(), init)
        };
        matches!(fetch(&location, &init, 204).await, Err(SignallingError::Refused(404 | 410)))
    }

    /// The session's address; empty when there is none.
    pub fn location(&self) -> String {
        self.0.0.borrow().as_ref().map(|opened| opened.location.clone()).unwrap_or_default()
    }

    /// Asks for no picture of more than so many lines, where that can be chosen.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn set_max_height(&self, lines: u16) -> Result<(), SignallingError> {
        let (layer, init) = {
            let held = self.0.0.borrow();
            let Some(opened) = held.as_ref().filter(|opened| !opened.layer.is_empty()) else {
                return Ok(());
            };
            let choice = format!("{{\"maxHeight\":{lines}}}");
            let body = ("application/json", choice.as_str());
            (opened.layer.clone(), request("POST", &opened.token, Some(body))?)
        };
        fetch(&layer, &init, 200).await?;
        Ok(())
    }

    /// Forgets the session without ending it: it has ended already, or the next one takes its place.
    pub fn abandon(&self) {
        self.0.0.borrow_mut().take();
    }

    /// Ends the session, now.
    pub fn delete(&self) {
        self.0.end(|| ());
    }

    /// Ends the session, and closes its connection once the venue knows: by a closed connection it would find
    /// the session ended already.
    pub fn close(&self, connection: RtcPeerConnection) {
        self.0.end(move || connection.close());
    }
}

impl Held {
    /// Ends the session, if there is one, and goes on with `then` once the venue has answered, or can't be
    /// reached.
    fn end(&self, then: impl FnOnce() + 'static) {
        let opened = self.0.borrow_mut().take();
        let request = opened.and_then(|opened| {
            let init = request("DELETE", &opened.token, None).ok()?;
            // The request outlives the page.
            web::set(&init, "keepalive", &JsValue::TRUE);
            Some(JsFuture::from(window().fetch_with_str_and_init(&opened.location, &init)))
        });
        match request {
            Some(answer) => spawn_local(answer.map(|_| then())),
            None => then(),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.end(|| ());
    }
}

/// The address that `Link` headers (RFC 8288) name for a relation; empty where they don't.
fn linked<'a>(links: &'a str, relation: &str) -> &'a str {
    let link = links.split(',').find(|link| link.contains(relation));
    let address = link.and_then(|link| link.split_once('<')?.1.split_once('>'));
    address.map_or("", |(address, _)| address)
}

/// Asks, and expects that status.
async fn fetch(
    address: &str,
    init: &RequestInit,
    status: u16,
) -> Result<Response, SignallingError> {
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(address, init))
        .await
        .map_err(|_| SignallingError::Unreachable)?
        .unchecked_into();
    if response.status() == status {
        Ok(response)
    } else {
        Err(SignallingError::Refused(response.status()))
    }
}

async fn text(response: &Response) -> Result<String, SignallingError> {
    let text = JsFuture::from(response.text()?).await.map_err(|_| SignallingError::Unreachable)?;
    Ok(text.as_string().unwrap_or_default())
}

/// `body` is its type and the text.
fn request(
    method: &str,
    token: &Secret,
    body: Option<(&str, &str)>,
) -> Result<RequestInit, JsValue> {
    let headers = Headers::new()?;
    headers.set("Authorization", &format!("Bearer {}", token.reveal()))?;
    let init = RequestInit::new();
    init.set_method(method);
    if let Some((kind, body)) = body {
        headers.set("Content-Type", kind)?;
        init.set_body(&JsValue::from_str(body));
    }
    if method == "PATCH" {
        // A restart fits any state of the session (RFC 9725 section 4.3.1).
        headers.set("If-Match", "*")?;
    }
    init.set_headers(&headers);
    Ok(init)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_address_is_found_among_the_links() {
        let links = "<turn:a.example?transport=tcp>; rel=\"ice-server\"; username=\"1:2\", \
            </whep/1/2/layer>; rel=\"urn:ietf:params:whep:ext:core:layer\"";
        assert_eq!(linked(links, LAYER), "/whep/1/2/layer");
        assert_eq!(linked("<stun:a.example>; rel=\"ice-server\"", LAYER), "");
        assert_eq!(linked("", LAYER), "");
    }
}
