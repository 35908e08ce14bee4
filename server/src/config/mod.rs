//! What the operator decides: flags, environment variables, a configuration file, in that order.

use std::{net::SocketAddr, path::PathBuf};

/// Everything that the operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where pages and the live channel are served.
    pub listen: SocketAddr,
    /// The UDP address of the media core.
    pub media: SocketAddr,
    /// Addresses under which browsers reach the media core; empty to find out.
    pub public_addresses: Vec<std::net::IpAddr>,
    /// The venue's own address as people type it, such as `https://venue.example.org`; decides about
    /// secure cookies and which `Origin` may act.
    pub public_url: String,
    /// Where the database and keys live.
    pub data: PathBuf,
    /// What the build of the pages made.
    pub site: PathBuf,
    /// Another database than the one in the data folder.
    pub database_url: Option<String>,
}
