//! Sections of the settings page.

mod account;
mod data;
mod helpers;
mod security;
mod sessions;

pub(super) use account::AccountSection;
pub(super) use data::DataSection;
pub(super) use helpers::HelpersSection;
pub(super) use security::SecuritySection;
pub(super) use sessions::SessionsSection;
