//! The network between the program and its venue: a proxy for HTTP and a relay for media, which can be cut.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::StreamExt;
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::watch,
    task::JoinHandle,
};

use crate::venue::TestVenue;

/// A network.
pub struct Network {
    /// Address of the venue, by way of this.
    pub address: String,
    cut: watch::Sender<bool>,
    refusing: watch::Sender<bool>,
    since: Mutex<Option<Instant>>,
    tasks: Vec<JoinHandle<()>>,
}

/// State of the proxy.
struct Proxy {
    venue: String,
    client: reqwest::Client,
    cut: watch::Receiver<bool>,
    refusing: watch::Receiver<bool>,
    /// Port to which media goes instead of the venue's; of the venue's, the relay learns.
    media: u16,
    venue_media: watch::Sender<u16>,
}

impl Network {
    /// A network that lets everything through.
    pub async fn to(venue: &TestVenue) -> Self {
        Self::new(venue, true).await
    }

    /// A network in which media gets nowhere.
    pub async fn without_media(venue: &TestVenue) -> Self {
        Self::new(venue, false).await
    }

    async fn new(venue: &TestVenue, media: bool) -> Self {
        let (cut, is_cut) = watch::channel(false);
        let (refusing, refuses) = watch::channel(false);
        let relay = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let port = relay.local_addr().unwrap().port();
        let (say, venue_media) = watch::channel(0);
        let proxy = Proxy {
            venue: venue.url.clone(),
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            cut: is_cut.clone(),
            refusing: refuses,
            media: port,
            venue_media: say,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(forward).with_state(Arc::new(proxy));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let relaying = tokio::spawn(async move {
            match media {
                true => pass_on(relay, venue_media, is_cut).await,
                // Bound, and silent.
                false => {
                    let _kept = relay;
                    std::future::pending().await
                }
            }
        });
        let (since, tasks) = (Mutex::default(), vec![serving, relaying]);
        Self { address, cut, refusing, since, tasks }
    }

    /// Lets nothing through any more.
    pub fn cut(&self) {
        *self.since.lock().unwrap() = Some(Instant::now());
        self.cut.send_replace(true);
    }

    /// Time since it was cut.
    pub fn cut_for(&self) -> Duration {
        self.since.lock().unwrap().map_or(Duration::ZERO, |it| it.elapsed())
    }

    /// Answers by itself that there is nothing, as a proxy does while the venue behind it is away; media is lost.
    pub fn refuse(&self) {
        self.refusing.send_replace(true);
        self.cut();
    }

    /// Lets everything through again.
    pub fn mend(&self) {
        self.refusing.send_replace(false);
        self.cut.send_replace(false);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// Hands a request on to the venue, and the answer back. What comes while the network is cut waits.
async fn forward(State(proxy): State<Arc<Proxy>>, request: Request) -> Response {
    let whole = async || {
        let (mut cut, mut refusing) = (proxy.cut.clone(), proxy.refusing.clone());
        tokio::select! {
            _ = cut.wait_for(|it| !it) => {}
            _ = refusing.wait_for(|it| *it) => {}
        }
    };
    whole().await;
    if *proxy.refusing.borrow() {
        let page = "<html><h1>404 Not Found</h1></html>";
        return (StatusCode::NOT_FOUND, page).into_response();
    }
    let (parts, body) = request.into_parts();
    let address = format!("{}{}", proxy.venue, parts.uri);
    let mut sent = proxy.client.request(parts.method.clone(), address);
    for name in [header::AUTHORIZATION, header::CONTENT_TYPE] {
        if let Some(value) = parts.headers.get(&name) {
            sent = sent.header(name, value);
        }
    }
    sent = match parts.method.as_str() {
        "PUT" => {
            let cut = proxy.cut.clone();
            let pieces = body.into_data_stream().then(move |piece| {
                let mut cut = cut.clone();
                async move {
                    let _ = cut.wait_for(|it| !it).await;
                    piece
                }
            });
            sent.body(reqwest::Body::wrap_stream(pieces))
        }
        _ => sent.body(axum::body::to_bytes(body, 1 << 20).await.unwrap()),
    };
    let Ok(response) = sent.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut answer = Response::builder().status(response.status());
    for name in [header::LOCATION, header::CONTENT_TYPE, header::RETRY_AFTER] {
        if let Some(value) = response.headers().get(&name) {
            answer = answer.header(name, value);
        }
    }
    let text = response.text().await.unwrap_or_default();
    let text = if text.starts_with("v=0") { proxy.media_here(&text) } else { text };
    whole().await;
    // The venue names itself; the program is to come by way of this all the same.
    answer.body(Body::from(text)).unwrap()
}

impl Proxy {
    /// An answer whose only way for media is by the relay.
    fn media_here(&self, sdp: &str) -> String {
        let line = |line: &str| {
            let Some(candidate) = line.strip_prefix("a=candidate:") else {
                return Some(line.to_owned());
            };
            let mut fields: Vec<String> = candidate.split(' ').map(str::to_owned).collect();
            if !fields[2].eq_ignore_ascii_case("udp") || fields[4] != "127.0.0.1" {
                return None;
            }
            self.venue_media.send_replace(fields[5].parse().unwrap());
            fields[5] = self.media.to_string();
            Some(format!("a=candidate:{}", fields.join(" ")))
        };
        sdp.lines().filter_map(line).map(|it| it + "\r\n").collect()
    }
}

/// Passes datagrams on between the venue and whoever has sent something last.
async fn pass_on(relay: UdpSocket, venue: watch::Receiver<u16>, cut: watch::Receiver<bool>) {
    let mut buffer = [0; 2_048];
    let mut client = None::<SocketAddr>;
    loop {
        let Ok((length, from)) = relay.recv_from(&mut buffer).await else { continue };
        let venue = SocketAddr::from(([127, 0, 0, 1], *venue.borrow()));
        let to = if from == venue { client } else { Some(venue) };
        if from != venue {
            client = Some(from);
        }
        if let Some(to) = to.filter(|_| !*cut.borrow()) {
            let _ = relay.send_to(&buffer[..length], to).await;
        }
    }
}
