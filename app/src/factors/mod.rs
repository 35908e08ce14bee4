//! Authentication factors besides the password: passkeys, and a second factor (TOTP, recovery
//! codes).

pub mod api;
mod passkey_button;
mod passkeys_section;
#[cfg(feature = "ssr")]
pub mod port;
mod proof;
mod second_factor_section;
mod set_up;
mod webauthn;

pub use passkey_button::PasskeyButton;
pub use passkeys_section::PasskeysSection;
pub use second_factor_section::SecondFactorSection;
