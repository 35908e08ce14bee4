//! A peer connection to the venue's media core.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use bandstand_domain::Secret;
use futures::channel::oneshot;
use gloo_timers::callback::Timeout;
use js_sys::{Array, JSON};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Event, RtcPeerConnection, RtcPeerConnectionState, RtcRtpTransceiver,
    RtcRtpTransceiverDirection, RtcRtpTransceiverInit, RtcSdpType, RtcSessionDescriptionInit,
};

use super::{
    sdp,
    signalling::{MediaResource, SignallingError},
};
use crate::web;

/// Milliseconds that a connection may be interrupted before ICE begins anew.
const RESTART_AFTER: u32 = 1_500;
/// Milliseconds after that before it counts as lost.
const RESTART_TIMEOUT: u32 = 3_000;
/// Milliseconds that a connection may take to come about.
const CONNECT_TIMEOUT: u32 = 10_000;

/// Change of a peer's own session descriptions.
pub type Change = fn(&str) -> String;

#[derive(Default)]
struct Watch {
    lost: RefCell<Option<oneshot::Sender<()>>>,
    connected: RefCell<Option<oneshot::Sender<()>>>,
    ever: Cell<bool>,
    /// ICE has begun anew since the connection was up last.
    restarted: Cell<bool>,
    timer: RefCell<Option<Timeout>>,
    resource: MediaResource,
    /// Agreement: the change of the offer, and the answer.
    agreed: RefCell<Option<(Change, String)>>,
}

/// A connection that closes when it is dropped.
pub struct PeerConnection {
    /// The browser's own object.
    pub connection: RtcPeerConnection,
    watch: Rc<Watch>,
    changed: Closure<dyn FnMut()>,
    left: Closure<dyn FnMut(Event)>,
}

impl PeerConnection {
    /// A connection that is not made yet, for the session `resource`, which ends when the page goes
    /// away.
    ///
    /// # Errors
    /// When this browser has no WebRTC.
    pub fn new(resource: &MediaResource) -> Result<Self, JsValue> {
        let connection = RtcPeerConnection::new()?;
        let watch = Rc::new(Watch { resource: resource.clone(), ..Watch::default() });
        let changed = Closure::new({
            let (watch, connection) = (watch.clone(), connection.clone());
            move || watch.look(&connection)
        });
        connection.set_onconnectionstatechange(Some(changed.as_ref().unchecked_ref()));
        let left = Closure::new({
            let (watch, connection) = (watch.clone(), connection.clone());
            move |event: Event| {
                watch.resource.delete();
                // A page with an open connection isn't kept for "back" (bfcache); one that is kept makes
                // another when it is shown again.
                if web::get(&event, "persisted").is_truthy() {
                    connection.close();
                    watch.tell_lost();
                }
            }
        });
        window().add_event_listener_with_callback("pagehide", left.as_ref().unchecked_ref())?;
        Ok(Self { connection, watch, changed, left })
    }

    /// Adds a transceiver for `kind` (`audio`, `video`) in one direction, sending in so many
    /// `encodings` at once; one that is as the browser likes it if there are none.
    pub fn transceiver(
        &self,
        kind: &str,
        direction: RtcRtpTransceiverDirection,
        streams: &[JsValue],
        encodings: &[JsValue],
    ) -> RtcRtpTransceiver {
        let init = RtcRtpTransceiverInit::new();
        init.set_direction(direction);
        if !streams.is_empty() {
            web::set(&init, "streams", &streams.iter().collect::<Array>());
        }
        if !encodings.is_empty() {
            web::set(&init, "sendEncodings", &encodings.iter().collect::<Array>());
        }
        self.connection.add_transceiver_with_str_and_init(kind, &init)
    }

    /// Lets it go by the operator's servers, too: an `RTCConfiguration` as JSON. Browsers ask them with the
    /// next offer, also where one was made before. One that doesn't take them goes without.
    pub fn set_ice_servers(&self, servers: &Secret) {
        let connection = &self.connection;
        let _ = JSON::parse(servers.reveal())
            .and_then(|servers| web::call_now(connection, "setConfiguration", &[servers]))
            .and_then(|_| web::call_now(connection, "restartIce", &[]));
    }

    /// Makes the offer, changed by `change`, and takes it as the local description. Candidates are
    /// not waited for: the venue is ICE-lite and learns them from what arrives.
    ///
    /// # Errors
    /// When the browser refuses it.
    pub async fn offer(&self, change: Change) -> Result<String, JsValue> {
        *self.watch.agreed.borrow_mut() = Some((change, String::new()));
        offer(&self.connection, change).await
    }

    /// Takes the venue's answer.
    ///
    /// # Errors
    /// When the browser doesn't understand it.
    pub async fn accept(&self, answer: &str) -> Result<(), JsValue> {
        accept(&self.connection, answer).await?;
        if let Some((_, agreed)) = self.watch.agreed.borrow_mut().as_mut() {
            answer.clone_into(agreed);
        }
        if !self.watch.ever.get() {
            let watch = self.watch.clone();
            let timeout = Timeout::new(CONNECT_TIMEOUT, move || watch.tell_lost());
            *self.watch.timer.borrow_mut() = Some(timeout);
        }
        Ok(())
    }

    /// Returns whether it has been closed, as with a page that went away.
    pub fn is_closed(&self) -> bool {
        self.connection.connection_state() == RtcPeerConnectionState::Closed
    }

    /// Waits until media can flow.
    ///
    /// # Errors
    /// When the connection is lost before.
    pub async fn connected(&self) -> Result<(), oneshot::Canceled> {
        if self.watch.ever.get() {
            return Ok(());
        }
        let (tell, told) = oneshot::channel();
        *self.watch.connected.borrow_mut() = Some(tell);
        told.await
    }

    /// Waits until the connection is lost: interrupted, and not even there again after ICE has begun
    /// anew.
    pub async fn lost(&self) {
        let (tell, told) = oneshot::channel();
        *self.watch.lost.borrow_mut() = Some(tell);
        if self.connection.connection_state() != RtcPeerConnectionState::Failed {
            // An error means that the watch is gone, and the connection with it.
            let _ = told.await;
        }
    }
}

impl Watch {
    fn look(self: &Rc<Self>, connection: &RtcPeerConnection) {
        match connection.connection_state() {
            RtcPeerConnectionState::Connected => {
                self.timer.borrow_mut().take();
                self.ever.set(true);
                self.restarted.set(false);
                if let Some(tell) = self.connected.borrow_mut().take() {
                    let _ = tell.send(());
                }
            }
            RtcPeerConnectionState::Disconnected if !self.restarted.get() => {
                let (watch, connection) = (self.clone(), connection.clone());
                self.later(RESTART_AFTER, move || watch.restart(&connection));
            }
            RtcPeerConnectionState::Failed if self.ever.get() && !self.restarted.get() => {
                self.restart(connection);
            }
            RtcPeerConnectionState::Failed | RtcPeerConnectionState::Closed => self.tell_lost(),
            _ => {}
        }
    }

    /// Does something after so many milliseconds, unless the connection is there again before.
    fn later(&self, millis: u32, act: impl FnOnce() + 'static) {
        // The timer before may be running: it is dropped after it.
        let before = self.timer.borrow_mut().replace(Timeout::new(millis, act));
        Timeout::new(0, move || drop(before)).forget();
    }

    /// Looks for another way to the same session.
    fn restart(self: &Rc<Self>, connection: &RtcPeerConnection) {
        self.restarted.set(true);
        let watch = self.clone();
        self.later(RESTART_TIMEOUT, move || watch.tell_lost());
        let (watch, connection) = (self.clone(), connection.clone());
        spawn_local(async move {
            let agreed = watch.agreed.borrow().clone();
            let Some((change, answer)) = agreed else { return };
            // Should the venue not be reached, the line may still come back by itself.
            if let Err(SignallingError::Refused(_)) =
                restart(&connection, &watch.resource, change, &answer).await
            {
                watch.tell_lost();
            }
        });
    }

    fn tell_lost(&self) {
        self.connected.borrow_mut().take();
        if let Some(tell) = self.lost.borrow_mut().take() {
            let _ = tell.send(());
        }
    }
}

async fn offer(connection: &RtcPeerConnection, change: Change) -> Result<String, JsValue> {
    let offer = JsFuture::from(connection.create_offer()).await?;
    let sdp = change(&web::get(&offer, "sdp").as_string().unwrap_or_default());
    let description = RtcSessionDescriptionInit::new(RtcSdpType::Offer);
    description.set_sdp(&sdp);
    JsFuture::from(connection.set_local_description(&description)).await?;
    Ok(sdp)
}

async fn accept(connection: &RtcPeerConnection, answer: &str) -> Result<(), JsValue> {
    let description = RtcSessionDescriptionInit::new(RtcSdpType::Answer);
    description.set_sdp(answer);
    JsFuture::from(connection.set_remote_description(&description)).await?;
    Ok(())
}

/// Begins ICE anew (RFC 9725 section 4.3.3). All that was agreed on stays, but for the credentials.
async fn restart(
    connection: &RtcPeerConnection,
    resource: &MediaResource,
    change: Change,
    answer: &str,
) -> Result<(), SignallingError> {
    web::call_now(connection, "restartIce", &[])?;
    let offer = offer(connection, change).await?;
    let fragment = resource.restart(&sdp::fragment(&offer)).await?;
    accept(connection, &sdp::with_credentials(answer, &fragment)).await?;
    Ok(())
}

impl Drop for PeerConnection {
    fn drop(&mut self) {
        let left = self.left.as_ref().unchecked_ref();
        let _ = window().remove_event_listener_with_callback("pagehide", left);
        self.connection.set_onconnectionstatechange(None);
        self.connection.set_ontrack(None);
        self.watch.resource.close(self.connection.clone());
        self.watch.timer.borrow_mut().take();
        let _ = &self.changed;
    }
}
