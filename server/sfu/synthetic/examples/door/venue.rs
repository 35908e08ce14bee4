//! A venue in a process of its own, and what people do there over HTTP.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Result;

/// Time for the venue to open.
const PATIENCE: Duration = Duration::from_secs(20);

/// A venue, which ends with this.
pub(crate) struct Venue {
    pub(crate) address: SocketAddr,
    program: String,
    process: Child,
    data: PathBuf,
}

/// Somebody with a cookie.
pub(crate) struct Person<'a> {
    venue: &'a Venue,
    cookie: String,
}

struct Answer {
    head: String,
    body: String,
}

impl Venue {
    /// Starts one, with these `options` beside those that it needs.
    pub(crate) fn start(program: &str, site: &str, options: &[&str]) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let data = std::env::temp_dir().join(format!("bandstand-bench-{}", std::process::id()));
        fs::create_dir_all(&data)?;
        let process = Command::new(program)
            .args(["--listen", &address.to_string(), "--media", "127.0.0.1:0", "--site", site])
            .arg("--data")
            .arg(&data)
            .args(["--limit-scale", "1000"])
            .args(options)
            .current_dir(&data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let venue = Self { address, program: program.to_owned(), process, data };
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            if begun.elapsed() > PATIENCE {
                return Err("the venue does not open".into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(venue)
    }

    /// Number of its process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// An artist with an account, whose address is confirmed: without, nobody goes on stage.
    pub(crate) fn artist(&self) -> Result<Person<'_>> {
        let form = json!({
            "handle": "ada", "display_name": "Ada", "email": "ada@example.org",
            "password": "correct horse battery",
            "artist": { "stage_name": "Ada", "genres": ["folk"] },
        });
        let answer = self.call("accounts/register", "", &json!({ "form": form }))?;
        let cookie = answer.header("set-cookie").ok_or("no cookie")?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        let mail =
            Command::new(&self.program).args(["mail", "1", "--data"]).arg(&self.data).output()?;
        let mail = String::from_utf8(mail.stdout)?;
        let link = mail.split_once("/confirm#").ok_or("no mail with a link")?.1;
        let link = link.split_whitespace().next().unwrap_or_default();
        self.call("accounts/confirm", &cookie, &json!({ "link": link }))?;
        Ok(Person { venue: self, cookie })
    }

    /// Comes in as a guest and watches; answers an offer.
    pub(crate) fn watch(&self, show: &str, number: usize, offer: &str) -> Result<String> {
        let name = format!("Guest {number}");
        let joined = self.call("live/join", "", &json!({ "show": show, "name": name }))?;
        self.exchange(&format!("/whep/{show}"), &joined.token()?, offer)
    }

    pub(crate) fn metrics(&self) -> Result<String> {
        Ok(self.ask("GET /metrics", "", "")?.body)
    }

    fn exchange(&self, path: &str, token: &str, offer: &str) -> Result<String> {
        let headers = format!("content-type: application/sdp\r\nauthorization: Bearer {token}\r\n");
        Ok(self.ask(&format!("POST {path}"), &headers, offer)?.body)
    }

    fn call(&self, function: &str, cookie: &str, arguments: &Value) -> Result<Answer> {
        let origin = format!("http://{}", self.address);
        let headers =
            format!("content-type: application/json\r\norigin: {origin}\r\ncookie: {cookie}\r\n");
        self.ask(&format!("POST /api/{function}"), &headers, &arguments.to_string())
    }

    /// HTTP/1.0: the answer ends with its connection.
    fn ask(&self, what: &str, headers: &str, body: &str) -> Result<Answer> {
        let mut stream = TcpStream::connect(self.address)?;
        let length = body.len();
        let request = format!(
            "{what} HTTP/1.0\r\nhost: {}\r\ncontent-length: {length}\r\n{headers}\r\n{body}",
            self.address
        );
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        if !head.split(' ').nth(1).is_some_and(|status| status.starts_with('2')) {
            return Err(format!("{what}: {head}\n{body}").into());
        }
        Ok(Answer { head: head.to_owned(), body: body.to_owned() })
    }
}

impl Person<'_> {
    /// A show that begins now; answers its identity.
    pub(crate) fn announce(&self) -> Result<String> {
        let begins = Timestamp::now() + SignedDuration::from_mins(1);
        let at = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M").to_string();
        let draft = json!({
            "title": "An evening at the harbour", "description": "Straight from the pier.",
            "genres": ["folk"], "starts": at(begins), "ends": at(begins + SignedDuration::from_hours(2)),
            "time_zone": "UTC", "members_only": false,
        });
        let created = self.venue.call("shows/create", &self.cookie, &json!({ "draft": draft }))?;
        let show: Value = serde_json::from_str(&created.body)?;
        Ok(show.as_str().ok_or("no show")?.to_owned())
    }

    /// Has a show recorded, or not.
    pub(crate) fn record(&self, show: &str, record: bool) -> Result<()> {
        let arguments = json!({ "show": show, "record": record });
        self.venue.call("live/record", &self.cookie, &arguments).map(drop)
    }

    /// Goes on stage; answers an offer.
    pub(crate) fn publish(&self, show: &str, offer: &str) -> Result<String> {
        let stage = self.venue.call("live/stage", &self.cookie, &json!({ "show": show }))?;
        self.venue.exchange(&format!("/whip/{show}"), &stage.token()?, offer)
    }

    /// A stream key of theirs.
    pub(crate) fn stream_key(&self) -> Result<String> {
        let made =
            self.venue.call("live/make_stream_key", &self.cookie, &json!({ "name": "Radio" }))?;
        let made: Value = serde_json::from_str(&made.body)?;
        Ok(made["secret"].as_str().ok_or("no stream key")?.to_owned())
    }
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(it, _)| it.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn token(&self) -> Result<String> {
        let answer: Value = serde_json::from_str(&self.body)?;
        Ok(answer["token"].as_str().ok_or("no token")?.to_owned())
    }
}

impl Drop for Venue {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
