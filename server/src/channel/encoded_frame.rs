//! WebSocket frames (RFC 6455 section 5.2) as they go over the wire.
//!
//! What a server sends is not masked, and no extension is negotiated: a frame is the same bytes for all
//! who get it. So it is encoded once, with its header, and shared.

use bandstand_domain::channel::ServerFrame;
use bytes::Bytes;

/// The longest header of a frame that isn't masked: two bytes, and a length of eight.
const MAX_HEADER: usize = 10;
/// First byte of a text frame that is a whole message.
const FINAL_TEXT: u8 = 0x81;
/// The longest payload whose length stands in the second byte.
const MAX_SHORT: usize = 125;
/// Second byte of a frame whose length follows in two bytes, and in eight.
const LENGTH_16: u8 = 126;
const LENGTH_64: u8 = 127;
/// A ping without a payload.
const PING: &[u8] = &[0x89, 0];

/// A frame with its header. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedFrame(Bytes);

impl EncodedFrame {
    /// A text frame that says `frame` in JSON.
    pub fn text(frame: &ServerFrame) -> Self {
        let mut bytes = vec![0; MAX_HEADER];
        // Maps with text keys, numbers and strings alone: this can't fail.
        let _ = serde_json::to_writer(&mut bytes, frame);
        let length = bytes.len() - MAX_HEADER;
        // The header stands right before the payload.
        let start = if length <= MAX_SHORT {
            bytes[MAX_HEADER - 1] = length as u8;
            MAX_HEADER - 2
        } else if let Ok(length) = u16::try_from(length) {
            bytes[MAX_HEADER - 3] = LENGTH_16;
            bytes[MAX_HEADER - 2..MAX_HEADER].copy_from_slice(&length.to_be_bytes());
            MAX_HEADER - 4
        } else {
            bytes[1] = LENGTH_64;
            bytes[2..MAX_HEADER].copy_from_slice(&(length as u64).to_be_bytes());
            0
        };
        bytes[start] = FINAL_TEXT;
        // It may be kept for as long as somebody is slow.
        bytes.shrink_to_fit();
        Self(Bytes::from(bytes).slice(start..))
    }

    /// A ping.
    pub const fn ping() -> Self {
        Self(Bytes::from_static(PING))
    }

    /// The frame with its header.
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The payload, read back.
    #[cfg(test)]
    pub fn decode(&self) -> ServerFrame {
        let start = match self.0[1] {
            LENGTH_16 => 4,
            LENGTH_64 => MAX_HEADER,
            _ => 2,
        };
        serde_json::from_slice(&self.0[start..]).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{Millis, ShowId, channel::Notice};
    use tokio_tungstenite::tungstenite::{Message, protocol::Role, protocol::WebSocket};

    use super::*;

    #[test]
    fn a_frame_of_any_length_is_read_by_a_client() {
        let show = ShowId(uuid::Uuid::nil());
        let bare = EncodedFrame::text(&ServerFrame::Bye { again: true });
        assert_eq!(&bare.bytes()[..], b"\x81\x16{\"bye\":{\"again\":true}}");
        for length in (0..60).chain(65_430..65_470).chain([300_000]) {
            let notice = Notice { at: Millis(0), text: "x".repeat(length) };
            let frame = ServerFrame::Notices { show, notices: vec![notice] };
            let encoded = EncodedFrame::text(&frame);
            let wire = std::io::Cursor::new(encoded.bytes().to_vec());
            let mut client = WebSocket::from_raw_socket(wire, Role::Client, None);
            let Message::Text(text) = client.read().unwrap() else { panic!("{length}") };
            assert_eq!(serde_json::from_str::<ServerFrame>(&text).unwrap(), frame);
            assert_eq!(encoded.decode(), frame);
            assert_eq!(encoded.bytes().len(), text.len() + [2, 4, 10][class(text.len())]);
        }
        let mut client =
            WebSocket::from_raw_socket(std::io::Cursor::new(PING.to_vec()), Role::Client, None);
        assert!(matches!(client.read().unwrap(), Message::Ping(payload) if payload.is_empty()));
    }

    fn class(length: usize) -> usize {
        usize::from(length > 125) + usize::from(length > 65_535)
    }
}
