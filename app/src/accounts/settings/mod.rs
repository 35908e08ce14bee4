//! The sections of the settings page.

mod account;
mod data;
mod security;
mod sessions;

pub(super) use account::AccountSection;
pub(super) use data::DataSection;
pub(super) use security::SecuritySection;
pub(super) use sessions::SessionsSection;
