//! The program, run as people run it.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{sleep, timeout},
};

use crate::sound_server::SoundServer;

const PATIENCE: Duration = Duration::from_secs(40);

/// A run of the program; it is ended with this.
pub struct Program {
    child: Child,
    lines: UnboundedReceiver<String>,
    said: Vec<String>,
}

impl Program {
    /// Runs it with its configuration in `folder`.
    pub fn start(folder: &Path, arguments: &[&str], sound: Option<&SoundServer>) -> Self {
        Self::with(folder, arguments, sound, &[])
    }

    /// The same, with this in its environment.
    pub fn with(
        folder: &Path,
        arguments: &[&str],
        sound: Option<&SoundServer>,
        environment: &[(&str, &str)],
    ) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bandstand-source"));
        command.args(arguments).env("XDG_CONFIG_HOME", folder);
        command.env_remove("BANDSTAND_TOKEN").env_remove("http_proxy");
        command.envs(environment.iter().copied());
        if let Some(sound) = sound {
            command.env("PULSE_SERVER", sound.address());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (out, lines) = unbounded_channel();
        let (told, complained) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let other = out.clone();
        thread::spawn(move || read(told, &out));
        thread::spawn(move || read(complained, &other));
        Self { child, lines, said: Vec::new() }
    }

    /// Waits until it says a line with `words`; returns that.
    pub async fn until(&mut self, words: &str) -> String {
        let found = async {
            loop {
                let line = self.lines.recv().await?;
                self.said.push(line.clone());
                if line.contains(words) {
                    return Some(line);
                }
            }
        };
        let found = timeout(PATIENCE, found).await.ok().flatten();
        found.unwrap_or_else(|| panic!("it never says {words:?}, but {:#?}", self.said))
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub async fn ended(mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it doesn't end");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(from: impl Read, out: &UnboundedSender<String>) {
    for line in BufReader::new(from).lines().map_while(Result::ok) {
        let _ = out.send(line);
    }
}
