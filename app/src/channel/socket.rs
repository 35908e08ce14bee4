//! WebSocket with its listeners.

use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, MessageEvent, WebSocket};

/// WebSocket with its listeners; dropping it closes it and silences them.
pub struct Socket {
    socket: WebSocket,
    _opened: Closure<dyn FnMut()>,
    _heard: Closure<dyn FnMut(MessageEvent)>,
    _closed: Closure<dyn FnMut(Event)>,
}

impl Socket {
    /// Calls back when `socket` is open, for each text frame, and when it is closed.
    pub fn listen(
        socket: WebSocket,
        opened: impl FnMut() + 'static,
        mut heard: impl FnMut(String) + 'static,
        mut closed: impl FnMut() + 'static,
    ) -> Self {
        let opened = Closure::new(opened);
        let heard = Closure::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                heard(text);
            }
        });
        let closed = Closure::new(move |_: Event| closed());
        socket.set_onopen(Some(opened.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        socket.set_onclose(Some(closed.as_ref().unchecked_ref()));
        Self { socket, _opened: opened, _heard: heard, _closed: closed }
    }

    /// Returns whether frames can be sent.
    pub fn is_open(&self) -> bool {
        self.socket.ready_state() == WebSocket::OPEN
    }

    /// Sends a text frame.
    pub fn send(&self, text: &str) {
        // A socket that closes at this moment says so by itself.
        let _ = self.socket.send_with_str(text);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
