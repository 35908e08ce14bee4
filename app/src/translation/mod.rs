//! Translation of chats for who reads another language: by the browser's own translator, or by the venue's.
//!
//! It is off unless the reader chooses it, in this browser. All but the choice is a part of its own.

pub mod api;
mod browser;
mod chooser;
mod handle;
mod languages;
mod offer;
#[cfg(feature = "ssr")]
pub mod port;
mod scroll_hold;
mod text_view;
mod work;

pub use handle::{ShortTranslation, TranslationHandle};
pub use offer::offer;
pub use text_view::message_text;

/// Markup in a page's head by which a venue says that it has a server that translates.
#[cfg(feature = "ssr")]
pub const BY_SERVER: &str = r#"<meta name="translation" content="server">"#;
