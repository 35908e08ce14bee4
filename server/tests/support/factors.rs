//! Second factors and passkeys of the people in a test.

use std::time::{SystemTime, UNIX_EPOCH};

use bandstand_domain::{
    Refusal, Secret,
    accounts::{AccountError, Viewer},
    factors::{Challenge, FactorError, FactorReason, SetUp, SignInMethods},
};
use serde_json::json;
use totp_rs::Totp;

use super::{
    app::{PASSWORD, TestApp, User},
    authenticator::Device,
};

impl User {
    pub async fn ways(&self) -> Result<SignInMethods, FactorError> {
        self.call("factors/ways", json!({})).await
    }

    pub async fn begin_passkey(&self, password: Option<&str>) -> Result<Challenge, FactorError> {
        self.call("factors/begin_passkey", json!({ "password": password })).await
    }

    pub async fn add_passkey(&self, ceremony: &str, credential: &str) -> Result<(), FactorError> {
        let arguments = json!({ "ceremony": ceremony, "name": "Phone", "credential": credential });
        self.call("factors/add_passkey", arguments).await
    }

    pub async fn remove_passkey(&self, id: &str) -> Result<(), FactorError> {
        let arguments = json!({ "id": id, "password": PASSWORD });
        self.call("factors/remove_passkey", arguments).await
    }

    pub async fn ask(&self) -> Challenge {
        self.call::<_, FactorReason>("factors/begin_log_in", json!({})).await.unwrap()
    }

    pub async fn open(&self, ceremony: &str, credential: &str) -> Result<Viewer, FactorError> {
        let arguments = json!({ "ceremony": ceremony, "credential": credential });
        self.call("factors/log_in", arguments).await
    }

    pub async fn begin_second_factor(&self, password: Option<&str>) -> Result<SetUp, FactorError> {
        self.call("factors/begin_second_factor", json!({ "password": password })).await
    }

    pub async fn enable(&self, code: &str) -> Result<Vec<Secret>, FactorError> {
        self.call("factors/enable_second_factor", json!({ "code": code })).await
    }

    pub async fn disable(&self, password: Option<&str>) -> Result<(), FactorError> {
        self.call("factors/disable_second_factor", json!({ "password": password })).await
    }

    pub async fn new_codes(&self, password: Option<&str>) -> Result<Vec<Secret>, FactorError> {
        self.call("factors/new_recovery_codes", json!({ "password": password })).await
    }

    pub async fn log_in_with(&self, password: &str, code: &str) -> Result<Viewer, AccountError> {
        let form = json!({ "login": "ada", "password": password, "code": code });
        self.call("accounts/log_in", json!({ "form": form })).await
    }

    /// Adds the passkey of a new device.
    pub async fn with_device(&self, origin: &str) -> Device {
        let mut device = Device::new(origin);
        let challenge = self.begin_passkey(Some(PASSWORD)).await.unwrap();
        let made = device.make(&challenge.options);
        self.add_passkey(&challenge.ceremony, &made).await.unwrap();
        device
    }
}

pub fn unknown<T>() -> Result<T, FactorError> {
    Err(Refusal::Because(FactorReason::UnknownPasskey))
}

/// An app that shows codes.
pub struct App(Totp);

impl App {
    pub fn new(set_up: &SetUp) -> Self {
        let url = url::Url::parse(set_up.address.reveal()).unwrap();
        let secret = url.query_pairs().find(|(key, _)| key == "secret").unwrap().1.into_owned();
        assert_eq!(secret, set_up.secret.reveal());
        Self(Totp::from_url(url.as_str()).unwrap())
    }

    /// The code of so many half minutes from now.
    pub fn code(&self, steps: i64) -> String {
        #[allow(clippy::disallowed_methods, reason = "an app has a clock of its own")]
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        self.0.generate(now.saturating_add_signed(30 * steps)).to_string()
    }
}

/// Makes all log-ins old.
pub async fn age(app: &TestApp) {
    app.change(r#"UPDATE sessions SET data = REPLACE(data, '"begun":', '"begun":-')"#).await;
}
