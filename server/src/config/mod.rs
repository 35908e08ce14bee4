//! Configuration by the operator: flags, environment variables, a configuration file, in that order.

mod commands;
mod error;
mod file;
mod flags;
mod ice;
mod proxies;
mod recordings;
mod rooms;
mod s3;
mod smtp;
mod timeouts;
mod translation;
mod uploads;

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

use bandstand_domain::Secret;
use url::{Host, Url};

use crate::database::Database;

pub use commands::{Command, MailCommand, UserCommand};
pub use error::ConfigError;
pub use file::File;
pub use flags::Flags;
pub use ice::IceServers;
pub use proxies::{Proxies, ProxyHeader, is_local};
pub use recordings::RecordingBounds;
pub use rooms::{RoomBounds, RoomMakers};
pub use s3::S3;
pub use smtp::{Smtp, SmtpTls};
pub use timeouts::Timeouts;
pub use translation::TranslationServer;
pub use uploads::UploadBounds;

/// The configuration file that is read when there is one and no other is named.
pub const DEFAULT_FILE: &str = "bandstand.toml";

/// The media core's port unless another is chosen: the one that is registered for STUN, which networks
/// that let calls through are the likeliest to let pass, and which needs no privileges.
pub const MEDIA_PORT: u16 = 3478;

const MEGABYTE: u64 = 1_000_000;
/// Bytes of files that one account keeps at most unless the operator says otherwise.
const MAX_ACCOUNT_BYTES: u64 = 1_000 * MEGABYTE;

/// Everything that the operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Address at which pages and the live channel are served. With port 0 the system chooses one, which
    /// stands here once the venue is open.
    pub listen: SocketAddr,
    /// The UDP and TCP address of the media core.
    pub media: SocketAddr,
    /// Address at which source clients are served that no HTTP server understands; none serves none.
    pub radio_listen: Option<SocketAddr>,
    /// The most hours of a show of sound alone.
    pub max_audio_hours: u32,
    /// Addresses under which browsers reach the media core; empty to find out.
    pub public_addresses: Vec<IpAddr>,
    /// The venue's own address as people type it, such as `https://venue.example.org`, without a slash
    /// at the end; decides about secure cookies and which `Origin` may act. Empty until the venue is
    /// open when it follows from [`Self::listen`].
    pub public_url: String,
    /// Folder of the database and keys.
    pub data: PathBuf,
    /// Servers by which clients may find their way to the media core.
    pub ice: IceServers,
    /// Bearer token that opens the metrics from other machines than this one; without it, nothing does.
    pub metrics_token: Option<Secret>,
    /// The bucket that keeps files; without one, they are in the data folder.
    pub s3: Option<S3>,
    /// The most bytes of files that the venue keeps; none without a bound.
    pub max_storage_bytes: Option<u64>,
    /// The most bytes of files that one account keeps; none without a bound.
    pub max_account_bytes: Option<u64>,
    /// Bounds on recordings.
    pub recordings: RecordingBounds,
    /// Bounds on rooms.
    pub rooms: RoomBounds,
    /// Bounds on files in rooms.
    pub uploads: UploadBounds,
    /// Folder with the built pages.
    pub site: PathBuf,
    /// Another database than the one in the data folder.
    pub database_url: Option<Secret>,
    /// True if a reverse proxy stands in front, which tells where requests come from.
    pub trusted_proxy: bool,
    /// The trusted proxies: their addresses, number and header.
    pub proxies: Proxies,
    /// True if browsers are to reach all hosts below the venue's by HTTPS alone, too (RFC 6797 section
    /// 6.1.2).
    pub hsts_subdomains: bool,
    /// The most HTTP connections that are open at once; further ones are refused. Live channels don't
    /// count.
    pub most_connections: usize,
    /// Timeouts of an HTTP connection.
    pub timeouts: Timeouts,
    /// Bounds on what clients make the media core hold; the core's own in earnest.
    pub media_limits: bandstand_sfu::SfuLimits,
    /// By how much all limits on what one address or person may do are widened; 1 in earnest.
    pub limit_scale: u32,
    /// Megabits a second that may be spent on showing newcomers what was since the last keyframe.
    pub catch_up_megabits: u32,
    /// The mail server; without one, mails go into the mailbox in the data folder.
    pub smtp: Option<Smtp>,
    /// The server that translates messages; without one, only browsers do.
    pub translation: Option<TranslationServer>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 3000),
            media: SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), MEDIA_PORT),
            radio_listen: None,
            max_audio_hours: 3,
            public_addresses: Vec::new(),
            public_url: String::new(),
            ice: IceServers::default(),
            metrics_token: None,
            data: "data".into(),
            s3: None,
            max_storage_bytes: None,
            max_account_bytes: Some(MAX_ACCOUNT_BYTES),
            recordings: RecordingBounds::default(),
            rooms: RoomBounds::default(),
            uploads: UploadBounds::default(),
            site: "target/site".into(),
            database_url: None,
            trusted_proxy: false,
            proxies: Proxies::default(),
            hsts_subdomains: false,
            most_connections: 8_192,
            timeouts: Timeouts::default(),
            media_limits: bandstand_sfu::SfuLimits::default(),
            limit_scale: 1,
            catch_up_megabits: 200,
            smtp: None,
            translation: None,
        }
    }
}

impl Config {
    /// So many of something, widened by [`Config::limit_scale`].
    pub fn widened(&self, most: usize) -> usize {
        most.saturating_mul(usize::try_from(self.limit_scale).unwrap_or(usize::MAX))
    }

    /// The configuration from the file that `flags` name (or [`DEFAULT_FILE`] when there is one), with
    /// what `flags` say above it.
    ///
    /// # Errors
    /// [`ConfigError`] when the file can't be read or understood, or a value can't be.
    pub fn load(flags: Flags) -> Result<Self, ConfigError> {
        let file = match &flags.config {
            Some(path) => File::read(path)?,
            None if Path::new(DEFAULT_FILE).exists() => File::read(Path::new(DEFAULT_FILE))?,
            None => File::default(),
        };
        Self::merge(flags, file)
    }

    /// Flags before file before defaults.
    fn merge(flags: Flags, file: File) -> Result<Self, ConfigError> {
        let default = Self::default();
        let trusted_proxies = flags.trusted_proxies.or(file.trusted_proxies);
        let config = Self {
            listen: flags.listen.or(file.listen).unwrap_or(default.listen),
            media: flags.media.or(file.media).unwrap_or(default.media),
            radio_listen: flags.radio_listen.or(file.radio_listen),
            max_audio_hours: flags
                .max_audio_hours
                .or(file.max_audio_hours)
                .unwrap_or(default.max_audio_hours),
            public_addresses: flags
                .public_addresses
                .or(file.public_addresses)
                .unwrap_or(default.public_addresses),
            public_url: match flags.public_url.or(file.public_url) {
                Some(url) => check_public_url(&url)?,
                None => default.public_url,
            },
            ice: IceServers::new(
                flags.ice_servers.or(file.ice_servers).unwrap_or_default(),
                flags.turn_secret.map(Secret::new).or(file.turn_secret),
            )?,
            metrics_token: flags.metrics_token.map(Secret::new).or(file.metrics_token),
            data: flags.data.or(file.data).unwrap_or(default.data),
            s3: s3::S3Settings {
                bucket: flags.s3_bucket.or(file.s3_bucket),
                endpoint: flags.s3_endpoint.or(file.s3_endpoint),
                region: flags.s3_region.or(file.s3_region),
                access_key: flags.s3_access_key.map(Secret::new).or(file.s3_access_key),
                secret_key: flags.s3_secret_key.map(Secret::new).or(file.s3_secret_key),
                secret_key_file: flags.s3_secret_key_file.or(file.s3_secret_key_file),
                path_style: flags.s3_path_style.or(file.s3_path_style),
            }
            .settle()?,
            max_storage_bytes: flags
                .max_storage_megabytes
                .or(file.max_storage_megabytes)
                .map(|it| it.saturating_mul(MEGABYTE)),
            max_account_bytes: flags
                .max_account_megabytes
                .or(file.max_account_megabytes)
                .map_or(default.max_account_bytes, |it| Some(it.saturating_mul(MEGABYTE))),
            recordings: RecordingBounds::settle(
                flags.max_recordings_megabytes.or(file.max_recordings_megabytes),
                flags.min_free_megabytes.or(file.min_free_megabytes),
                flags.recording_days.or(file.recording_days),
            )?,
            rooms: RoomBounds::settle(
                flags.room_makers.or(file.room_makers).as_deref(),
                flags.max_rooms.or(file.max_rooms),
            )?,
            uploads: UploadBounds::settle(
                flags.max_room_file_megabytes.or(file.max_room_file_megabytes),
                flags.max_room_megabytes.or(file.max_room_megabytes),
                flags.max_room_person_megabytes.or(file.max_room_person_megabytes),
            )?,
            site: flags.site.or(file.site).unwrap_or(default.site),
            database_url: flags.database_url.map(Secret::new).or(file.database_url),
            trusted_proxy: flags
                .trusted_proxy
                .or(file.trusted_proxy)
                .unwrap_or(trusted_proxies.is_some()),
            proxies: Proxies::new(
                trusted_proxies.as_deref(),
                flags.trusted_hops.or(file.trusted_hops),
                flags.proxy_header.or(file.proxy_header),
            )?,
            hsts_subdomains: flags
                .hsts_subdomains
                .or(file.hsts_subdomains)
                .unwrap_or(default.hsts_subdomains),
            most_connections: default.most_connections,
            timeouts: default.timeouts,
            media_limits: bandstand_sfu::SfuLimits::default(),
            limit_scale: flags.limit_scale.or(file.limit_scale).unwrap_or(default.limit_scale),
            catch_up_megabits: flags
                .catch_up_megabits
                .or(file.catch_up_megabits)
                .unwrap_or(default.catch_up_megabits),
            smtp: smtp::Said {
                host: flags.smtp_host.or(file.smtp_host),
                port: flags.smtp_port.or(file.smtp_port),
                user: flags.smtp_user.or(file.smtp_user),
                password: flags.smtp_password.map(Secret::new).or(file.smtp_password),
                password_file: flags.smtp_password_file.or(file.smtp_password_file),
                tls: flags.smtp_tls.or(file.smtp_tls),
                from: flags.mail_from.or(file.mail_from),
            }
            .settle()?,
            translation: TranslationServer::settle(
                flags.translation_url.or(file.translation_url),
                flags.translation_key.map(Secret::new).or(file.translation_key),
            )?,
        };
        if let Some(url) = &config.database_url
            && !["sqlite:", "postgres:", "postgresql:"]
                .iter()
                .any(|kind| url.reveal().starts_with(kind))
        {
            return Err(ConfigError::Value {
                key: "database_url",
                message: "it starts with sqlite: or postgres:".into(),
            });
        }
        if config.metrics_token.as_ref().is_some_and(|token| token.reveal().len() < 16) {
            return Err(ConfigError::Value {
                key: "metrics_token",
                message: "it needs at least 16 characters, or it can be guessed".into(),
            });
        }
        if !(1..=12).contains(&config.max_audio_hours) {
            return Err(ConfigError::Value {
                key: "max_audio_hours",
                message: "it is a number of hours from 1 to 12".into(),
            });
        }
        if !(1..=100_000).contains(&config.limit_scale) {
            return Err(ConfigError::Value {
                key: "limit_scale",
                message: "it is a number from 1 to 100000".into(),
            });
        }
        if !(1..=1_000_000).contains(&config.catch_up_megabits) {
            return Err(ConfigError::Value {
                key: "catch_up_megabits",
                message: "it is a number of megabits a second, from 1 on".into(),
            });
        }
        Ok(config)
    }

    /// Fills in what follows from the address that is really listened at.
    pub fn settle(&mut self, listening: SocketAddr) {
        self.listen = listening;
        if self.public_url.is_empty() {
            self.public_url = if listening.ip().is_unspecified() {
                format!("http://localhost:{}", listening.port())
            } else {
                format!("http://{listening}")
            };
        }
    }

    /// Returns whether people reach the venue over TLS.
    pub fn secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// Returns whether the venue's only audience is this machine: its public address is plain HTTP on a
    /// loopback name, and no proxy stands in front, whose requests would look as if they came from here.
    pub fn is_local(&self) -> bool {
        let host = Url::parse(&self.public_url)
            .ok()
            .filter(|url| url.scheme() == "http")
            .and_then(|url| url.host().map(|host| host.to_owned()));
        let loopback = match host {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            None => false,
        };
        loopback && !self.trusted_proxy
    }

    /// Warnings to the operator at each start, about what people will miss otherwise.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.smtp.is_none() && !self.is_local() {
            warnings.push(format!(
                "THIS VENUE HAS A PUBLIC ADDRESS ({}) AND NO MAIL SERVER: nobody gets the mails by \
                 which addresses are confirmed and passwords replaced. Name one with --smtp-host. Until \
                 then the mails lie in {}, and `bandstand mail` shows them to you.",
                self.public_url,
                self.mailbox().display()
            ));
        }
        warnings.extend(self.translation.as_ref().and_then(TranslationServer::warning));
        warnings
    }

    /// The folder in which mails are put that no mail server takes.
    pub fn mailbox(&self) -> PathBuf {
        self.data.join("mailbox")
    }

    /// The address of the database.
    pub fn database(&self) -> Secret {
        self.database_url.clone().unwrap_or_else(|| {
            Secret::new(Database::sqlite_url(&self.data.join("bandstand.sqlite")))
        })
    }
}

/// The origin that `url` names: a venue lives at the root of its own origin.
fn check_public_url(url: &str) -> Result<String, ConfigError> {
    let wrong = |message: &str| ConfigError::Value {
        key: "public_url",
        message: format!("{message}; it looks like https://venue.example.org"),
    };
    let url = Url::parse(url).map_err(|_| wrong("that is no address"))?;
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return Err(wrong("it starts with http:// or https://"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("a venue has an address of its own, without a path"));
    }
    Ok(url.origin().ascii_serialization())
}

impl File {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] when it can't be read, or has a key or a value that doesn't exist.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
        toml::from_str(&text).map_err(|error| ConfigError::Wrong {
            path: path.into(),
            message: error.to_string().trim_end().into(),
        })
    }
}

#[cfg(test)]
mod tests;
