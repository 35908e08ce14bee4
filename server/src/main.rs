//! Bandstand, the live venue that anyone can host.

use std::{io, process::ExitCode};

use bandstand_server::{
    app::dead_jobs,
    config::{Command, Config, Flags},
    mail::command,
    own_account::operator,
};
use clap::Parser;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Default log filter, unless `RUST_LOG` sets another. The session library warns about every expired
/// cookie, which is no news.
const NOTED: &str = "info,tower_sessions=error,tower_sessions_core=error";

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(NOTED));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    bandstand_server::http::note_panics();
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bandstand: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Takes as many open files as the system has for a program: each viewer's live channel is one, and
/// what programs have unless they ask is often no more than 1,024.
fn allow_many_connections() {
    let files = Resource::RLIMIT_NOFILE;
    if let Err(error) = getrlimit(files).and_then(|(_, most)| setrlimit(files, most, most)) {
        tracing::warn!(%error, "no more files can be open than programs have unless they ask");
    }
}

async fn run(flags: Flags) -> Result<(), Box<dyn std::error::Error>> {
    match flags.command.clone() {
        Some(Command::User { command }) => {
            println!("{}", operator::run(Config::load(flags)?, command).await?);
            return Ok(());
        }
        Some(Command::Mail(command)) => {
            println!("{}", command::run(&Config::load(flags)?, &command).await?);
            return Ok(());
        }
        Some(Command::Jobs) => {
            println!("{}", dead_jobs(Config::load(flags)?).await?);
            return Ok(());
        }
        None => {}
    }
    allow_many_connections();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let running = bandstand_server::start(Config::load(flags)?).await?;
    println!("Bandstand is open at {}", running.venue.services.config.public_url);
    for warning in running.venue.services.config.warnings() {
        tracing::warn!("{warning}");
    }
    let closed = tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
        () = running.venue.core_ended.cancelled() => Err("the media core has ended".into()),
    };
    println!("Bandstand is closing");
    running.stop().await;
    closed
}
