//! Configuration of the server that translates messages.

use std::time::Duration;

use bandstand_domain::Secret;
use url::{Host, Url};

use super::ConfigError;

/// Timeout of one request to the server.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A server that speaks LibreTranslate's API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslationServer {
    /// Address to which `/translate` is added.
    pub url: String,
    /// API key, if the server wants one.
    pub key: Option<Secret>,
    /// Timeout of one request.
    pub timeout: Duration,
}

impl TranslationServer {
    /// The server, when one is named.
    ///
    /// # Errors
    /// [`ConfigError`] when its address is none of the web, or a key stands alone.
    pub(super) fn settle(
        url: Option<String>,
        key: Option<Secret>,
    ) -> Result<Option<Self>, ConfigError> {
        let wrong =
            |key: &'static str, message: &str| ConfigError::Value { key, message: message.into() };
        let key = key.filter(|key| !key.reveal().is_empty());
        let Some(url) = url.filter(|url| !url.is_empty()) else {
            return match key {
                Some(_) => Err(wrong("translation_url", "translation_key is the key to it")),
                None => Ok(None),
            };
        };
        let is_plain = |url: &Url| {
            matches!(url.scheme(), "http" | "https")
                && url.host().is_some()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
                && url.password().is_none()
        };
        if !Url::parse(&url).is_ok_and(|url| is_plain(&url)) {
            return Err(wrong("translation_url", "it looks like https://translate.example.org"));
        }
        Ok(Some(Self { url, key, timeout: TIMEOUT }))
    }

    /// Warning to the operator where messages go to it unencrypted through networks of others.
    pub(super) fn warning(&self) -> Option<String> {
        self.is_open_to_others().then(|| {
            "MESSAGES GO TO THE SERVER THAT TRANSLATES THEM WITHOUT ENCRYPTION, and so does its key: \
             name it with https:// in translation_url."
                .into()
        })
    }

    fn is_open_to_others(&self) -> bool {
        let Ok(url) = Url::parse(&self.url) else { return false };
        let own = match url.host() {
            // Beside the venue, as in a network of containers.
            Some(Host::Domain(name)) => !name.contains('.'),
            Some(Host::Ipv4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            Some(Host::Ipv6(ip)) => {
                ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local()
            }
            None => false,
        };
        url.scheme() == "http" && !own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settle(url: &str, key: &str) -> Result<Option<TranslationServer>, ConfigError> {
        TranslationServer::settle(Some(url.into()), Some(Secret::new(key)))
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        assert_eq!(settle("", "").unwrap(), None);
        let server = settle("https://translate.example.org/api", "key").unwrap().unwrap();
        assert_eq!(server.key.unwrap().reveal(), "key");
        assert_eq!(settle("http://127.0.0.1:5000", "").unwrap().unwrap().key, None);
        for url in [
            "translate.example.org",
            "ftp://translate.example.org",
            "https://translate.example.org/?key=1",
            "https://me:secret@translate.example.org",
        ] {
            assert!(settle(url, "").is_err(), "{url}");
        }
        assert!(settle("", "a key alone").is_err());
    }

    #[test]
    fn what_others_could_read_is_told() {
        let is_open = |url: &str| settle(url, "").unwrap().unwrap().is_open_to_others();
        for url in ["http://translate.example.org", "http://203.0.113.7:5000"] {
            assert!(is_open(url), "{url}");
        }
        for url in [
            "https://translate.example.org",
            "http://localhost:5000",
            "http://libretranslate:5000",
            "http://192.168.1.2:5000",
            "http://[::1]:5000",
        ] {
            assert!(!is_open(url), "{url}");
        }
    }
}
