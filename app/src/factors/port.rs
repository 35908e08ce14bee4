//! Needs of factors from the server.

use async_trait::async_trait;
use bandstand_domain::{
    Secret,
    accounts::Viewer,
    factors::{Challenge, FactorError, SetUp, SignInMethods},
};

/// Passkeys and second factors, for the person who makes the current request. What changes them takes the
/// password, unless the log-in is fresh.
#[async_trait]
pub trait Factors: Send + Sync {
    /// Sign-in methods of the viewer's account.
    async fn ways(&self) -> Result<SignInMethods, FactorError>;
    /// Begins to add a passkey.
    async fn begin_passkey(&self, password: Option<Secret>) -> Result<Challenge, FactorError>;
    /// Adds the passkey that the device made, called `name`.
    async fn add_passkey(
        &self,
        ceremony: String,
        name: String,
        credential: String,
    ) -> Result<(), FactorError>;
    /// Removes a passkey of one's own.
    async fn remove_passkey(&self, id: String, password: Option<Secret>)
    -> Result<(), FactorError>;
    /// Begins to log in with a passkey. Open to all.
    async fn begin_log_in(&self) -> Result<Challenge, FactorError>;
    /// Logs in with a passkey.
    async fn log_in_with_passkey(
        &self,
        ceremony: String,
        credential: String,
    ) -> Result<Viewer, FactorError>;
    /// Begins to set up the second factor; it is off until [`Self::enable_second_factor`].
    async fn begin_second_factor(&self, password: Option<Secret>) -> Result<SetUp, FactorError>;
    /// Turns the second factor on, with a code that shows that it works. The recovery codes are seen
    /// this once.
    async fn enable_second_factor(&self, code: String) -> Result<Vec<Secret>, FactorError>;
    /// Turns the second factor off; its recovery codes are void.
    async fn disable_second_factor(&self, password: Option<Secret>) -> Result<(), FactorError>;
    /// New recovery codes in place of all former ones. They are seen this once.
    async fn new_recovery_codes(
        &self,
        password: Option<Secret>,
    ) -> Result<Vec<Secret>, FactorError>;
}
