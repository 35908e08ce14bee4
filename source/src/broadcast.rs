//! A broadcast: capture, saver and encoder on one side, the line to the stage on the other. The line breaks and comes
//! back; the other side doesn't notice.

use std::{path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::{
    sync::{
        mpsc::{Receiver, Sender, channel},
        watch,
    },
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

use crate::{
    backoff::RetryBackoff,
    capture::{FrameSink, SoundCapture},
    display::StatusDisplay,
    http_line::HttpLine,
    level::PeakMeter,
    line::{LineChoice, LineError, LineKind, SoundLine},
    opus::OpusFrameEncoder,
    refusals::StageRefusals,
    saver::{SaverFeed, SoundSaver},
    sound::FRAMES_PER_SECOND,
    stored_login::StoredLogin,
    venue_client::{OwnShow, OwnShowState, VenueClient, VenueError},
    whip::WhipLine,
};

/// Packets that wait for the line: two seconds. When they are full, new ones are left out: sound that is late is of no
/// use to who listens.
const QUEUE: usize = 2 * FRAMES_PER_SECOND as usize;
/// Time between two looks at the show.
const LOOK: Duration = Duration::from_secs(2);
const DISPLAY: Duration = Duration::from_millis(200);
/// Time for which a line has to last before the next break counts as the first one.
const STEADY: Duration = Duration::from_secs(10);
/// Time without an answer after which a line by HTTP is lost. What is sent doesn't tell: the system takes megabytes
/// for a line that is cut.
const UNREACHABLE: Duration = Duration::from_secs(10);

/// Reason for the end of a broadcast.
#[derive(Clone, Debug, PartialEq, Eq)]
enum BroadcastEnd {
    /// By whoever sits here.
    Stopped,
    /// The show is over.
    Over,
    /// The venue lets nobody go on.
    Refused(String),
    /// Nothing is captured any more.
    Silent,
}

/// Goes on air in the show that is due, until it is over or somebody stops it here.
pub async fn stream(
    login: StoredLogin,
    device: Option<&str>,
    save: Option<&Path>,
) -> Result<(), String> {
    let venue = VenueClient::new(&login.venue)?;
    let shows = venue.shows(&login.token).await.map_err(|error| error.to_string())?;
    let Some(show) = shows.into_iter().find(|it| it.due) else {
        return Err("None of your shows is on, or begins within two hours.".into());
    };
    let encoder = OpusFrameEncoder::new()?;
    let lookahead = encoder.lookahead;
    let (saver, feed) = match save {
        Some(path) => Some(SoundSaver::start(path)?).unzip(),
        None => (None, None),
    };
    let meter = Arc::new(PeakMeter::default());
    let (sender, packets) = channel(QUEUE);
    let capture = SoundCapture::start(device, sink(encoder, feed, meter.clone(), sender))?;
    let (token, state) = (login.token, watch::channel(Seen::default()));
    let mut broadcast =
        Broadcast { venue, token, show, lookahead, packets, line: None, state: state.1 };
    let watching = broadcast.watch(state.0);
    let display = StatusDisplay::new();
    let ended = {
        let showing = show_status(meter, saver.as_ref(), broadcast.state.clone());
        tokio::pin!(showing);
        let mut over = broadcast.state.clone();
        let ended = tokio::select! {
            ended = broadcast.run() => ended,
            () = stopped() => BroadcastEnd::Stopped,
            ended = end_of(&mut over) => ended,
            () = watching => BroadcastEnd::Stopped,
            () = &mut showing => BroadcastEnd::Stopped,
        };
        if let Some(line) = broadcast.line.take() {
            line.close(&broadcast.venue).await;
        }
        if let (BroadcastEnd::Refused(why), Some(saver)) = (&ended, &saver)
            && !saver.has_failed()
        {
            // The evening goes on where it is played, whatever the venue says.
            display.say(why);
            display.say("Off the air. What is captured is still saved: end that with Ctrl-C.");
            tokio::select! {
                () = stopped() => {}
                () = &mut showing => {}
            }
        }
        ended
    };
    // The feed of the saver ends with it.
    drop(capture);
    if let (Some(saver), Some(path)) = (saver, save) {
        let saved = saver.finish()?;
        let seconds = saved.frames / u64::from(FRAMES_PER_SECOND);
        display.say(&format!("Saved {seconds} s to {}.", path.display()));
        if saved.lost > 0 {
            let lost = saved.lost * 1_000 / u64::from(FRAMES_PER_SECOND);
            display.say(&format!("{lost} ms are missing: the disk was too slow."));
        }
    }
    match ended {
        BroadcastEnd::Stopped => {
            display.say("Off the stage. The show can be ended, or gone on with, in the studio.");
            Ok(())
        }
        BroadcastEnd::Over => {
            display.say("The show is over.");
            Ok(())
        }
        BroadcastEnd::Refused(why) => Err(why),
        BroadcastEnd::Silent => Err("The capture has ended.".into()),
    }
}

/// Way of each frame: it waits for nobody.
fn sink(
    mut encoder: OpusFrameEncoder,
    feed: Option<SaverFeed>,
    meter: Arc<PeakMeter>,
    sender: Sender<Bytes>,
) -> FrameSink {
    Box::new(move |frame| {
        meter.note(&frame[..]);
        if let Some(feed) = &feed {
            feed.push(&frame);
        }
        let packet = encoder.encode(&frame).map(Bytes::copy_from_slice);
        let _ = sender.try_send(packet.unwrap_or_default());
    })
}

/// State of the show as it was last seen.
#[derive(Clone, Debug, Default)]
struct Seen {
    state: Option<OwnShowState>,
    refused: Option<String>,
}

/// Waits until the show is over, or the token is good no more.
async fn end_of(state: &mut watch::Receiver<Seen>) -> BroadcastEnd {
    let is_over = |it: &Seen| it.refused.is_some() || it.state.as_ref().is_some_and(|it| it.over);
    match state.wait_for(is_over).await {
        Ok(seen) => seen.refused.clone().map_or(BroadcastEnd::Over, BroadcastEnd::Refused),
        Err(_) => BroadcastEnd::Stopped,
    }
}

/// Waits until the venue hasn't answered for a while.
async fn unreachable(mut state: watch::Receiver<Seen>) {
    while let Ok(Ok(())) = timeout(UNREACHABLE, state.changed()).await {}
}

/// Waits for Ctrl-C, or for being told to end.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}

/// Shows level and show, for as long as it is polled.
async fn show_status(
    meter: Arc<PeakMeter>,
    saver: Option<&SoundSaver>,
    state: watch::Receiver<Seen>,
) {
    let mut display = StatusDisplay::new();
    let mut ticks = interval(DISPLAY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut has_failed = false;
    loop {
        ticks.tick().await;
        if !has_failed && saver.is_some_and(SoundSaver::has_failed) {
            has_failed = true;
            display.say("Nothing is saved any more: the file can't be written. The show goes on.");
        }
        let seen = state.borrow().clone();
        display.show(meter.take(), seen.state.as_ref());
    }
}

struct Broadcast {
    venue: VenueClient,
    token: String,
    show: OwnShow,
    lookahead: u16,
    packets: Receiver<Bytes>,
    line: Option<SoundLine>,
    state: watch::Receiver<Seen>,
}

impl Broadcast {
    /// Looks at the show now and then.
    fn watch(&self, out: watch::Sender<Seen>) -> impl Future<Output = ()> + use<> {
        let (venue, token, show) = (self.venue.clone(), self.token.clone(), self.show.id.clone());
        async move {
            loop {
                match venue.show(&token, &show).await {
                    Ok(state) => {
                        out.send_replace(Seen { state: Some(state), refused: None });
                    }
                    Err(error) if error.is_final() => {
                        out.send_modify(|it| it.refused = Some(error.to_string()));
                    }
                    Err(_) => {}
                }
                sleep(LOOK).await;
            }
        }
    }

    /// Keeps a line to the stage, by whatever way goes.
    async fn run(&mut self) -> BroadcastEnd {
        let display = StatusDisplay::new();
        let (mut backoff, mut choice) = (RetryBackoff::default(), LineChoice::default());
        let mut refusals = StageRefusals::default();
        loop {
            let kind = choice.kind();
            let lost = match self.open(kind).await {
                Ok(line) => {
                    choice.worked();
                    self.line = Some(line);
                    self.told(&display, kind);
                    // What waited is of no use any more.
                    while self.packets.try_recv().is_ok() {}
                    let begun = Instant::now();
                    let Some(line) = &mut self.line else { continue };
                    let lost = tokio::select! {
                        lost = line.carry(&mut self.packets) => lost,
                        () = unreachable(self.state.clone()), if kind == LineKind::Http => {
                            Some(Ok(()))
                        }
                    };
                    let Some(lost) = lost else {
                        return BroadcastEnd::Silent;
                    };
                    if begun.elapsed() > STEADY {
                        backoff.reset();
                        refusals.forget();
                    }
                    choice.lost();
                    if let Some(line) = self.line.take() {
                        // Over a line that is cut, to say goodbye takes long.
                        let venue = self.venue.clone();
                        tokio::spawn(async move { line.close(&venue).await });
                    }
                    lost.map_err(LineError::from)
                }
                Err(LineError::NoMedia) if choice.no_media() => {
                    display.say("WebRTC doesn't get through: going by HTTP.");
                    continue;
                }
                Err(error) => Err(error),
            };
            let answered = match self.ask().await {
                Some(Ok(state)) if state.over => return BroadcastEnd::Over,
                Some(Err(error)) if error.is_final() => {
                    return BroadcastEnd::Refused(error.to_string());
                }
                answer => matches!(answer, Some(Ok(_))),
            };
            let mut wait = backoff.next(rand::random());
            match &lost {
                Ok(()) => display.say("The line is lost. Coming back …"),
                Err(LineError::Venue(error)) => {
                    match error.refused_status() {
                        Some(status) if refusals.is_final(status, answered, Instant::now()) => {
                            return BroadcastEnd::Refused(error.to_string());
                        }
                        Some(_) => {}
                        None => refusals.forget(),
                    }
                    wait = wait.max(error.retry_after().unwrap_or_default());
                    display.say(&format!("{error} Trying again …"));
                }
                Err(error) => display.say(&format!("{error} Trying again …")),
            }
            sleep(wait).await;
        }
    }

    async fn open(&self, kind: LineKind) -> Result<SoundLine, LineError> {
        let (venue, token, show) = (&self.venue, &self.token, &self.show.id);
        Ok(match kind {
            LineKind::WebRtc => SoundLine::WebRtc(WhipLine::open(venue, token, show).await?),
            LineKind::Http => SoundLine::Http(HttpLine::open(venue, token, show, self.lookahead)?),
        })
    }

    fn told(&self, display: &StatusDisplay, kind: LineKind) {
        let way = match kind {
            LineKind::WebRtc => "WebRTC",
            LineKind::Http => "HTTP",
        };
        display.say(&format!("On air by {way}: {}", self.show.title));
    }

    /// State of the show, as the venue says once a line is lost or refused; none when it says nothing in time.
    async fn ask(&self) -> Option<Result<OwnShowState, VenueError>> {
        timeout(LOOK, self.venue.show(&self.token, &self.show.id)).await.ok()
    }
}
