//! Web Authentication (Level 3) in the browser.

use bandstand_domain::{Text, text};
use js_sys::{JSON, Reflect};
use leptos::prelude::window;
use wasm_bindgen::JsValue;

use crate::web::{call, call_now, error_name, get, object};

/// Failure of a passkey ceremony in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPasskey {
    /// It has none of this, or not at this address.
    Impossible,
    /// Its person said no, or took too long.
    Declined,
    /// The device has one for this account already.
    Known,
}

impl NoPasskey {
    /// Message for the viewer; none when they know it anyway.
    pub fn text(self) -> Option<Text> {
        match self {
            Self::Impossible => Some(text!(factors.impossible)),
            Self::Declined => None,
            Self::Known => Some(text!(factors.known)),
        }
    }
}

impl From<JsValue> for NoPasskey {
    fn from(error: JsValue) -> Self {
        match error_name(&error).as_str() {
            "NotAllowedError" | "AbortError" => Self::Declined,
            "InvalidStateError" => Self::Known,
            _ => Self::Impossible,
        }
    }
}

/// Makes a passkey for `options`, JSON as the venue made it; the answer as JSON.
///
/// # Errors
/// [`NoPasskey`].
pub async fn make(options: &str) -> Result<String, NoPasskey> {
    ceremony("create", "parseCreationOptionsFromJSON", options).await
}

/// Uses a passkey for `options`, JSON as the venue made it; the answer as JSON.
///
/// # Errors
/// [`NoPasskey`].
pub async fn take(options: &str) -> Result<String, NoPasskey> {
    ceremony("get", "parseRequestOptionsFromJSON", options).await
}

async fn ceremony(method: &str, parse: &str, options: &str) -> Result<String, NoPasskey> {
    let kind = Reflect::get(&window(), &"PublicKeyCredential".into())?;
    let options = call_now(&kind, parse, &[JSON::parse(options)?])?;
    let credentials = get(&window().navigator(), "credentials");
    let wanted = object([("publicKey", options)]);
    let made = call(&credentials, method, &[wanted]).await?;
    let answer = call_now(&made, "toJSON", &[])?;
    JSON::stringify(&answer)?.as_string().ok_or(NoPasskey::Impossible)
}
