//! The rush: each opens a connection at their own time, whether or not others have been answered, and
//! waits for the whole page.

use std::net::SocketAddr;
use std::time::Duration;

use bandstand_synthetic::percentile;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use crate::Result;

/// The longest that somebody waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends `people` to `path` within `span`, each with `cookie` unless it is empty, and prints how they
/// fared.
pub(crate) fn run(
    address: SocketAddr,
    path: &str,
    people: u32,
    span: Duration,
    cookie: &str,
) -> Result<()> {
    let cookie = if cookie.is_empty() { String::new() } else { format!("cookie: {cookie}\r\n") };
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: text/html\r\naccept-encoding: gzip, br\r\n\
         connection: close\r\n{cookie}\r\n"
    );
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let begin = Instant::now() + Duration::from_millis(100);
        let visits: Vec<_> = (0..people)
            .map(|number| {
                let (due, request) = (begin + span * number / people, request.clone());
                tokio::spawn(async move {
                    sleep_until(due).await;
                    let visit = timeout(PATIENCE, visit(address, request)).await;
                    (visit.ok().and_then(Result::ok), due.elapsed())
                })
            })
            .collect();
        let (mut times, mut bytes, mut others) = (Vec::new(), 0, 0);
        for visit in visits {
            match visit.await? {
                (Some(answer), time) if answer.starts_with(b"HTTP/1.1 200 ") => {
                    times.push(time);
                    bytes = answer.len();
                }
                _ => others += 1,
            }
        }
        let got = times.len();
        let mut time = |share| percentile(&mut times, share);
        println!(
            "{} got the page ({bytes} bytes), {others} did not; median {:.1?}, 95th {:.1?}, 99th {:.1?}, longest {:.1?}",
            got, time(0.5), time(0.95), time(0.99), time(1.0),
        );
        Ok(())
    })
}

async fn visit(address: SocketAddr, request: String) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(16 * 1024);
    stream.read_to_end(&mut answer).await?;
    Ok(answer)
}
