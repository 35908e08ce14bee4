//! The S3 server that keeps files.

use std::{fs, path::PathBuf};

use bandstand_domain::Secret;
use url::{Host, Url};

use super::ConfigError;

/// The region unless another is named; servers other than AWS hardly ever care.
const DEFAULT_REGION: &str = "us-east-1";

/// A bucket of an S3 server, and the key to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3 {
    /// The bucket's name.
    pub bucket: String,
    /// The server's address without a path; none for AWS.
    pub endpoint: Option<String>,
    /// The region in which the bucket is.
    pub region: String,
    /// The name of the key.
    pub access_key: Secret,
    /// The key.
    pub secret_key: Secret,
    /// True if the bucket is named in the path instead of the host.
    pub path_style: bool,
}

impl S3 {
    /// Returns whether the server is on this machine, so that it need not be encrypted.
    pub fn is_on_this_machine(&self) -> bool {
        self.endpoint.as_deref().and_then(|it| Url::parse(it).ok()).is_some_and(|it| is_local(&it))
    }

    /// The address to which requests go: the bucket's own unless it is named in the path.
    pub fn host(&self) -> Option<String> {
        let endpoint = self.endpoint.clone()?;
        if self.path_style {
            return Some(endpoint);
        }
        let (scheme, rest) = endpoint.split_once("://")?;
        Some(format!("{scheme}://{}.{rest}", self.bucket))
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Settings of the S3 server from flags and file; flags take precedence.
#[derive(Clone, Debug, Default)]
pub(super) struct S3Settings {
    pub bucket: Option<String>,
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub access_key: Option<Secret>,
    pub secret_key: Option<Secret>,
    pub secret_key_file: Option<PathBuf>,
    pub path_style: Option<bool>,
}

impl S3Settings {
    /// The bucket, when one is named.
    ///
    /// # Errors
    /// [`ConfigError`] when a setting that goes with it is missing or wrong.
    pub(super) fn settle(self) -> Result<Option<S3>, ConfigError> {
        let wrong =
            |key: &'static str, message: &str| ConfigError::Value { key, message: message.into() };
        let Some(bucket) = self.bucket.filter(|bucket| !bucket.is_empty()) else {
            return if self.endpoint.is_some() || self.access_key.is_some() {
                Err(wrong("s3_bucket", "it is missing, so files would be kept in the data folder"))
            } else {
                Ok(None)
            };
        };
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(legal) {
            let message = "a bucket's name has 3 to 63 small letters, digits, dots and hyphens";
            return Err(wrong("s3_bucket", message));
        }
        let endpoint = self.endpoint.as_deref().map(check_endpoint).transpose()?;
        let access_key = self.access_key.filter(|key| !key.reveal().is_empty());
        let access_key =
            access_key.ok_or_else(|| wrong("s3_access_key", "s3_bucket needs it to get in"))?;
        let secret_key = match (self.secret_key, &self.secret_key_file) {
            (Some(key), _) => key,
            (None, Some(path)) => {
                let text = fs::read_to_string(path).map_err(|error| {
                    let message = format!("{} can't be read: {error}", path.display());
                    wrong("s3_secret_key_file", &message)
                })?;
                Secret::new(text.trim_end_matches(['\r', '\n']))
            }
            (None, None) => Secret::default(),
        };
        if secret_key.reveal().is_empty() {
            let message = "s3_access_key needs it, or s3_secret_key_file";
            return Err(wrong("s3_secret_key", message));
        }
        Ok(Some(S3 {
            path_style: self.path_style.unwrap_or(endpoint.is_some()),
            region: self.region.unwrap_or_else(|| DEFAULT_REGION.into()),
            bucket,
            endpoint,
            access_key,
            secret_key,
        }))
    }
}

/// The origin that `endpoint` names.
fn check_endpoint(endpoint: &str) -> Result<String, ConfigError> {
    let wrong = |message: &str| ConfigError::Value { key: "s3_endpoint", message: message.into() };
    let shape = "it looks like https://s3.example.org, without a path";
    let url = Url::parse(endpoint).map_err(|_| wrong(shape))?;
    if !matches!(url.scheme(), "http" | "https")
        || url.host().is_none()
        || url.path() != "/"
        || url.query().is_some()
    {
        return Err(wrong(shape));
    }
    if url.scheme() == "http" && !is_local(&url) {
        let message = "without encryption it may only be this machine: take https://";
        return Err(wrong(message));
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said() -> S3Settings {
        S3Settings {
            bucket: Some("venue".into()),
            endpoint: Some("https://s3.example.org".into()),
            access_key: Some(Secret::new("key")),
            secret_key: Some(Secret::new("secret")),
            ..S3Settings::default()
        }
    }

    #[test]
    fn bucket_is_named_in_the_path_unless_it_is_at_aws() {
        assert_eq!(S3Settings::default().settle().unwrap(), None);
        let own = said().settle().unwrap().unwrap();
        assert_eq!(own.host().as_deref(), Some("https://s3.example.org"));
        let host = S3Settings { path_style: Some(false), ..said() }.settle().unwrap().unwrap();
        assert_eq!(host.host().as_deref(), Some("https://venue.s3.example.org"));
        let aws = S3Settings { endpoint: None, ..said() }.settle().unwrap().unwrap();
        assert_eq!((aws.path_style, aws.host(), aws.region.as_str()), (false, None, "us-east-1"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let key = |said: S3Settings| match said.settle() {
            Err(ConfigError::Value { key, .. }) => key,
            other => panic!("{other:?}"),
        };
        assert_eq!(key(S3Settings { bucket: None, ..said() }), "s3_bucket");
        assert_eq!(key(S3Settings { bucket: Some("A b".into()), ..said() }), "s3_bucket");
        assert_eq!(key(S3Settings { access_key: None, ..said() }), "s3_access_key");
        assert_eq!(key(S3Settings { secret_key: None, ..said() }), "s3_secret_key");
        let file = Some("/nowhere/key".into());
        let unreadable = S3Settings { secret_key: None, secret_key_file: file, ..said() };
        assert_eq!(key(unreadable), "s3_secret_key_file");
        for endpoint in ["s3.example.org", "http://s3.example.org", "https://a.example/bucket"] {
            let said = S3Settings { endpoint: Some(endpoint.into()), ..said() };
            assert_eq!(key(said), "s3_endpoint", "{endpoint}");
        }
        for endpoint in ["http://127.0.0.1:9000", "http://localhost:9000", "http://[::1]:9000"] {
            let s3 = S3Settings { endpoint: Some(endpoint.into()), ..said() };
            assert!(s3.settle().unwrap().unwrap().is_on_this_machine(), "{endpoint}");
        }
    }
}
