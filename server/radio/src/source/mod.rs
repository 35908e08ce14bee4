//! The protocol of source clients, as Icecast made it: `PUT` or `SOURCE` with a body that lasts as long as
//! the show, and titles by requests beside it.
//!
//! It looks like HTTP/1.1 and often isn't: `SOURCE` is no method of it, its version may be `ICE/1.0`, and a
//! body may have no framing at all and end with the connection (FFmpeg, libshout), which an HTTP server has
//! to take for an empty one (RFC 9112 §6.3). So it is read here, from the first byte on.

mod body;
mod credentials;
mod head;
mod metadata;

pub use body::{BodyError, BodyReader};
pub use credentials::BasicCredentials;
pub use head::{BodyFraming, HeadError, MAX_HEAD, RequestHead};
pub use metadata::{MetadataError, TitleUpdate};
