//! A connection on which a test says every byte by itself.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::app::TestApp;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// An open connection.
pub struct Raw(pub TcpStream);

impl TestApp {
    /// Opens a connection to the venue.
    pub async fn raw(&self) -> Raw {
        Raw(TcpStream::connect(self.running.venue.services.config.listen).await.unwrap())
    }

    /// The whole answer to a GET of exactly this path.
    pub async fn get_raw(&self, path: &str) -> String {
        let mut raw = self.raw().await;
        let host = self.running.venue.services.config.listen;
        raw.send(&format!(
            "GET {path} HTTP/1.1\r\nhost: {host}\r\naccept: text/html\r\nconnection: close\r\n\r\n"
        ))
        .await;
        raw.rest().await
    }
}

impl Raw {
    pub async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    pub async fn bytes(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Says that nothing more comes.
    pub async fn close(&mut self) {
        self.0.shutdown().await.unwrap();
    }

    /// The head of the next answer.
    pub async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let read = timeout(PATIENCE, self.0.read_u8()).await.expect("an answer in time");
            head.push(read.unwrap_or_else(|_| panic!("ended after {head:?}")));
        }
        String::from_utf8(head).unwrap()
    }

    /// Waits until the venue hangs up without another word.
    pub async fn ends(&mut self, which: &str) {
        let mut byte = [0];
        let read = timeout(PATIENCE, self.0.read(&mut byte)).await;
        let read = read.unwrap_or_else(|_| panic!("{which} is never hung up on"));
        assert!(!matches!(read, Ok(1)), "{which} is answered");
    }

    /// All that comes until the venue hangs up.
    pub async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = timeout(PATIENCE, self.0.read_to_end(&mut rest)).await.expect("an end in time");
        String::from_utf8_lossy(&rest).into_owned()
    }

    /// Asks for something short and reads the answer; whether there was one.
    pub async fn is_answered(&mut self) -> bool {
        let sent = self.0.write_all(b"GET /healthz HTTP/1.1\r\nhost: venue\r\n\r\n").await;
        let mut answer = [0; 512];
        let read = timeout(PATIENCE, self.0.read(&mut answer)).await.expect("an answer or an end");
        sent.is_ok() && read.is_ok_and(|read| answer[..read].starts_with(b"HTTP/1.1 200"))
    }
}
