//! Handshakes with OpenSSL, whose certificates are of every kind.
//!
//! Both sides run in real time, since OpenSSL does; the way between them is a socket on this machine.

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use std::{env, fs, process, thread};

use str0m::crypto::from_feature_flags;
use str0m::{Candidate, Event};

use crate::config::SfuLimits;
use crate::core::transport::{Transport, TransportContext};
use crate::event::{HandshakeFailure, SessionRole};
use crate::srtp::keys::SrtpKeys;

/// Longest time of anything on one machine.
const LONGEST: Duration = Duration::from_secs(30);

/// OpenSSL's options for each kind of key.
const KINDS: [(&str, &[&str]); 6] = [
    ("P-256", &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
    ("P-384", &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]),
    ("P-521", &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"]),
    ("P-224", &["ec", "-pkeyopt", "ec_paramgen_curve:P-224"]),
    ("RSA-2048", &["rsa:2048"]),
    ("RSA-4096", &["rsa:4096"]),
];

const SRTP: [&str; 2] = ["-use_srtp", "SRTP_AES128_CM_SHA1_80"];

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let ran = Command::new("openssl").args(arguments).output().expect("openssl is installed");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    ran.stdout
}

/// A certificate with its key, in a file of its own.
struct Certificate(PathBuf);

impl Certificate {
    fn new(key: &[&str]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("handshake-{}-{number}.pem", process::id()));
        let file = path.to_str().expect("a path in UTF-8");
        let make = ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=test", "-newkey"];
        openssl(&[&make, key, &["-keyout", file, "-out", &format!("{file}.crt")]].concat());
        let certificate = fs::read(path.with_extension("pem.crt")).expect("a certificate");
        let both = [fs::read(&path).expect("a key"), certificate].concat();
        fs::write(&path, both).expect("room");
        let _ = fs::remove_file(path.with_extension("pem.crt"));
        Certificate(path)
    }

    fn file(&self) -> &str {
        self.0.to_str().expect("a path in UTF-8")
    }

    /// Its fingerprint, as in an offer.
    fn fingerprint(&self, hash: &str) -> String {
        let digest = format!("-{}", hash.replace('-', ""));
        let said = openssl(&["x509", "-in", self.file(), "-noout", "-fingerprint", &digest]);
        let said = String::from_utf8(said).expect("text");
        format!("{hash} {}", said.trim().split_once('=').expect("a fingerprint").1)
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// A running OpenSSL, and the lines that it says.
struct Program {
    child: Child,
    lines: Receiver<String>,
    said: Vec<String>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new("openssl");
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("openssl is installed");
        let (sender, lines) = channel();
        let outputs: [Box<dyn std::io::Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("a pipe")),
            Box::new(child.stderr.take().expect("a pipe")),
        ];
        for output in outputs {
            let sender = sender.clone();
            thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    let _ = sender.send(line);
                }
            });
        }
        Program { child, lines, said: Vec::new() }
    }

    /// Waits for a line with `text` in it.
    fn line(&mut self, text: &str) -> String {
        let found = |said: &[String]| said.iter().find(|line| line.contains(text)).cloned();
        loop {
            if let Some(line) = found(&self.said) {
                return line;
            }
            match self.lines.recv_timeout(LONGEST) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("no {text} in {:#?}", self.said),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Result of a handshake.
#[derive(Debug)]
enum Outcome {
    Done(SrtpKeys),
    Failed(HandshakeFailure),
}

/// OpenSSL's side of a handshake.
struct Side<'a> {
    /// It is the DTLS client.
    client: bool,
    arguments: &'a [&'a str],
    fingerprint: &'a str,
}

#[allow(clippy::disallowed_methods, reason = "OpenSSL's time is the real one")]
fn now() -> Instant {
    Instant::now()
}

/// A handshake of a subscriber; what OpenSSL makes of it.
fn shake(certificate: &Certificate, side: &Side<'_>) -> (Outcome, Program) {
    let corpus =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/offer/chromium-whep");
    let offer = fs::read_to_string(corpus).expect("an offer");
    let setup = if side.client { "active" } else { "passive" };
    let lines = offer.lines().map(|line| match line.split_once(':') {
        Some(("a=setup", _)) => format!("a=setup:{setup}\r\n"),
        Some(("a=fingerprint", _)) => format!("a=fingerprint:{}\r\n", side.fingerprint),
        _ => format!("{line}\r\n"),
    });
    let offer: String = lines.collect();
    let here = Candidate::host(([192, 0, 2, 2], 9).into(), "udp").expect("a candidate");
    let shared = TransportContext::new(vec![here]).expect("a certificate");
    let accepted =
        Transport::accept(now(), SessionRole::Subscriber, &offer, &shared, &SfuLimits::default());
    let mut transport = accepted.expect("an answer").transport;

    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a socket");
    let near = socket.local_addr().expect("an address");
    // Free again for OpenSSL, that has to be told one.
    let far = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|s| s.local_addr());
    let far = far.expect("an address");
    let file = certificate.file();
    let (near, accept) = (near.to_string(), far.port().to_string());
    let way: &[&str] = match side.client {
        true => &["s_client", "-dtls1_2", "-connect", &near],
        false => &["s_server", "-dtls1_2", "-4", "-accept", &accept, "-Verify", "1"],
    };
    let own = ["-cert", file, "-key", file];
    let mut program = Program::start(&[way, &own, side.arguments].concat());
    if !side.client {
        program.line("ACCEPT");
    }
    let outcome = drive(&mut transport, &socket, (!side.client).then_some(far));
    (outcome, program)
}

/// Carries datagrams until the handshake is done or has failed.
fn drive(transport: &mut Transport, socket: &UdpSocket, far: Option<SocketAddr>) -> Outcome {
    let crypto = from_feature_flags();
    let end = now() + LONGEST;
    transport.remote = far;
    if far.is_some() {
        transport.begin_handshake(now(), &crypto).expect("a way");
    }
    let mut buffer = [0; 2_048];
    let mut connected = false;
    loop {
        assert!(now() < end, "it doesn't come to an end");
        let mut out = Vec::new();
        let drained =
            transport.drain(|t| out.push(t), |e| connected |= matches!(e, Event::Connected));
        for transmit in out {
            let _ = socket.send_to(&transmit.contents, transmit.destination);
        }
        if let Some(failure) = transport.failure() {
            return Outcome::Failed(failure);
        }
        if connected && let Some(keys) = transport.take_keys() {
            return Outcome::Done(keys);
        }
        // In the past: it has something to say at once.
        if drained.is_ok_and(|due| due.is_some_and(|due| due <= now())) {
            let _ = transport.advance(now());
            continue;
        }
        if let Ok((length, source)) = socket.recv_from(&mut buffer) {
            transport.remote = Some(source);
            transport.begin_handshake(now(), &crypto).expect("a way");
            let _ = transport.receive(now(), &buffer[..length]);
        }
        let _ = transport.advance(now());
    }
}

/// OpenSSL's own opinion of the keys.
fn exported(program: &mut Program) -> Vec<u8> {
    let line = program.line("Keying material: ");
    let digits = line.trim().rsplit(' ').next().expect("digits");
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect("a byte");
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn every_kind(client: bool) {
    let export = ["-keymatexport", "EXTRACTOR-dtls_srtp", "-keymatexportlen", "60"];
    for (kind, key) in KINDS {
        let certificate = Certificate::new(key);
        let fingerprint = certificate.fingerprint("sha-256");
        let arguments = [&SRTP[..], &export[..]].concat();
        let side = Side { client, arguments: &arguments, fingerprint: &fingerprint };
        let (outcome, mut program) = shake(&certificate, &side);
        let Outcome::Done(keys) = outcome else {
            panic!("{kind}: {outcome:?}, {:#?}", program.lines.try_iter().collect::<Vec<_>>());
        };
        assert_eq!(keys.client, !client, "{kind}");
        assert_eq!(keys.material, exported(&mut program), "{kind}");
    }
}

#[test]
fn dtls_client_with_any_certificate_kind_agrees_on_keys() {
    every_kind(true);
}

#[test]
fn dtls_server_with_any_certificate_kind_agrees_on_keys() {
    every_kind(false);
}

#[test]
fn certificate_is_compared_by_hash_of_offer() {
    let [certificate, other] = [KINDS[0].1, KINDS[0].1].map(Certificate::new);
    for hash in ["sha-256", "sha-384", "sha-512"] {
        for client in [true, false] {
            let fingerprint = certificate.fingerprint(hash);
            let side = Side { client, arguments: &SRTP, fingerprint: &fingerprint };
            let (outcome, _) = shake(&certificate, &side);
            assert!(matches!(outcome, Outcome::Done(_)), "{hash}: {outcome:?}");
            let (outcome, _) = shake(&other, &side);
            let failed = Outcome::Failed(HandshakeFailure::OtherCertificate);
            assert_eq!(format!("{outcome:?}"), format!("{failed:?}"), "{hash}");
        }
    }
}

#[test]
fn failed_handshake_is_explained_on_both_sides() {
    let certificate = Certificate::new(KINDS[0].1);
    let unknown = Certificate::new(&["ed25519"]);
    let fingerprint = certificate.fingerprint("sha-256");
    let of_unknown = unknown.fingerprint("sha-256");
    let with = |fingerprint, client, arguments| Side { client, arguments, fingerprint };
    let weak: &[&str] = &["-cipher", "AES128-SHA", SRTP[0], SRTP[1]];

    let (outcome, mut program) = shake(&unknown, &with(&of_unknown, true, &SRTP));
    assert!(matches!(outcome, Outcome::Failed(HandshakeFailure::NoCertificate)), "{outcome:?}");
    program.line("alert handshake failure");

    let (outcome, mut program) = shake(&certificate, &with(&fingerprint, true, weak));
    assert!(matches!(outcome, Outcome::Failed(HandshakeFailure::NothingInCommon)), "{outcome:?}");
    program.line("alert handshake failure");

    let (outcome, _) = shake(&certificate, &with(&fingerprint, false, weak));
    assert!(matches!(outcome, Outcome::Failed(HandshakeFailure::Refused(40))), "{outcome:?}");

    let (outcome, _) = shake(&certificate, &with(&fingerprint, true, &[]));
    assert!(matches!(outcome, Outcome::Failed(HandshakeFailure::NothingInCommon)), "{outcome:?}");
}
