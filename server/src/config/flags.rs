//! Flags of the command line, and the environment.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Parser;

use super::{Command, ProxyHeader, SmtpTls};

/// Bandstand, the live venue that anyone can host.
///
/// What isn't said here is read from the configuration file, and has a sensible default.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "bandstand", version, about, long_about = None)]
pub struct Flags {
    /// Something else than opening the venue
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The configuration file; bandstand.toml when there is one
    #[arg(long, global = true, env = "BANDSTAND_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where pages are served [default: 127.0.0.1:3000]; port 0 takes a free one
    #[arg(long, global = true, env = "BANDSTAND_LISTEN", value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// The venue's address as people type it [default: http:// and what --listen says]
    #[arg(long, global = true, env = "BANDSTAND_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Whether a proxy of your own stands in front, at a loopback or private address, and adds to
    /// X-Forwarded-For [default: false]
    #[arg(
        long,
        env = "BANDSTAND_TRUSTED_PROXY",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub trusted_proxy: Option<bool>,
    /// The proxies that are believed: loopback, private, addresses, networks like 192.0.2.0/24
    /// [default: loopback,private]
    #[arg(long, env = "BANDSTAND_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<String>>,
    /// How many proxies stand in a row [default: 1]
    #[arg(long, env = "BANDSTAND_TRUSTED_HOPS", value_name = "NUMBER")]
    pub trusted_hops: Option<usize>,
    /// The header in which they tell who asks [default: x-forwarded-for]
    #[arg(long, env = "BANDSTAND_PROXY_HEADER", value_enum)]
    pub proxy_header: Option<ProxyHeader>,
    /// Whether browsers are to reach all hosts below the venue's by https alone, too [default: false]
    #[arg(
        long,
        env = "BANDSTAND_HSTS_SUBDOMAINS",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub hsts_subdomains: Option<bool>,
    /// The folder for the database and keys [default: data]
    #[arg(long, global = true, env = "BANDSTAND_DATA", value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Another database than the one in the data folder: sqlite:… or postgres:…
    #[arg(
        long,
        global = true,
        env = "BANDSTAND_DATABASE_URL",
        value_name = "URL",
        hide_env_values = true
    )]
    pub database_url: Option<String>,
    /// The address for picture and sound, by UDP and TCP [default: 0.0.0.0:3478]
    #[arg(long, env = "BANDSTAND_MEDIA", value_name = "ADDRESS:PORT")]
    pub media: Option<SocketAddr>,
    /// The address for source clients, whose requests no HTTP server understands [default: none]
    #[arg(long, env = "BANDSTAND_RADIO_LISTEN", value_name = "ADDRESS:PORT")]
    pub radio_listen: Option<SocketAddr>,
    /// The most hours of a show of sound alone, from 1 to 12 [default: 3]
    #[arg(long, env = "BANDSTAND_MAX_AUDIO_HOURS", value_name = "HOURS")]
    pub max_audio_hours: Option<u32>,
    /// Addresses under which browsers reach that port, when the machine can't know them
    #[arg(long, env = "BANDSTAND_PUBLIC_ADDRESSES", value_name = "IP", value_delimiter = ',')]
    pub public_addresses: Option<Vec<IpAddr>>,
    /// STUN and TURN servers that pages and other clients may go by: stun:… or turn:…
    #[arg(long, env = "BANDSTAND_ICE_SERVERS", value_name = "ADDRESS", value_delimiter = ',')]
    pub ice_servers: Option<Vec<String>>,
    /// What the venue shares with the TURN servers (coturn: static-auth-secret)
    #[arg(long, env = "BANDSTAND_TURN_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub turn_secret: Option<String>,
    /// What opens /metrics from other machines than this one, as a bearer token
    #[arg(long, env = "BANDSTAND_METRICS_TOKEN", value_name = "SECRET", hide_env_values = true)]
    pub metrics_token: Option<String>,
    /// The bucket of an S3 server that keeps files; without one they are in the data folder
    #[arg(long, env = "BANDSTAND_S3_BUCKET", value_name = "NAME")]
    pub s3_bucket: Option<String>,
    /// The S3 server's address [default: AWS]
    #[arg(long, env = "BANDSTAND_S3_ENDPOINT", value_name = "URL")]
    pub s3_endpoint: Option<String>,
    /// The bucket's region [default: us-east-1]
    #[arg(long, env = "BANDSTAND_S3_REGION", value_name = "NAME")]
    pub s3_region: Option<String>,
    /// The name of the key to the bucket
    #[arg(long, env = "BANDSTAND_S3_ACCESS_KEY", value_name = "NAME", hide_env_values = true)]
    pub s3_access_key: Option<String>,
    /// The key; better in the environment or a file than on the command line
    #[arg(long, env = "BANDSTAND_S3_SECRET_KEY", value_name = "SECRET", hide_env_values = true)]
    pub s3_secret_key: Option<String>,
    /// The file that holds the key
    #[arg(long, env = "BANDSTAND_S3_SECRET_KEY_FILE", value_name = "FILE")]
    pub s3_secret_key_file: Option<PathBuf>,
    /// Whether the bucket is named in the path instead of the host [default: unless at AWS]
    #[arg(
        long,
        env = "BANDSTAND_S3_PATH_STYLE",
        value_name = "BOOL",
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    pub s3_path_style: Option<bool>,
    /// Megabytes of files that the venue keeps at most [default: no bound]
    #[arg(long, env = "BANDSTAND_MAX_STORAGE_MEGABYTES", value_name = "NUMBER")]
    pub max_storage_megabytes: Option<u64>,
    /// Megabytes of files that one account keeps at most [default: 1000]
    #[arg(long, env = "BANDSTAND_MAX_ACCOUNT_MEGABYTES", value_name = "NUMBER")]
    pub max_account_megabytes: Option<u64>,
    /// Megabytes of recordings that one artist keeps at most, beside other files [default: 100000]
    #[arg(long, env = "BANDSTAND_MAX_RECORDINGS_MEGABYTES", value_name = "NUMBER")]
    pub max_recordings_megabytes: Option<u64>,
    /// Megabytes on the disk of the data folder that recordings leave free [default: 500]
    #[arg(long, env = "BANDSTAND_MIN_FREE_MEGABYTES", value_name = "NUMBER")]
    pub min_free_megabytes: Option<u64>,
    /// Days for which a recording is kept that isn't published [default: 30]
    #[arg(long, env = "BANDSTAND_RECORDING_DAYS", value_name = "NUMBER")]
    pub recording_days: Option<u32>,
    /// Who may make rooms: everybody with an account, artists or operators [default: everybody]
    #[arg(long, env = "BANDSTAND_ROOM_MAKERS", value_name = "WHO")]
    pub room_makers: Option<String>,
    /// Rooms that one person owns at most, beside those that are archived [default: 20]
    #[arg(long, env = "BANDSTAND_MAX_ROOMS", value_name = "NUMBER")]
    pub max_rooms: Option<u32>,
    /// Megabytes of one file that somebody shares in a room, at most [default: 50]
    #[arg(long, env = "BANDSTAND_MAX_ROOM_FILE_MEGABYTES", value_name = "NUMBER")]
    pub max_room_file_megabytes: Option<u64>,
    /// Megabytes of all files in a room [default: 2000]
    #[arg(long, env = "BANDSTAND_MAX_ROOM_MEGABYTES", value_name = "NUMBER")]
    pub max_room_megabytes: Option<u64>,
    /// Megabytes of one person's files in a room [default: 500]
    #[arg(long, env = "BANDSTAND_MAX_ROOM_PERSON_MEGABYTES", value_name = "NUMBER")]
    pub max_room_person_megabytes: Option<u64>,
    /// The folder with the built pages [default: target/site]
    #[arg(long, env = "BANDSTAND_SITE", value_name = "FOLDER")]
    pub site: Option<PathBuf>,
    /// Widens all limits per address and person, for load tests [default: 1]
    #[arg(long, env = "BANDSTAND_LIMIT_SCALE", value_name = "NUMBER")]
    pub limit_scale: Option<u32>,
    /// Megabits a second that may be spent on showing newcomers what was since the last keyframe, on all
    /// stages together [default: 200]
    #[arg(long, env = "BANDSTAND_CATCH_UP_MEGABITS", value_name = "NUMBER")]
    pub catch_up_megabits: Option<u32>,
    /// The mail server that takes the venue's mails; without one they go into the data folder
    #[arg(long, env = "BANDSTAND_SMTP_HOST", value_name = "NAME")]
    pub smtp_host: Option<String>,
    /// Its port [default: 465, 587 or 25, as --smtp-tls says]
    #[arg(long, env = "BANDSTAND_SMTP_PORT", value_name = "PORT")]
    pub smtp_port: Option<u16>,
    /// How the connection to it is encrypted [default: tls]
    #[arg(long, env = "BANDSTAND_SMTP_TLS", value_enum)]
    pub smtp_tls: Option<SmtpTls>,
    /// As whom to log in there
    #[arg(long, env = "BANDSTAND_SMTP_USER", value_name = "NAME")]
    pub smtp_user: Option<String>,
    /// With which password; better in the environment or a file than on the command line
    #[arg(long, env = "BANDSTAND_SMTP_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    pub smtp_password: Option<String>,
    /// The file that holds the password
    #[arg(long, env = "BANDSTAND_SMTP_PASSWORD_FILE", value_name = "FILE")]
    pub smtp_password_file: Option<PathBuf>,
    /// Who the mails are from, such as "Bandstand <venue@example.org>"
    #[arg(long, env = "BANDSTAND_MAIL_FROM", value_name = "ADDRESS")]
    pub mail_from: Option<String>,
    /// A server that speaks LibreTranslate's API, for messages in other languages; without one, only
    /// browsers translate
    #[arg(long, env = "BANDSTAND_TRANSLATION_URL", value_name = "ADDRESS")]
    pub translation_url: Option<String>,
    /// Its API key; better in the environment or the configuration file than on the command line
    #[arg(long, env = "BANDSTAND_TRANSLATION_KEY", value_name = "KEY", hide_env_values = true)]
    pub translation_key: Option<String>,
}
