//! The servers that are set beside each other: a venue, and Icecast.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::Result;
use crate::machine::Process;
use crate::venue::Venue;

/// Time for Icecast to open.
const PATIENCE: Duration = Duration::from_secs(10);
const ICECAST_PASSWORD: &str = "hackme";

/// A server, which ends with this.
pub(crate) enum Station {
    Venue(Venue),
    Icecast(Icecast),
}

/// Icecast, in a folder of its own.
pub(crate) struct Icecast {
    process: Process,
    folder: PathBuf,
}

/// Addresses at which sound goes in and out.
pub(crate) struct Entrance {
    pub(crate) source: SocketAddr,
    pub(crate) mount: String,
    pub(crate) password: String,
    pub(crate) listen: SocketAddr,
    pub(crate) path: String,
}

/// The version of Icecast that is installed.
pub(crate) fn version() -> Result<String> {
    let said = Command::new("icecast2").arg("-v").output()?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

impl Station {
    /// A venue of this program and these pages, with a show whose time it is.
    pub(crate) fn venue(program: &str, site: &str) -> Result<(Self, Entrance)> {
        let source = free_address()?;
        let venue = Venue::start(program, site, &["--radio-listen", &source.to_string()])?;
        let artist = venue.artist()?;
        let (show, password) = (artist.announce()?, artist.stream_key()?);
        // Icecast doesn't either.
        artist.record(&show, false)?;
        let (mount, path) = (format!("/radio/{show}"), format!("/listen/{show}"));
        let entrance = Entrance { source, mount, password, listen: venue.address, path };
        Ok((Self::Venue(venue), entrance))
    }

    /// Icecast as it comes, but for the number of its listeners and what stands in no log.
    pub(crate) fn icecast() -> Result<(Self, Entrance)> {
        let address = free_address()?;
        let folder = std::env::temp_dir().join(format!("bandstand-icecast-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let file = folder.join("icecast.xml");
        fs::write(&file, configuration(address, &folder))?;
        // It refuses to be root: it is nobody then, and writes its log here.
        let is_root = fs::metadata("/proc/self")?.uid() == 0;
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]);
        if is_root {
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o777))?;
            command.args(["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"]);
        }
        let child = command
            .args(["icecast2", "-c"])
            .arg(&file)
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let icecast = Icecast { process: Process(child), folder };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("Icecast does not open".into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        let (mount, password) = ("/bench".to_owned(), ICECAST_PASSWORD.to_owned());
        let entrance =
            Entrance { source: address, path: mount.clone(), mount, password, listen: address };
        Ok((Self::Icecast(icecast), entrance))
    }

    /// Number of its process.
    pub(crate) fn process_id(&self) -> u32 {
        match self {
            Self::Venue(venue) => venue.process_id(),
            Self::Icecast(icecast) => icecast.process.0.id(),
        }
    }
}

impl Drop for Icecast {
    fn drop(&mut self) {
        let _ = self.process.0.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Bounds and bursts are those of Debian's configuration.
fn configuration(address: SocketAddr, folder: &std::path::Path) -> String {
    format!(
        "<icecast>
  <limits>
    <clients>5000</clients><sources>2</sources><queue-size>524288</queue-size>
    <client-timeout>30</client-timeout><header-timeout>15</header-timeout>
    <source-timeout>10</source-timeout><burst-on-connect>1</burst-on-connect><burst-size>65535</burst-size>
  </limits>
  <authentication>
    <source-password>{ICECAST_PASSWORD}</source-password>
    <admin-user>admin</admin-user><admin-password>{ICECAST_PASSWORD}</admin-password>
  </authentication>
  <hostname>localhost</hostname>
  <listen-socket><port>{}</port><bind-address>{}</bind-address></listen-socket>
  <fileserve>0</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>{}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><errorlog>error.log</errorlog><loglevel>1</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>
",
        address.port(),
        address.ip(),
        folder.display()
    )
}
