//! Janus with its videoroom, in a process of its own, spoken to over its Unix socket.
//! <https://janus.conf.meetecho.com/docs/videoroom.html>

use std::collections::HashMap;
use std::fs;
use std::net::IpAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bandstand_synthetic::audience::{Audience, ClientId, Manner};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, recv, send, socket,
};
use serde_json::{Value, json};

use crate::machine::Process;
use crate::server::Server;
use crate::{Result, SERVER_CORE};

/// Time for Janus to start, and for an answer.
const PATIENCE: Duration = Duration::from_secs(10);

const ROOM: u64 = 1;

/// The longest message: a description of a session, in JSON.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// Who waits for the answer to which transaction.
type Waiting = Arc<Mutex<HashMap<String, SyncSender<Value>>>>;

/// Janus under test.
pub(crate) struct Janus {
    process: Process,
    folder: PathBuf,
    socket: Arc<OwnedFd>,
    waiting: Waiting,
    transactions: AtomicU64,
    session: u64,
    /// The artist's number, once there is one.
    feed: AtomicU64,
}

/// The version of Janus that is installed.
pub(crate) fn version() -> Result<String> {
    let output = Command::new("janus").arg("--version").output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let line = text.lines().find(|line| line.to_lowercase().contains("janus"));
    Ok(line.unwrap_or("Janus").trim().to_owned())
}

impl Janus {
    /// Starts it at `address`, in the configuration in which it does best here.
    /// Now and then the one that is started says nothing; then another one is.
    pub(crate) fn start(address: IpAddr) -> Result<Self> {
        Self::try_start(address).or_else(|_| Self::try_start(address))
    }

    fn try_start(address: IpAddr) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("bandstand-janus-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        configure(&folder, address)?;
        let (process, socket) = run(&folder)?;
        let socket = Arc::new(socket);
        let waiting = Waiting::default();
        let (hearing, heard) = (Arc::clone(&socket), Arc::clone(&waiting));
        std::thread::spawn(move || listen(&hearing, &heard));
        let mut janus = Janus {
            process,
            folder,
            socket,
            waiting,
            transactions: AtomicU64::new(0),
            session: 0,
            feed: AtomicU64::new(0),
        };
        janus.session = number(&janus.ask(json!({ "janus": "create" }))?, "/data/id")?;
        let handle = janus.attach()?;
        let room = json!({
            "request": "create", "room": ROOM, "publishers": 1, "bitrate": 0,
            "audiocodec": "opus", "videocodec": "vp8",
        });
        janus.message(handle, room, None)?;
        Ok(janus)
    }

    fn attach(&self) -> Result<u64> {
        let attached = self.ask(json!({
            "janus": "attach", "session_id": self.session, "plugin": "janus.plugin.videoroom",
        }))?;
        number(&attached, "/data/id")
    }

    /// Tells the videoroom something, and returns what it says to it.
    fn message(&self, handle: u64, body: Value, jsep: Option<Value>) -> Result<Value> {
        let mut message = json!({
            "janus": "message", "session_id": self.session, "handle_id": handle, "body": body,
        });
        if let Some(jsep) = jsep {
            message["jsep"] = jsep;
        }
        let said = self.ask(message)?;
        match said.pointer("/plugindata/data/error") {
            Some(error) => Err(format!("Janus: {error}").into()),
            None => Ok(said),
        }
    }

    fn ask(&self, mut message: Value) -> Result<Value> {
        let transaction = self.transactions.fetch_add(1, Ordering::Relaxed).to_string();
        message["transaction"] = json!(transaction);
        let (reply, answer) = sync_channel(1);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(transaction, reply);
        send(self.socket.as_raw_fd(), message.to_string().as_bytes(), MsgFlags::MSG_NOSIGNAL)?;
        let answer = answer.recv_timeout(PATIENCE);
        let answer = answer.map_err(|_| format!("Janus says nothing to {message}"))?;
        match answer["janus"].as_str() {
            Some("error") => Err(format!("Janus: {answer}").into()),
            _ => Ok(answer),
        }
    }
}

impl Server for Janus {
    fn process(&self) -> &Process {
        &self.process
    }

    fn publish(&self, artist: &Audience, manner: Manner) -> Result<ClientId> {
        let handle = self.attach()?;
        let join = json!({ "request": "join", "ptype": "publisher", "room": ROOM });
        let joined = self.message(handle, join, None)?;
        let (client, offer) = artist.offer(manner)?;
        let published = self.message(
            handle,
            json!({ "request": "publish", "bitrate": 0 }),
            Some(json!({ "type": "offer", "sdp": offer })),
        )?;
        artist.accept(client, description(&published)?)?;
        self.feed.store(number(&joined, "/plugindata/data/id")?, Ordering::Relaxed);
        Ok(client)
    }

    fn subscribe(&self, crowd: &Audience, manner: Manner) -> Result<ClientId> {
        let handle = self.attach()?;
        let join = json!({
            "request": "join", "ptype": "subscriber", "room": ROOM,
            "streams": [{ "feed": self.feed.load(Ordering::Relaxed) }],
        });
        let offer = description(&self.message(handle, join, None)?)?;
        let (client, answer) = crowd.answer(manner, offer)?;
        let answer = json!({ "type": "answer", "sdp": answer });
        self.message(handle, json!({ "request": "start" }), Some(answer))?;
        Ok(client)
    }
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = self.process.0.kill();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Hands what Janus says to whoever waits for it.
fn listen(socket: &OwnedFd, waiting: &Waiting) {
    let mut buffer = vec![0; LONGEST_MESSAGE];
    while let Ok(length @ 1..) = recv(socket.as_raw_fd(), &mut buffer, MsgFlags::empty()) {
        let Ok(message) = serde_json::from_slice::<Value>(&buffer[..length]) else {
            continue;
        };
        // The videoroom acknowledges first and answers later, in the same transaction.
        if message["janus"] == "ack" {
            continue;
        }
        if let Some(transaction) = message["transaction"].as_str() {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(reply) = waiting.remove(transaction) {
                let _ = reply.send(message);
            }
        }
    }
}

fn number(message: &Value, pointer: &str) -> Result<u64> {
    let number = message.pointer(pointer).and_then(Value::as_u64);
    number.ok_or_else(|| format!("Janus: no {pointer} in {message}").into())
}

fn description(message: &Value) -> Result<String> {
    let sdp = message.pointer("/jsep/sdp").and_then(Value::as_str);
    Ok(sdp.ok_or_else(|| format!("Janus: no description in {message}"))?.to_owned())
}

/// Starts the process and connects to it. The thread behind Janus' Unix socket ends at once when it
/// is quicker than the one that started it, and Janus then gives up: it is started again.
fn run(folder: &Path) -> Result<(Process, OwnedFd)> {
    let address = UnixAddr::new(&folder.join("socket"))?;
    let began = Instant::now();
    loop {
        let log = fs::File::create(folder.join("log"))?;
        let child = Command::new("setpriv")
            // It ends with this program, whatever ends that.
            .args(["--pdeathsig", "KILL", "taskset", "-c", &SERVER_CORE.to_string()])
            .args(["janus", "--configs-folder"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        let mut process = Process(child);
        while process.0.try_wait()?.is_none() {
            let flags = SockFlag::SOCK_CLOEXEC;
            let socket = socket(AddressFamily::Unix, SockType::SeqPacket, flags, None)?;
            match connect(socket.as_raw_fd(), &address) {
                Ok(()) => return Ok((process, socket)),
                Err(_) if began.elapsed() > PATIENCE => break,
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        if began.elapsed() > PATIENCE {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            return Err(format!("Janus can't be reached:\n{log}").into());
        }
    }
}

/// One event loop for all (more cost more, on one core), ICE-lite, no log, nothing that isn't used.
fn configure(folder: &Path, address: IpAddr) -> Result<()> {
    let socket = folder.join("socket");
    let libraries = |names: &[&str]| -> String {
        names.iter().map(|name| format!("libjanus_{name}.so")).collect::<Vec<_>>().join(",")
    };
    let plugins = libraries(&[
        "audiobridge",
        "duktape",
        "echotest",
        "lua",
        "nosip",
        "recordplay",
        "sip",
        "streaming",
        "textroom",
        "videocall",
        "voicemail",
    ]);
    let transports = libraries(&["http", "mqtt", "nanomsg", "rabbitmq", "websockets"]);
    let general = format!(
        r#"general: {{ debug_level = 1, event_loops = 1, session_timeout = 0 }}
media: {{ ipv6 = false, rtp_port_range = "20000-40000" }}
nat: {{ ice_lite = true, ice_tcp = false, ice_enforce_list = "{address}", ignore_mdns = true }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
events: {{ broadcast = false }}
"#
    );
    fs::write(folder.join("janus.jcfg"), general)?;
    let transport = format!(
        "general: {{ enabled = true, json = \"compact\", path = \"{}\", type = \"SOCK_SEQPACKET\" }}\n",
        socket.display()
    );
    fs::write(folder.join("janus.transport.pfunix.jcfg"), transport)?;
    fs::write(folder.join("janus.plugin.videoroom.jcfg"), "general: { }\n")?;
    Ok(())
}
