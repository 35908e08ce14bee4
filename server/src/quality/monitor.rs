//! Rates out of totals.

use std::{
    cmp::Reverse,
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use bandstand_domain::quality::{Flow, Layer};
use bandstand_sfu::{
    Advice, MediaStats, SessionId, SessionRole, SessionStats, Sfu, StageId, Totals,
};
use prometheus_client::metrics::histogram::Histogram;
use tokio::sync::Mutex;

/// Lifetime of a cached sample: however many callers ask, the media core is asked once in it at most.
const FRESH: Duration = Duration::from_secs(2);
/// Time that a client may take to connect before it counts as trouble.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// From here on a loss can be seen or heard, in tenths of a percent.
pub const MUCH_LOST: u32 = 20;
/// From here on a round trip makes repairs come too late, in milliseconds.
pub const FAR: u32 = 400;
/// From here on packets come so unevenly that pictures wait for them, in milliseconds.
pub const UNEVEN: u32 = 80;

/// One session, of late.
#[derive(Clone, Debug)]
pub struct SessionQuality {
    /// Its stage.
    pub stage: StageId,
    /// Publisher or subscriber.
    pub role: SessionRole,
    /// Somebody else is on stage; this one waits beside it.
    pub waiting: bool,
    /// Flow of its media.
    pub flow: Flow,
    /// True while its media flows badly, or its client takes too long to connect.
    pub trouble: bool,
    /// Layers of a publisher's picture, the largest first, without those that it has stopped.
    pub layers: Vec<Layer>,
    /// Advice to a publisher's artist.
    pub advice: Vec<Advice>,
    /// Bandwidth of a subscriber's network, in kilobits a second, when it is known.
    pub bandwidth: Option<u32>,
    /// Something comes to a subscriber's stage in a format that they don't take.
    pub foreign: bool,
    totals: Counts,
}

/// Counters of a session; they only grow.
#[derive(Clone, Debug, Default)]
struct Counts {
    bytes: u64,
    packets: u64,
    lost: u64,
    /// Packets in formats that a subscriber doesn't take.
    foreign: u64,
    /// Bytes of each layer.
    layers: Vec<u64>,
}

/// All sessions, of late.
#[derive(Debug, Default)]
pub struct Sample {
    /// The venue's totals.
    pub totals: Totals,
    /// Each session there is.
    pub lines: HashMap<SessionId, SessionQuality>,
}

/// A sample, and when it was taken.
type Latest = Option<(Instant, Arc<Sample>)>;

/// Asks the media core how things are, and no more often than is of use.
#[derive(Clone, Debug)]
pub struct Monitor {
    sfu: Sfu,
    latest: Arc<Mutex<Latest>>,
    distributions: Arc<[(SessionRole, Distributions); 2]>,
}

/// Distributions of round trips, losses and jitter over the sessions of one role: one observation per
/// session each time that [`Monitor::observe`] is called.
#[derive(Debug)]
pub struct Distributions {
    /// In seconds.
    pub round_trip: Histogram,
    /// From 0 to 1.
    pub lost: Histogram,
    /// In seconds.
    pub jitter: Histogram,
}

impl Distributions {
    fn new() -> Self {
        let seconds = || Histogram::new([0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6]);
        let lost = Histogram::new([0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2]);
        Self { round_trip: seconds(), lost, jitter: seconds() }
    }
}

impl Monitor {
    /// Nothing known yet.
    pub fn new(sfu: Sfu) -> Self {
        let distributions = [SessionRole::Publisher, SessionRole::Subscriber]
            .map(|role| (role, Distributions::new()));
        Self { sfu, latest: Arc::default(), distributions: Arc::new(distributions) }
    }

    /// The quality of all sessions; at most two seconds old.
    pub async fn sample(&self) -> Arc<Sample> {
        let mut latest = self.latest.lock().await;
        if let Some((at, sample)) = &*latest
            && at.elapsed() < FRESH
        {
            return sample.clone();
        }
        let stats = self.sfu.stats().await;
        let now = Instant::now();
        let before = latest.as_ref().map(|(at, sample)| (now - *at, sample.as_ref()));
        let lines = stats.sessions.iter().map(|it| {
            let before = before.and_then(|(elapsed, sample)| {
                Some((elapsed, &sample.lines.get(&it.session)?.totals))
            });
            (it.session, line(it, before))
        });
        let sample = Arc::new(Sample { lines: lines.collect(), totals: stats.totals });
        *latest = Some((now, sample.clone()));
        sample
    }

    /// Takes a sample into the distributions.
    pub async fn observe(&self) {
        let sample = self.sample().await;
        for (role, spread) in self.distributions.iter() {
            for line in sample.lines.values().filter(|line| line.role == *role) {
                let seconds = |millis: u32| f64::from(millis) / 1_000.0;
                spread.lost.observe(f64::from(line.flow.lost) / 1_000.0);
                if let Some(millis) = line.flow.round_trip {
                    spread.round_trip.observe(seconds(millis));
                }
                if let Some(millis) = line.flow.jitter {
                    spread.jitter.observe(seconds(millis));
                }
            }
        }
    }

    /// The observed distributions, by role.
    pub fn distributions(&self) -> &[(SessionRole, Distributions); 2] {
        &self.distributions
    }
}

/// A session since it was `before`, or since its beginning.
fn line(now: &SessionStats, before: Option<(Duration, &Counts)>) -> SessionQuality {
    let nothing = Counts::default();
    let (elapsed, then) = before.unwrap_or((now.age, &nothing));
    let publisher = now.publisher();
    let totals = match &now.media {
        MediaStats::Publisher(it) => Counts {
            bytes: it.bytes,
            packets: it.packets,
            lost: it.lost,
            foreign: 0,
            layers: it.layers.iter().map(|layer| layer.bytes).collect(),
        },
        MediaStats::Subscriber(it) => Counts {
            bytes: it.bytes,
            packets: it.packets,
            lost: it.lost,
            foreign: it.without_codec,
            layers: Vec::new(),
        },
    };
    let (round_trip, jitter) = match &now.media {
        MediaStats::Publisher(it) => (it.round_trip, it.jitter),
        MediaStats::Subscriber(it) => (it.round_trip, Some(it.jitter)),
    };
    let grown = |now: u64, then: u64| now.saturating_sub(then);
    let (sent, lost) = (grown(totals.packets, then.packets), grown(totals.lost, then.lost));
    // What a publisher sent is what came and what didn't; what a subscriber was sent is counted here.
    let all = if publisher.is_some() { sent + lost } else { sent };
    let millis = |time: Duration| clamp(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let kilobits = |now: u64, then: u64| {
        clamp(grown(now, then).saturating_mul(8) / u64::from(millis(elapsed).max(1)))
    };
    let flow = Flow {
        kilobits: kilobits(totals.bytes, then.bytes),
        lost: clamp((lost * 1_000).checked_div(all).unwrap_or_default().min(1_000)),
        round_trip: round_trip.map(millis),
        jitter: jitter.map(millis),
    };
    let trouble = (!now.connected && now.age > CONNECT_TIMEOUT) || is_bad(&flow);
    let layers = publisher.map_or(&[][..], |it| &it.layers);
    let mut layers: Vec<Layer> = layers
        .iter()
        .enumerate()
        .map(|(index, layer)| Layer {
            height: layer.height.map(u32::from),
            kilobits: kilobits(layer.bytes, then.layers.get(index).copied().unwrap_or_default()),
        })
        .filter(|layer| layer.kilobits > 0)
        .collect();
    layers.sort_unstable_by_key(|layer| Reverse((layer.height, layer.kilobits)));
    SessionQuality {
        stage: now.stage.clone(),
        role: now.role(),
        waiting: publisher.is_some_and(|it| it.standby),
        flow,
        trouble,
        layers,
        advice: publisher.map_or_else(Vec::new, |it| it.advice.clone()),
        bandwidth: now.subscriber().and_then(|it| it.bandwidth).map(|bits| clamp(bits / 1_000)),
        foreign: totals.foreign > then.foreign,
        totals,
    }
}

/// Tells whether viewers see or hear that something is wrong.
pub fn is_bad(flow: &Flow) -> bool {
    flow.lost >= MUCH_LOST
        || flow.round_trip.is_some_and(|it| it >= FAR)
        || flow.jitter.is_some_and(|it| it >= UNEVEN)
}

fn clamp(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use bandstand_sfu::{LayerStats, PublisherStats, SubscriberStats};

    use super::*;

    fn session(media: MediaStats) -> SessionStats {
        SessionStats {
            session: "0".repeat(32).parse().unwrap(),
            stage: StageId::from("stage"),
            age: Duration::from_secs(20),
            connected: true,
            media,
        }
    }

    fn publisher(layers: Vec<LayerStats>) -> SessionStats {
        session(MediaStats::Publisher(PublisherStats {
            packets: 1_960,
            bytes: 2_500_000,
            lost: 40,
            round_trip: Some(Duration::from_millis(23)),
            layers,
            ..PublisherStats::default()
        }))
    }

    fn subscriber(lost: u64) -> SessionStats {
        session(MediaStats::Subscriber(SubscriberStats {
            packets: 2_000,
            bytes: 2_500_000,
            lost,
            round_trip: Some(Duration::from_millis(23)),
            ..SubscriberStats::default()
        }))
    }

    #[test]
    fn rates_are_those_of_late_or_of_the_whole_time() {
        let since_ever = line(&publisher(Vec::new()), None);
        let flow = Flow { kilobits: 1_000, lost: 20, round_trip: Some(23), jitter: None };
        assert_eq!((since_ever.flow, since_ever.trouble), (flow, true));
        let then =
            Counts { bytes: 2_000_000, packets: 1_000, lost: 40, foreign: 0, layers: Vec::new() };
        let of_late = line(&subscriber(40), Some((Duration::from_secs(2), &then)));
        let flow = Flow { kilobits: 2_000, lost: 0, jitter: Some(0), ..flow };
        assert_eq!((of_late.flow, of_late.trouble), (flow, false));
    }

    #[test]
    fn layers_that_are_sent_are_told_the_largest_first() {
        let layer = |height, bytes| LayerStats { height: Some(height), bytes };
        let layers = vec![layer(180, 50_000), layer(720, 900_000), layer(360, 200_000)];
        let then = Counts { layers: vec![25_000, 900_000, 100_000], ..Counts::default() };
        let sent = line(&publisher(layers), Some((Duration::from_secs(2), &then))).layers;
        let told = |height, kilobits| Layer { height: Some(height), kilobits };
        assert_eq!(sent, [told(360, 400), told(180, 100)], "the largest was stopped");
    }

    #[test]
    fn who_never_connects_is_in_trouble() {
        let lost = SessionStats { connected: false, ..subscriber(0) };
        assert!(line(&lost, None).trouble);
        let new = SessionStats { age: Duration::from_secs(1), ..lost };
        assert!(!line(&new, None).trouble);
    }
}
