//! The configuration file.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use bandstand_domain::accounts::Secret;
use serde::Deserialize;

/// What a configuration file may say; `bandstand.sample.toml` explains each key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the sample explains them, and Config does")]
pub struct File {
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub trusted_proxy: Option<bool>,
    pub data: Option<PathBuf>,
    pub database_url: Option<Secret>,
    pub media: Option<SocketAddr>,
    pub public_addresses: Option<Vec<IpAddr>>,
    pub site: Option<PathBuf>,
    pub limit_scale: Option<u32>,
}

impl File {
    /// All keys, in the order of the sample.
    pub const KEYS: &[&str] = &[
        "listen",
        "public_url",
        "trusted_proxy",
        "data",
        "database_url",
        "media",
        "public_addresses",
        "site",
        "limit_scale",
    ];
}
