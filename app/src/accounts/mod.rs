//! Becoming somebody: registering, logging in, or just saying one's name.

pub mod api;
mod log_in_page;
mod person_menu;
#[cfg(feature = "ssr")]
pub mod port;
mod register_page;
mod viewer;
mod way;

pub use log_in_page::LogInPage;
pub use person_menu::PersonMenu;
pub use register_page::RegisterPage;
pub use viewer::CurrentViewer;
pub use way::{AccountNeeded, address_with_next};
