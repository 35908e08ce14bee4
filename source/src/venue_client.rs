//! The venue's API, as this program uses it. PROTOCOL.md describes it.

use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use url::Url;

use crate::device_login::PollAnswer;

/// Timeout of a request, but for sound.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Names of refusals by the API after which asking again makes no sense.
const FINAL: [&str; 4] = ["invalid_token", "insufficient_scope", "not_found", "invalid_request"];

/// Reason for which the venue doesn't do what is asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VenueError {
    /// It wasn't reached, or its answer isn't one.
    #[error("{0}")]
    Unreachable(String),
    /// It says no.
    #[error("{text}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Its name for programs; empty when it has none.
        name: String,
        /// Its words for people.
        text: String,
        /// Time after which it may be asked again.
        retry_after: Option<Duration>,
    },
}

impl VenueError {
    /// True of the API's own refusal when asking again makes no sense. Others refuse, too: a proxy in front of a
    /// venue that restarts answers 404 or 403 for a while.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused { name, .. } if FINAL.contains(&name.as_str()))
    }

    /// True when the token is good no more, or never was.
    pub fn is_invalid_token(&self) -> bool {
        matches!(self, Self::Refused { name, .. } if name == "invalid_token")
    }

    /// The status of a refusal that won't pass by itself, if it is the venue's.
    pub fn refused_status(&self) -> Option<u16> {
        match self {
            Self::Refused { status: 408 | 429, .. } | Self::Unreachable(_) => None,
            Self::Refused { status, .. } => Some(*status).filter(|it| (400..500).contains(it)),
        }
    }

    /// Time that the venue asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Unreachable(_) => None,
        }
    }
}

impl From<reqwest::Error> for VenueError {
    fn from(error: reqwest::Error) -> Self {
        let mut text = "The venue can't be reached".to_owned();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        Self::Unreachable(text)
    }
}

/// The codes of a login that has begun.
#[derive(Clone, Debug, Deserialize)]
pub struct LoginCodes {
    /// The code to poll with.
    pub device_code: String,
    /// The code to show.
    pub user_code: String,
    /// The page on which it is typed.
    pub verification_uri: String,
    /// In seconds.
    pub expires_in: u64,
    /// In seconds.
    pub interval: u64,
}

/// A show of one's own.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnShow {
    /// Its identity.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Start, in milliseconds since 1970.
    pub starts_at: i64,
    /// End, in milliseconds since 1970.
    pub ends_at: i64,
    /// State of its stage.
    pub stage: String,
    /// True of the one to go on air in now.
    pub due: bool,
}

/// State of a show.
#[derive(Clone, Debug, Deserialize)]
pub struct OwnShowState {
    /// State of its stage.
    pub stage: String,
    /// True once nothing can happen any more.
    pub over: bool,
    /// People in the crowd.
    pub crowd: u32,
    /// Number of those who listen by HTTP.
    pub listeners: u32,
    /// Likes.
    pub likes: u64,
    /// The newest message.
    pub chat: Option<ChatLine>,
}

/// A message of the chat.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ChatLine {
    /// Its author.
    pub name: String,
    /// Text of the message.
    pub text: String,
    /// Time, in milliseconds since 1970.
    pub sent_at: i64,
}

/// A venue, by HTTP.
#[derive(Clone, Debug)]
pub struct VenueClient {
    client: Client,
    address: String,
}

impl VenueClient {
    /// The venue at `address`.
    pub fn new(address: &str) -> Result<Self, String> {
        let url =
            Url::parse(address).map_err(|error| format!("{address} is no address: {error}"))?;
        let is_here = match url.host() {
            Some(url::Host::Domain(name)) => name == "localhost",
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        match url.scheme() {
            "https" => {}
            "http" if is_here => {}
            _ => {
                return Err(format!(
                    "{address} doesn't begin with https://, so tokens aren't safe."
                ));
            }
        }
        // Sound goes out by HTTP/1.1, which any proxy hands on while it comes.
        let client = Client::builder()
            .http1_only()
            .connect_timeout(CONNECT_TIMEOUT)
            .user_agent(concat!("bandstand-source/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        Ok(Self { client, address: address.trim_end_matches('/').to_owned() })
    }

    /// Its address, without a slash at its end.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Begins to ask for `path`, or for a whole address of the venue.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let address = if path.starts_with('/') { self.address.clone() + path } else { path.into() };
        self.client.request(method, address)
    }

    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, VenueError> {
        let response = answered(request.timeout(TIMEOUT).send().await?).await?;
        Ok(response.json().await?)
    }

    /// Begins a login of `program`.
    pub async fn begin_login(&self, program: &str) -> Result<LoginCodes, VenueError> {
        let request = self.request(Method::POST, "/api/v1/device");
        self.json(request.json(&json!({ "program": program }))).await
    }

    /// Asks what became of a login.
    pub async fn poll_login(&self, device_code: &str) -> PollAnswer {
        let request = self.request(Method::POST, "/api/v1/device/token");
        let answer = self.json::<Value>(request.json(&json!({ "device_code": device_code }))).await;
        match answer {
            Ok(token) => match token["access_token"].as_str() {
                Some(token) => PollAnswer::Token(token.to_owned()),
                None => PollAnswer::Unknown(None),
            },
            Err(VenueError::Refused { name, retry_after, .. }) => match name.as_str() {
                "authorization_pending" => PollAnswer::Pending,
                "slow_down" => PollAnswer::SlowDown,
                "access_denied" => PollAnswer::Denied,
                "expired_token" => PollAnswer::Expired,
                _ => PollAnswer::Unknown(retry_after),
            },
            Err(VenueError::Unreachable(_)) => PollAnswer::Unknown(None),
        }
    }

    /// Makes `token` useless.
    pub async fn revoke(&self, token: &str) -> Result<(), VenueError> {
        let request = self.request(Method::DELETE, "/api/v1/token").bearer_auth(token);
        answered(request.timeout(TIMEOUT).send().await?).await.map(drop)
    }

    /// One's own shows that are on or to come.
    pub async fn shows(&self, token: &str) -> Result<Vec<OwnShow>, VenueError> {
        self.json(self.request(Method::GET, "/api/v1/shows").bearer_auth(token)).await
    }

    /// Returns the state of the show `id`.
    pub async fn show(&self, token: &str, id: &str) -> Result<OwnShowState, VenueError> {
        let path = format!("/api/v1/shows/{id}");
        self.json(self.request(Method::GET, &path).bearer_auth(token)).await
    }
}

/// The response, when it is no refusal.
pub async fn answered(response: Response) -> Result<Response, VenueError> {
    #[derive(Deserialize)]
    struct Told {
        error: String,
        error_description: String,
    }
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let wait = response.headers().get(header::RETRY_AFTER);
    let wait = wait.and_then(|it| it.to_str().ok()?.parse().ok()).map(Duration::from_secs);
    let text = response.text().await.unwrap_or_default();
    let (name, text) = match serde_json::from_str::<Told>(&text) {
        Ok(told) => (told.error, told.error_description),
        // A proxy's page, as it looks.
        Err(_) if text.is_empty() || text.len() > 500 || text.starts_with('<') => {
            (String::new(), status_text(status))
        }
        Err(_) => (String::new(), text.trim().to_owned()),
    };
    Err(VenueError::Refused { status: status.as_u16(), name, text, retry_after: wait })
}

fn status_text(status: StatusCode) -> String {
    format!("The venue answers {status}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_leave_this_machine_encrypted_or_not_at_all() {
        for good in [
            "https://venue.example",
            "http://localhost:3000/",
            "http://127.0.0.1:1",
            "http://[::1]:3000",
        ] {
            assert!(VenueClient::new(good).is_ok(), "{good}");
        }
        for bad in
            ["http://venue.example", "http://localhost.example", "ftp://localhost", "venue", ""]
        {
            assert!(VenueClient::new(bad).is_err(), "{bad}");
        }
        assert_eq!(VenueClient::new("https://a.example/").unwrap().address(), "https://a.example");
    }

    #[test]
    fn only_what_will_pass_is_asked_for_again() {
        let refused = |status, name: &str| VenueError::Refused {
            status,
            name: name.into(),
            text: String::new(),
            retry_after: None,
        };
        for passing in [408, 429, 500, 502, 503] {
            assert_eq!(refused(passing, "").refused_status(), None, "{passing}");
        }
        for last in [400, 401, 403, 404, 409, 415] {
            assert_eq!(refused(last, "").refused_status(), Some(last));
            assert!(!refused(last, "").is_final(), "{last} may be a proxy's");
        }
        assert!(refused(401, "invalid_token").is_final() && refused(404, "not_found").is_final());
        for passing in ["too_many_requests", "server_error", "something new"] {
            assert!(!refused(429, passing).is_final(), "{passing}");
        }
        let away = VenueError::Unreachable(String::new());
        assert!(away.refused_status().is_none() && !away.is_final());
    }
}
