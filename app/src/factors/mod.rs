//! Authentication factors besides the password: passkeys, and a second factor (TOTP, recovery
//! codes).

pub mod api;
mod passkey_button;
#[cfg(feature = "account")]
mod passkeys_section;
#[cfg(feature = "ssr")]
pub mod port;
#[cfg(feature = "account")]
mod proof;
#[cfg(feature = "account")]
mod second_factor_section;
#[cfg(feature = "account")]
mod set_up;
mod webauthn;

pub use passkey_button::PasskeyButton;
#[cfg(feature = "account")]
pub use passkeys_section::PasskeysSection;
#[cfg(feature = "account")]
pub use second_factor_section::SecondFactorSection;
