//! The configuration file.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use bandstand_domain::Secret;
use serde::Deserialize;

use super::{ProxyHeader, SmtpTls};

/// Keys of a configuration file; `bandstand.sample.toml` explains each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the sample explains them, and Config does")]
pub struct File {
    pub listen: Option<SocketAddr>,
    pub public_url: Option<String>,
    pub trusted_proxy: Option<bool>,
    pub trusted_proxies: Option<Vec<String>>,
    pub trusted_hops: Option<usize>,
    pub proxy_header: Option<ProxyHeader>,
    pub hsts_subdomains: Option<bool>,
    pub data: Option<PathBuf>,
    pub database_url: Option<Secret>,
    pub media: Option<SocketAddr>,
    pub radio_listen: Option<SocketAddr>,
    pub max_audio_hours: Option<u32>,
    pub public_addresses: Option<Vec<IpAddr>>,
    pub ice_servers: Option<Vec<String>>,
    pub turn_secret: Option<Secret>,
    pub metrics_token: Option<Secret>,
    pub s3_bucket: Option<String>,
    pub s3_endpoint: Option<String>,
    pub s3_region: Option<String>,
    pub s3_access_key: Option<Secret>,
    pub s3_secret_key: Option<Secret>,
    pub s3_secret_key_file: Option<PathBuf>,
    pub s3_path_style: Option<bool>,
    pub max_storage_megabytes: Option<u64>,
    pub max_account_megabytes: Option<u64>,
    pub max_recordings_megabytes: Option<u64>,
    pub min_free_megabytes: Option<u64>,
    pub recording_days: Option<u32>,
    pub room_makers: Option<String>,
    pub max_rooms: Option<u32>,
    pub max_room_file_megabytes: Option<u64>,
    pub max_room_megabytes: Option<u64>,
    pub max_room_person_megabytes: Option<u64>,
    pub site: Option<PathBuf>,
    pub limit_scale: Option<u32>,
    pub catch_up_megabits: Option<u32>,
    pub smtp_host: Option<String>,
    pub smtp_port: Option<u16>,
    pub smtp_tls: Option<SmtpTls>,
    pub smtp_user: Option<String>,
    pub smtp_password: Option<Secret>,
    pub smtp_password_file: Option<PathBuf>,
    pub mail_from: Option<String>,
    pub translation_url: Option<String>,
    pub translation_key: Option<Secret>,
}

impl File {
    /// All keys, in the order of the sample.
    pub const KEYS: &[&str] = &[
        "listen",
        "public_url",
        "trusted_proxy",
        "trusted_proxies",
        "trusted_hops",
        "proxy_header",
        "hsts_subdomains",
        "data",
        "database_url",
        "media",
        "radio_listen",
        "max_audio_hours",
        "public_addresses",
        "ice_servers",
        "turn_secret",
        "metrics_token",
        "s3_bucket",
        "s3_endpoint",
        "s3_region",
        "s3_access_key",
        "s3_secret_key",
        "s3_secret_key_file",
        "s3_path_style",
        "max_storage_megabytes",
        "max_account_megabytes",
        "max_recordings_megabytes",
        "min_free_megabytes",
        "recording_days",
        "room_makers",
        "max_rooms",
        "max_room_file_megabytes",
        "max_room_megabytes",
        "max_room_person_megabytes",
        "site",
        "limit_scale",
        "catch_up_megabits",
        "smtp_host",
        "smtp_port",
        "smtp_tls",
        "smtp_user",
        "smtp_password",
        "smtp_password_file",
        "mail_from",
        "translation_url",
        "translation_key",
    ];
}
