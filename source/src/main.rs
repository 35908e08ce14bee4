//! Goes on air at a Bandstand from a terminal: sends what a machine plays, or an input, to the stage of the show that
//! is due.

mod backoff;
mod broadcast;
mod capture;
mod device_login;
mod display;
mod http_line;
mod level;
mod line;
mod ogg_opus;
mod opus;
mod refusals;
mod saver;
mod sound;
mod stored_login;
mod venue_client;
mod whip;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use jiff::{Timestamp, tz::TimeZone};
use tokio::time::{Instant, sleep};

use device_login::{LoginPolls, PollStep};
use stored_login::StoredLogin;
use venue_client::VenueClient;

/// Go on air from a terminal
#[derive(Debug, Parser)]
#[command(name = "bandstand source", version)]
struct Arguments {
    #[command(subcommand)]
    command: SourceCommand,
}

#[derive(Debug, Subcommand)]
enum SourceCommand {
    /// Let this program go on stage for you: it shows a code, which you confirm in a browser
    Login {
        /// The venue's address
        #[arg(default_value = "http://localhost:3000")]
        address: String,
    },
    /// Forget the login, here and at the venue
    Logout,
    /// Your shows that are on or to come, and which is due
    Schedule,
    /// What can be captured
    Devices,
    /// Go on air in the show that is due, until it is over or you press Ctrl-C
    Stream {
        /// A device of the list; without one, what the computer plays
        #[arg(long, value_name = "NAME")]
        device: Option<String>,
        /// Save what is captured, too: a new file that ends in .wav or .opus
        #[arg(long, value_name = "FILE")]
        save: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(run(arguments.command)),
        Err(error) => Err(error.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: SourceCommand) -> Result<(), String> {
    match command {
        SourceCommand::Login { address } => log_in(&address).await,
        SourceCommand::Logout => log_out().await,
        SourceCommand::Schedule => schedule().await,
        SourceCommand::Devices => list_devices(),
        SourceCommand::Stream { device, save } => {
            let login = StoredLogin::load()?;
            broadcast::stream(login, device.as_deref(), save.as_deref()).await
        }
    }
}

async fn log_in(address: &str) -> Result<(), String> {
    let venue = VenueClient::new(address)?;
    let codes = venue.begin_login(&program_name()).await.map_err(|error| error.to_string())?;
    println!("Open {}", codes.verification_uri);
    println!("and type the code {}", codes.user_code);
    let life = Duration::from_secs(codes.expires_in);
    let mut polls = LoginPolls::new(Duration::from_secs(codes.interval), life);
    let begun = Instant::now();
    let mut step = polls.begin();
    let token = loop {
        match step {
            PollStep::Wait(wait) => sleep(wait).await,
            PollStep::Token(token) => break token,
            PollStep::Failed(why) => return Err(why.into()),
        }
        step = polls.after(venue.poll_login(&codes.device_code).await, begun.elapsed());
    };
    // One that can't be read is written over: its token is nobody's any more.
    let before = StoredLogin::kept().ok().flatten();
    let login = StoredLogin { venue: venue.address().to_owned(), token };
    let path = login.save()?;
    println!("Logged in. The token is kept in {}.", path.display());
    if let Some(before) = before
        && let Err(why) = revoke(&before).await
    {
        let venue = before.venue;
        println!("The token before, at {venue}, is still good: revoke it in the browser. ({why})");
    }
    Ok(())
}

/// Makes the token of a login useless.
async fn revoke(login: &StoredLogin) -> Result<(), String> {
    match VenueClient::new(&login.venue)?.revoke(&login.token).await {
        // It was good no more already.
        Err(error) if !error.is_invalid_token() => Err(error.to_string()),
        _ => Ok(()),
    }
}

/// The name by which people find this program in the list of those that they let in.
fn program_name() -> String {
    // Called so on every system.
    let host = std::process::Command::new("hostname").output().map(|it| it.stdout);
    let host = String::from_utf8(host.unwrap_or_default()).unwrap_or_default();
    let shown: String = host.chars().filter(|it| it.is_ascii_graphic()).take(30).collect();
    if shown.is_empty() {
        "bandstand source".into()
    } else {
        format!("bandstand source on {shown}")
    }
}

async fn log_out() -> Result<(), String> {
    let of_environment = StoredLogin::of_environment()?;
    let is_kept = of_environment.is_none();
    let login = of_environment.map_or_else(StoredLogin::load, Ok)?;
    revoke(&login).await.map_err(|why| {
        format!("{why}\nThe token is still good: try again, or revoke it in the browser.")
    })?;
    if is_kept {
        StoredLogin::forget()?;
        println!("Logged out.");
    } else {
        // What the file has is another login.
        println!("The token of the environment is revoked.");
    }
    Ok(())
}

async fn schedule() -> Result<(), String> {
    let login = StoredLogin::load()?;
    let venue = VenueClient::new(&login.venue)?;
    let shows = venue.shows(&login.token).await.map_err(|error| error.to_string())?;
    if shows.is_empty() {
        println!("No shows to come.");
    }
    for show in shows {
        let due = if show.due { "  ← due" } else { "" };
        let (starts, ends) =
            (local_time(show.starts_at, "%a %d %b %H:%M"), local_time(show.ends_at, "%H:%M"));
        println!("{starts}–{ends}  {:<8} {}{due}", show.stage, show.title);
    }
    Ok(())
}

/// An instant as a clock on this machine shows it.
fn local_time(millis: i64, format: &str) -> String {
    let Ok(at) = Timestamp::from_millisecond(millis) else { return String::new() };
    at.to_zoned_datetime(TimeZone::system()).strftime(format).to_string()
}

fn list_devices() -> Result<(), String> {
    for device in capture::devices()? {
        let kind = if device.is_output { "what is played" } else { "input" };
        println!("{}\n    {} ({kind})", device.name, device.description);
    }
    Ok(())
}
