//! Everything once more on PostgreSQL, in a server of its own.

use std::{env, process::Command};

use crate::support::postgres::{Postgres, SERVER};

/// Runs all other tests of this program again, on PostgreSQL.
#[tokio::test]
async fn everything_on_postgresql() {
    let server = Postgres::start().await;
    let output = Command::new(env::current_exe().unwrap())
        .args(["--skip", "everything_on_postgresql"])
        .env(SERVER, server.folder.path())
        .output()
        .unwrap();
    drop(server);
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}\n{}", said(&output.stdout), said(&output.stderr));
}
