//! A PostgreSQL server for one run of the tests.

use std::{
    env,
    fs::{self, File},
    io::ErrorKind,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use sqlx::{Connection, Executor, PgConnection};
use tempfile::TempDir;

/// Names the folder with the socket of the PostgreSQL server on which tests are to run.
pub const SERVER: &str = "BANDSTAND_TEST_POSTGRES";
/// The operating system's user without rights: PostgreSQL refuses to run as root.
const NOBODY: u32 = 65_534;

/// The address of a new database, when the tests run on PostgreSQL.
pub async fn fresh_database() -> Option<String> {
    let socket = env::var(SERVER).ok()?;
    let name = format!("test_{}", uuid::Uuid::new_v4().simple());
    let mut connection = PgConnection::connect(&url(&socket, "postgres")).await.unwrap();
    connection.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
    Some(url(&socket, &name))
}

fn url(socket: &str, database: &str) -> String {
    format!("postgres://bandstand@localhost/{database}?host={socket}")
}

/// A server that is stopped when it is dropped.
pub struct Postgres {
    process: Child,
    pub folder: TempDir,
}

impl Postgres {
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let user = fs::metadata(folder.path()).unwrap().uid();
        let user = if user == 0 { NOBODY } else { user };
        if user == NOBODY {
            chown(folder.path(), Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let programs = programs();
        let command = |name: &str| {
            let mut command = Command::new(programs.join(name));
            command.arg("-D").arg(folder.path().join("data")).current_dir(folder.path());
            command.stdin(Stdio::null()).stdout(Stdio::null());
            if user == NOBODY {
                command.uid(NOBODY).gid(NOBODY);
            }
            command
        };
        let made = command("initdb")
            .args([
                "--no-sync",
                "--auth=trust",
                "--username=bandstand",
                "--encoding=UTF8",
                "--locale=C",
            ])
            .output()
            .unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let log = folder.path().join("log");
        let mut process = command("postgres")
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses=", "-c", "max_connections=500"])
            .args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"])
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let socket = folder.path().to_str().unwrap();
        while let Err(error) = PgConnection::connect(&url(socket, "postgres")).await {
            let ended = process.try_wait().unwrap();
            assert!(ended.is_none(), "{error}\n{}", fs::read_to_string(&log).unwrap());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { process, folder }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // An interrupt, unlike a kill, lets it clear its shared memory away.
        let id = self.process.id().to_string();
        let asked = Command::new("kill").args(["-s", "INT", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Where Debian keeps the programs of the newest PostgreSQL; elsewhere they are on the path.
fn programs() -> PathBuf {
    let versions = match fs::read_dir("/usr/lib/postgresql") {
        Ok(versions) => versions,
        Err(error) if error.kind() == ErrorKind::NotFound => return PathBuf::new(),
        Err(error) => panic!("{error}"),
    };
    let newest = versions
        .filter_map(|version| version.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .unwrap();
    Path::new("/usr/lib/postgresql").join(newest.to_string()).join("bin")
}
