//! Accounts: registration, log-in, guests, settings.

pub mod api;
mod confirm_page;
mod forgotten_page;
mod link_in_mail;
mod log_in_page;
mod person_menu;
#[cfg(feature = "ssr")]
pub mod port;
mod register_page;
mod reset_page;
mod settings;
mod settings_page;

pub use confirm_page::ConfirmPage;
pub use forgotten_page::ForgottenPage;
pub use log_in_page::LogInPage;
pub use person_menu::PersonMenu;
pub use register_page::RegisterPage;
pub use reset_page::ResetPage;
pub use settings_page::SettingsPage;
