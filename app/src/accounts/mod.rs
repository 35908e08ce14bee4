//! Accounts: registration, log-in, guests, settings.

pub mod api;
#[cfg(feature = "account")]
mod confirm_page;
#[cfg(feature = "account")]
mod forgotten_page;
#[cfg(feature = "account")]
mod link_in_mail;
mod log_in_page;
mod person_menu;
#[cfg(feature = "ssr")]
pub mod port;
mod register_page;
#[cfg(feature = "account")]
mod reset_page;
#[cfg(feature = "account")]
mod settings;
#[cfg(feature = "account")]
mod settings_page;

#[cfg(feature = "account")]
pub use confirm_page::ConfirmPage;
#[cfg(feature = "account")]
pub use forgotten_page::ForgottenPage;
pub use log_in_page::LogInPage;
pub use person_menu::PersonMenu;
pub use register_page::RegisterPage;
#[cfg(feature = "account")]
pub use reset_page::ResetPage;
#[cfg(feature = "account")]
pub use settings_page::SettingsPage;
