//! Refusal on its way from a server function to the page that called it.

use std::fmt;

use bandstand_domain::{Refusal, Text, refusal::Reason, texts::Tell};
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{json::JsonText, texts::told};

/// A refusal as the error of a server function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "E: DeserializeOwned"))]
pub struct Failed<E: Reason>(pub Refusal<E>);

impl<E: Reason> Tell for Failed<E> {
    fn text(&self) -> Text {
        self.0.text()
    }
}

/// In the language of the page.
impl<E: Reason> fmt::Display for Failed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&told(self))
    }
}

impl<E: Reason> std::error::Error for Failed<E> {}

impl<E> FromServerFnError for Failed<E>
where
    E: Reason + Serialize + DeserializeOwned + Clone + 'static,
{
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self(match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Deserialization(_) => {
                Refusal::Unreachable
            }
            _ => Refusal::Broken,
        })
    }
}
