//! Becoming somebody: registering, logging in, or just saying one's name.

pub mod api;
mod log_in_page;
#[cfg(feature = "ssr")]
pub mod port;
mod register_page;
mod viewer;

pub use log_in_page::LogInPage;
pub use register_page::RegisterPage;
pub use viewer::CurrentViewer;
