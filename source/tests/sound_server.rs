//! A sound server of the test's own: PulseAudio with a null sink.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::tone::FREQUENCY;

const PATIENCE: Duration = Duration::from_secs(20);

/// PulseAudio with a sink that plays nowhere, and a tone that it plays there.
pub struct SoundServer {
    server: Child,
    folder: TempDir,
}

impl SoundServer {
    /// Starts it in a folder of its own.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = socket(folder.path());
        let server = Command::new("pulseaudio")
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1"])
            .args(["--disable-shm=yes", "--log-level=error"])
            .args(["-L", "module-null-sink sink_name=stage rate=48000 channels=2"])
            // By the server itself: a player could be too slow on a machine that has much else to do.
            .args(["-L", &format!("module-sine sink=stage frequency={FREQUENCY}")])
            .args(["-L", &format!("module-native-protocol-unix auth-anonymous=1 socket={socket}")])
            .env("HOME", folder.path())
            .env("XDG_RUNTIME_DIR", folder.path())
            .env("PULSE_RUNTIME_PATH", folder.path())
            .env("PULSE_STATE_PATH", folder.path())
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::null())
            .spawn()
            .expect("PulseAudio is there: apt-get install pulseaudio pulseaudio-utils");
        let server = Self { server, folder };
        let begun = Instant::now();
        while !server.answers() {
            assert!(begun.elapsed() < PATIENCE, "PulseAudio doesn't answer");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        server
    }

    fn answers(&self) -> bool {
        let asked = Command::new("pactl").arg("info").env("PULSE_SERVER", self.address()).output();
        asked.is_ok_and(|it| it.status.success())
    }

    /// Its address, for its clients.
    pub fn address(&self) -> String {
        format!("unix:{}", socket(self.folder.path()))
    }
}

impl Drop for SoundServer {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn socket(folder: &Path) -> String {
    folder.join("native").to_str().unwrap().to_owned()
}
