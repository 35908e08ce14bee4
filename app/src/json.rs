//! JSON between pages and server functions.
//!
//! The same as the framework's own, except that it reads from text, as the rest of the app does (what
//! the server rendered, the live channel). So the browser needs one reader of each type and not two:
//! a twentieth of what it downloads.

use std::str::Utf8Error;

use leptos::server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

/// Arguments and answers as JSON in the body of a `POST` request.
pub type Json = Post<JsonText>;

/// JSON that is read as text.
#[derive(Debug)]
pub struct JsonText;

/// Failure to read JSON.
#[derive(Debug, Error)]
pub enum UnreadableJson {
    /// It isn't text.
    #[error("not UTF-8: {0}")]
    Text(#[from] Utf8Error),
    /// It isn't what was expected.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
}

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(value: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(value).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = UnreadableJson;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        Ok(serde_json::from_str(std::str::from_utf8(&bytes)?)?)
    }
}
