//! Feeding a stage from a source client: its sound, framed and held to real time, and what becomes of it.

use std::{io, sync::Arc, time::Duration};

use bandstand_radio::{ByteBudget, Framed, Framer, Liveliness, Pacer};
use bytes::{Bytes, BytesMut};
use futures::{FutureExt, Stream, StreamExt};
use tokio::time::{Instant, sleep, sleep_until};

use super::{Radio, cause, error::RadioError, mounts::Appended, radio_source::RadioSource};
use crate::{
    clock,
    stage::source::{SourceEvent, SourceState},
};

/// Time without sound after which the audience is told, as with WebRTC.
const SILENT: Duration = Duration::from_secs(7);
/// Time without sound after which a source is ended: somebody has forgotten it.
const FORGOTTEN: Duration = Duration::from_secs(30);
/// Bytes that are framed at once: what is in them is held to real time before more is read, also where a
/// proxy hands over much at a time.
const STEP: usize = 8 * 1024;

/// Takes the sound of a source until it ends, and tells its stage.
///
/// # Errors
/// [`RadioError`] when it was ended, and not by its program.
pub async fn feed(
    radio: Radio,
    source: Arc<RadioSource>,
    body: &mut (impl Stream<Item = io::Result<Bytes>> + Send + Unpin),
) -> Result<(), RadioError> {
    let closing = radio.services.tasks.closing().clone();
    let feed = Feed {
        radio: radio.clone(),
        source: source.clone(),
        framer: Framer::new(),
        headers: None,
        length: Duration::ZERO,
        samples: 0,
        rate: 1,
        state: SourceState { media: false, silent: false },
    };
    let ended = tokio::select! {
        ended = feed.run(body) => ended,
        // The next start finds nobody on the stages.
        () = closing.cancelled() => return Ok(()),
        () = source.closed.cancelled() => Err(RadioError::OffStage),
    };
    if let Err(refused) = &ended
        && let Some(cause) = cause::of(refused)
    {
        radio.stages.notices().tell(&source.account, &cause, clock::now());
    }
    radio.give_up(&source).await;
    ended
}

/// Adds what is there already, up to a step: programs may send chunks of a byte each. Returns whether the body
/// has ended.
fn gather(
    bytes: &mut Bytes,
    body: &mut (impl Stream<Item = io::Result<Bytes>> + Send + Unpin),
) -> bool {
    let (mut gathered, mut has_ended) = (BytesMut::new(), false);
    while !has_ended && bytes.len() + gathered.len() < STEP {
        match body.next().now_or_never() {
            Some(Some(Ok(more))) => gathered.extend_from_slice(&more),
            Some(Some(Err(_)) | None) => has_ended = true,
            None => break,
        }
    }
    if !gathered.is_empty() {
        *bytes = [&bytes[..], &gathered[..]].concat().into();
    }
    has_ended
}

struct Feed {
    radio: Radio,
    source: Arc<RadioSource>,
    framer: Framer,
    /// Headers that the sound needs, of a source that waits.
    headers: Option<Framed>,
    /// Length of all sound so far, and its samples.
    length: Duration,
    samples: u64,
    rate: u32,
    state: SourceState,
}

impl Feed {
    async fn run(
        mut self,
        body: &mut (impl Stream<Item = io::Result<Bytes>> + Send + Unpin),
    ) -> Result<(), RadioError> {
        if self.radio.mounts.is_heard(&self.source) {
            self.framer.go_on_after(self.radio.mounts.tail(self.source.show));
        }
        let now = || Instant::now().into_std();
        let mut budget = ByteBudget::new(now());
        let (mut pacer, mut lively) = (Pacer::new(now()), Liveliness::new(now()));
        loop {
            let was_heard = self.state.media && !self.state.silent;
            let silence = if was_heard { SILENT } else { FORGOTTEN };
            let mut bytes = tokio::select! {
                biased;
                () = sleep_until(Instant::from_std(lively.heard()) + silence) => {
                    if !was_heard {
                        return Err(RadioError::Stalled);
                    }
                    self.become_silent(true).await;
                    continue;
                }
                next = body.next() => match next {
                    Some(Ok(bytes)) => bytes,
                    // Cut off or ended: to those who listen it is the same.
                    Some(Err(_)) | None => return Ok(()),
                },
            };
            let has_ended = gather(&mut bytes, body);
            while !bytes.is_empty() {
                let step = bytes.split_to(bytes.len().min(STEP));
                let before = self.length;
                self.take(&step).await?;
                let length = self.length - before;
                if !length.is_zero() {
                    self.hear(&mut lively, before, length).await;
                    let ahead = pacer.wait(now(), self.length);
                    sleep(ahead).await;
                    // It wasn't silent while it wasn't read.
                    lively.note(now(), ahead);
                }
                sleep(budget.wait(now(), step.len())).await;
            }
            if has_ended {
                return Ok(());
            }
        }
    }

    /// Takes bytes, and the sound in them.
    async fn take(&mut self, bytes: &[u8]) -> Result<(), RadioError> {
        let mut framed = Vec::new();
        let pushed = self.framer.push(bytes, &mut framed);
        for part in &framed {
            match part {
                Framed::Began(info) => self.rate = info.rate,
                Framed::Sound(frame) => self.samples += u64::from(frame.samples),
                Framed::Headers(_) => self.headers = Some(part.clone()),
                Framed::Title(_) => {}
            }
        }
        self.length = Duration::from_millis(self.samples * 1_000 / u64::from(self.rate.max(1)));
        let appended = self.radio.mounts.append(&self.source, &framed, self.framer.tail());
        if appended == Appended::HandedOver {
            self.go_on(&framed);
        }
        let is_heard = appended != Appended::Unheard;
        if !self.state.media && !self.length.is_zero() {
            self.tell(is_heard).await;
        }
        Ok(pushed?)
    }

    /// Sound of such a length came after that which came `before`: it is silent no more, if that is enough to
    /// say so.
    async fn hear(&mut self, lively: &mut Liveliness, before: Duration, length: Duration) {
        let now = Instant::now();
        if before.is_zero() {
            // However long it was until the first.
            *lively = Liveliness::new(now.into_std());
        } else {
            lively.note(now.into_std(), length);
        }
        if self.state.silent && now - Instant::from_std(lively.heard()) < SILENT {
            self.become_silent(false).await;
        }
    }

    /// Sound comes: who is on stage is live, who waits beside it takes over.
    async fn tell(&mut self, is_heard: bool) {
        self.note(SourceState { media: true, ..self.state });
        if !is_heard {
            self.report(SourceEvent::Connected).await;
            self.report(SourceEvent::Waiting).await;
            self.go_on(&[]);
        }
        // Else it goes on waiting, or is about to be closed.
        if self.radio.mounts.is_heard(&self.source) {
            self.report(SourceEvent::Media).await;
            self.radio.bridge(self.source.show);
        }
    }

    /// Goes on with the stream that is there, if the stage has been handed over: as if it were the same, or with
    /// headers of its own, before which `parts` are of no use to listeners.
    fn go_on(&mut self, parts: &[Framed]) {
        let mounts = &self.radio.mounts;
        let Some(tail) = mounts.take_up(&self.source) else { return };
        self.radio.bridge(self.source.show);
        if self.framer.go_on_after(tail) {
            // They have places in a stream of their own.
            return;
        }
        let parts: Vec<_> = self.headers.iter().chain(parts).cloned().collect();
        mounts.append(&self.source, &parts, self.framer.tail());
    }

    async fn become_silent(&mut self, silent: bool) {
        self.note(SourceState { silent, ..self.state });
        self.report(if silent { SourceEvent::Silent } else { SourceEvent::Back }).await;
    }

    fn note(&mut self, state: SourceState) {
        self.state = state;
        self.radio.mounts.note(self.source.id, state);
    }

    async fn report(&self, event: SourceEvent) {
        self.radio.stages.heard(self.source.show, self.source.id, event).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[test]
    fn bytes_that_are_there_are_taken_together() {
        let byte = || Ok(Bytes::from_static(b"x"));
        let mut body = stream::iter((0..10).map(|_| byte())).chain(stream::pending());
        let mut bytes = Bytes::from_static(b"y");
        assert!(!gather(&mut bytes, &mut body));
        assert_eq!(&bytes[..], b"yxxxxxxxxxx");
        assert!(!gather(&mut bytes, &mut body));
        let mut body = stream::iter((0..2 * STEP).map(|_| byte()));
        let mut bytes = Bytes::new();
        assert!(!gather(&mut bytes, &mut body));
        assert_eq!(bytes.len(), STEP);
        let mut body = stream::iter([byte(), Err(io::Error::other("cut off"))]);
        let mut bytes = Bytes::new();
        assert!(gather(&mut bytes, &mut body));
        assert_eq!(&bytes[..], b"x");
    }
}
