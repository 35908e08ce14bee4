//! What forwarding costs: the media core in a process of its own, synthetic clients in this one.
//!
//! ```text
//! cargo run --release -p bandstand-synthetic --example forwarding [SUBSCRIBERS …]
//! ```
//!
//! One publisher sends 1,200-byte packets, about 260 a second, evenly or nine at once. Per case it
//! prints the processor time of the server process per forwarded packet (from `/proc`, Linux), the
//! forwarding delay as the subscribers see it, memory, and what share arrived. A case takes at most
//! 20 s. The clients share the machine: where they don't keep up, delay and delivery say so.

use std::error::Error;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bandstand_sfu::{Config, Sfu, Statistics};
use bandstand_synthetic::{Content, Publisher, Subscriber, percentile};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::Mutex;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

const MEASURED: Duration = Duration::from_secs(5);
const CASE: Duration = Duration::from_secs(20);

/// Clients that connect at the same time.
const AT_ONCE: usize = 10;

/// Clock ticks a second in `/proc/*/stat` (USER_HZ).
const TICKS: f64 = 100.0;

#[tokio::main]
async fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [verb, bind @ ..] = arguments.as_slice()
        && verb == "serve"
    {
        let mut config = Config::default();
        if let Some(bind) = bind.first() {
            config.bind = bind.parse()?;
        }
        return serve(config).await;
    }
    let counts: std::result::Result<Vec<usize>, _> = arguments.iter().map(|a| a.parse()).collect();
    let counts = match counts? {
        none if none.is_empty() => vec![50, 100],
        some => some,
    };
    println!("1,200-byte packets, {} s measured, loopback", MEASURED.as_secs());
    for subscribers in counts {
        for spread in [true, false] {
            let name = if spread { "even" } else { "nine at once" };
            println!("\n{subscribers} subscribers, {name}:");
            match tokio::time::timeout(CASE, measure(subscribers, spread)).await {
                Ok(done) => done?,
                Err(_) => println!("  not done within {CASE:?}"),
            }
        }
    }
    Ok(())
}

async fn measure(count: usize, spread: bool) -> Result<()> {
    let server = Arc::new(Server::start()?);
    let content = Content {
        frames_per_second: 29,
        packets_per_frame: 9,
        packet_bytes: 1_200,
        spread,
        keyframe_interval: 58,
        obedient: true,
        audio: false,
    };
    let publishing = server.clone();
    let publisher =
        Publisher::connect(content, async move |o| publishing.ask("publish", &o).await).await?;
    let empty = server.resident()?;
    let joining = Instant::now();
    let mut subscribers = Vec::new();
    let mut first_pictures = Vec::new();
    while subscribers.len() < count {
        let mut batch = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE.min(count - subscribers.len()) {
            let server = server.clone();
            batch.spawn(async move {
                let began = Instant::now();
                let exchange = async move |o: String| server.ask("subscribe", &o).await;
                let subscriber = Subscriber::connect(exchange).await?;
                subscriber.until(|f| f.video.keyframes > 0).await;
                Ok::<_, bandstand_synthetic::ConnectError>((subscriber, began.elapsed()))
            });
        }
        for joined in batch.join_all().await {
            let (subscriber, first_picture) = joined?;
            subscribers.push(subscriber);
            first_pictures.push(first_picture);
        }
    }
    let joined = joining.elapsed();
    tokio::time::sleep(Duration::from_secs(1)).await;

    let full = server.resident()?;
    for subscriber in &subscribers {
        subscriber.reset();
    }
    let (cpu, forwarded, sent) =
        (server.cpu()?, server.forwarded().await?, publisher.video_packets());
    let began = Instant::now();
    tokio::time::sleep(MEASURED).await;
    let took = began.elapsed().as_secs_f64();
    let cpu = server.cpu()? - cpu;
    let forwarded = server.forwarded().await? - forwarded;
    let sent = publisher.video_packets() - sent;

    let (mut received, mut missing, mut delays) = (0, 0, Vec::new());
    for subscriber in &subscribers {
        let mut video = subscriber.figures().video;
        received += video.packets;
        missing += video.missing();
        delays.append(&mut video.delays);
    }
    let share = received as f64 / (sent as f64 * count as f64);
    println!("  published      {:.0} packets/s", sent as f64 / took);
    println!("  forwarded      {:.0} packets/s, {forwarded} in all", forwarded as f64 / took);
    println!(
        "  processor      {:.1} % of one core, {:.2} µs per forwarded packet",
        cpu.as_secs_f64() / took * 100.0,
        cpu.as_secs_f64() * 1e6 / forwarded as f64
    );
    println!("  delivered      {:.2} %, {missing} missing in sequence", share * 100.0);
    println!(
        "  delay          p50 {:.2} ms, p95 {:.2} ms, p99 {:.2} ms (with publisher and client)",
        millis(percentile(&mut delays, 0.5)),
        millis(percentile(&mut delays, 0.95)),
        millis(percentile(&mut delays, 0.99)),
    );
    println!(
        "  joining        all within {:.1} s, {AT_ONCE} at once; offer to keyframe p50 {:.0} ms, p95 {:.0} ms",
        joined.as_secs_f64(),
        millis(percentile(&mut first_pictures, 0.5)),
        millis(percentile(&mut first_pictures, 0.95)),
    );
    let each = full.saturating_sub(empty) / count as u64;
    println!("  memory         {empty} KB empty, {full} KB full, {each} KB per subscriber");
    println!("  asked          {} keyframe requests", publisher.keyframe_requests());
    publisher.close().await;
    server.stop().await
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The server process, told what to do line by line.
struct Server {
    id: u32,
    child: Mutex<Option<Child>>,
    line: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

impl Server {
    fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("no pipes".into());
        };
        Ok(Server {
            id: child.id().ok_or("no process")?,
            child: Mutex::new(Some(child)),
            line: Mutex::new((input, BufReader::new(output))),
        })
    }

    /// Sends `verb` with `body`, and returns the answer.
    async fn ask(&self, verb: &str, body: &str) -> Result<String> {
        let mut line = self.line.lock().await;
        let (input, output) = &mut *line;
        let message = format!("{verb} {}\n{body}", body.len());
        input.write_all(message.as_bytes()).await?;
        input.flush().await?;
        let mut length = String::new();
        output.read_line(&mut length).await?;
        let mut answer = vec![0; length.trim().parse()?];
        output.read_exact(&mut answer).await?;
        Ok(String::from_utf8(answer)?)
    }

    async fn forwarded(&self) -> Result<u64> {
        Ok(self.ask("forwarded", "").await?.parse()?)
    }

    /// Processor time used so far, user and system, all threads.
    fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id))?;
        // The name in parentheses may hold spaces; state is the first field after it.
        let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|f| f.parse::<f64>().ok());
        let used = ticks(11).zip(ticks(12)).ok_or("no times in stat")?;
        Ok(Duration::from_secs_f64((used.0 + used.1) / TICKS))
    }

    /// Resident memory in KB.
    fn resident(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id))?;
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
        let size = line.and_then(|l| l.split_whitespace().next());
        Ok(size.ok_or("no VmRSS")?.parse()?)
    }

    async fn stop(&self) -> Result<()> {
        if let Some(mut child) = self.child.lock().await.take() {
            child.kill().await?;
        }
        Ok(())
    }
}

/// The server process.
async fn serve(config: Config) -> Result<()> {
    let (sfu, _events) = Sfu::start(config)?;
    let mut input = BufReader::new(tokio::io::stdin());
    let mut output = tokio::io::stdout();
    let mut line = String::new();
    while input.read_line(&mut line).await? > 0 {
        let (verb, length) = line.trim().split_once(' ').ok_or("no length")?;
        let mut body = vec![0; length.parse()?];
        input.read_exact(&mut body).await?;
        let body = String::from_utf8(body)?;
        let answer = match verb {
            "publish" => sfu.publish("stage".into(), body).await?.answer_sdp,
            "subscribe" => sfu.subscribe("stage".into(), body).await?.answer_sdp,
            _ => {
                let Statistics { totals, .. } = sfu.statistics().await;
                totals.media_packets_out.to_string()
            }
        };
        output.write_all(format!("{}\n{answer}", answer.len()).as_bytes()).await?;
        output.flush().await?;
        line.clear();
    }
    Ok(())
}
