//! Explanations of a bad picture, in words: out of what the viewer's browser measured (W3C "Identifiers for
//! WebRTC's Statistics API") and what the venue knows of the artist's line.
//!
//! It is done here and not in the page, so that people who never ask don't download it.

use bandstand_domain::quality::{Explanation, Flow, Layer, percent};
use serde::Deserialize;

use super::monitor::{FAR, MUCH_LOST, UNEVEN};

/// Frames dropped by the device, in percent, from which on it can't keep up.
const MANY_DROPPED: f64 = 10.0;
/// A picture of fewer lines is a small one.
const FEW_LINES: u32 = 300;

/// One report; of those that hold nothing of this, nothing is taken.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Report {
    r#type: String,
    kind: String,
    packets_received: f64,
    packets_lost: f64,
    bytes_received: f64,
    frames_decoded: f64,
    frames_dropped: f64,
    frames_per_second: f64,
    frame_width: f64,
    frame_height: f64,
    freeze_count: f64,
    total_freezes_duration: f64,
    jitter: f64,
    current_round_trip_time: f64,
    nominated: bool,
    timestamp: f64,
}

/// What a browser measured in one moment.
#[derive(Clone, Debug, Default)]
pub struct Reports {
    video: Report,
    audio: Report,
    /// In seconds.
    round_trip: Option<f64>,
}

impl Reports {
    /// Reads a JSON list of reports; nothing when it is none.
    pub fn read(text: &str) -> Option<Self> {
        let mut reports = Self::default();
        for report in serde_json::from_str::<Vec<Report>>(text).ok()? {
            match (report.r#type.as_str(), report.kind.as_str()) {
                ("inbound-rtp", "video") => reports.video = report,
                ("inbound-rtp", "audio") => reports.audio = report,
                ("candidate-pair", _) if report.nominated => {
                    reports.round_trip = Some(report.current_round_trip_time);
                }
                _ => {}
            }
        }
        Some(reports)
    }

    fn packets(&self) -> f64 {
        self.video.packets_received + self.audio.packets_received
    }

    fn lost(&self) -> f64 {
        self.video.packets_lost + self.audio.packets_lost
    }

    fn bytes(&self) -> f64 {
        self.video.bytes_received + self.audio.bytes_received
    }

    fn at(&self) -> f64 {
        self.video.timestamp.max(self.audio.timestamp)
    }
}

/// What happened between two measurements, or since the beginning.
struct Change {
    packets: f64,
    /// Tenths of a percent.
    lost: u32,
    kilobits: u32,
    /// Percent of the frames.
    dropped: f64,
    /// Seconds.
    frozen: f64,
}

impl Change {
    fn between(before: Option<&Reports>, now: &Reports) -> Self {
        let nothing = Reports::default();
        // A new connection counts from zero.
        let before = before.filter(|before| before.packets() <= now.packets());
        let then = before.unwrap_or(&nothing);
        let packets = now.packets() - then.packets();
        let lost = (now.lost() - then.lost()).max(0.0);
        let decoded = now.video.frames_decoded - then.video.frames_decoded;
        let dropped = (now.video.frames_dropped - then.video.frames_dropped).max(0.0);
        let share = |part: f64, all: f64| if all > 0.0 { part / all } else { 0.0 };
        let millis = if before.is_some() { now.at() - then.at() } else { 0.0 };
        Self {
            packets,
            lost: (share(lost, packets + lost) * 1_000.0) as u32,
            kilobits: (share((now.bytes() - then.bytes()) * 8.0, millis)) as u32,
            dropped: share(dropped, decoded + dropped) * 100.0,
            frozen: now.video.total_freezes_duration - then.video.total_freezes_duration,
        }
    }
}

/// What the venue knows of both ways, the artist's and the viewer's.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known<'a> {
    /// How the artist's media comes in, when it does.
    pub artist: Option<Flow>,
    /// The sizes in which the artist sends the picture.
    pub layers: &'a [Layer],
    /// How it goes out to this viewer, when they named their session.
    pub line: Option<Flow>,
    /// Kilobits a second that the viewer's network carries, by the media core's estimate.
    pub bandwidth: Option<u32>,
    /// The artist sends in a format that the viewer's browser doesn't take.
    pub foreign: bool,
    /// The most lines that the viewer's window has room for, when it said so.
    pub room: Option<u32>,
}

impl Known<'_> {
    /// Why the picture has only `lines` lines; nothing when it has as many as there are.
    fn why_small(&self, lines: u32) -> Option<String> {
        let sizes = || self.layers.iter().filter_map(|layer| Some((layer.height?, layer.kilobits)));
        let best = sizes().max().map_or(lines, |(lines, _)| lines);
        let fitting = sizes().filter(|(lines, _)| self.room.is_none_or(|room| *lines <= room));
        let (fitting, needed) = fitting.max().unwrap_or((lines, 0));
        if lines == 0 {
            None
        } else if is_less(lines, fitting)
            && self.bandwidth.is_some_and(|carried| carried > needed.saturating_mul(3) / 2)
        {
            // The artist's browser has just begun to send it.
            Some(format!("A larger picture is on its way to you, of {fitting} lines."))
        } else if is_less(lines, fitting) {
            let carried = self.bandwidth.map_or_else(
                || "no more".into(),
                |kilobits| format!("about {kilobits} kbit/s at the moment"),
            );
            Some(format!(
                "Your network carries {carried}, so you get a picture of {lines} lines instead of \
                 {fitting}. Come closer to the router, use a cable, or stop other downloads."
            ))
        } else if is_less(lines, best) {
            Some(format!(
                "Your window is small, so you get a picture of {lines} lines, which fills it. Make \
                 it larger, and you get up to {best}."
            ))
        } else if best < FEW_LINES {
            Some("The artist sends a small picture, to save their line or their device.".into())
        } else {
            None
        }
    }
}

/// Whether a picture of `lines` is visibly smaller than one of `others`: browsers cut some lines off,
/// so that their encoders like the size.
fn is_less(lines: u32, others: u32) -> bool {
    lines.saturating_mul(10) < others.saturating_mul(9)
}

/// What is wrong, and what was measured.
pub fn explain(before: Option<&Reports>, now: &Reports, known: &Known<'_>) -> Explanation {
    let artist = known.artist;
    let change = Change::between(before, now);
    let round_trip = now.round_trip.map(|seconds| (seconds * 1_000.0) as u32);
    let round_trip = round_trip.or(known.line.and_then(|line| line.round_trip));
    let jitter = (now.video.jitter.max(now.audio.jitter) * 1_000.0) as u32;
    let mut reasons = Vec::new();
    let mut because = |is: bool, words: String| {
        if is {
            reasons.push(words);
        }
    };
    let sends = artist.is_some_and(|artist| artist.kilobits > 0);
    because(
        !sends,
        "Nothing comes from the stage at the moment: the artist's line is down, or they take a \
         break. It comes back by itself."
            .into(),
    );
    because(
        sends && change.packets <= 0.0,
        "The artist sends, and nothing of it reaches you. A firewall may keep it out: try another \
         network, such as your phone's."
            .into(),
    );
    because(
        known.foreign,
        "Your browser can't show the format in which the artist sends. Update it, or take another one."
            .into(),
    );
    if let Some(artist) = artist {
        because(
            artist.lost >= MUCH_LOST,
            format!(
                "It is the artist's own line: {} of what they send is lost before it comes here. \
                 Nothing that you could change.",
                percent(artist.lost)
            ),
        );
        because(
            artist.round_trip.is_some_and(|it| it >= FAR),
            "The artist's own line is slow to answer, so what gets lost there comes too late."
                .into(),
        );
    }
    because(
        change.lost >= MUCH_LOST,
        format!(
            "Your network loses {} of the packets. Come closer to the router, use a cable, or stop \
             other downloads.",
            percent(change.lost)
        ),
    );
    because(
        round_trip.is_some_and(|it| it >= FAR),
        "Your way to the venue is long or crowded: what gets lost comes too late. A cable, or \
         leaving a VPN, may help."
            .into(),
    );
    because(
        jitter >= UNEVEN,
        "Packets come to you in bursts, so the picture waits for them. That is typical for a \
         crowded wireless network."
            .into(),
    );
    because(
        change.dropped >= MANY_DROPPED,
        "Your device can't show all pictures in time. Close other tabs and programs, and plug it in."
            .into(),
    );
    let small = known.why_small(now.video.frame_height as u32).filter(|_| sends);
    reasons.extend(small);
    if reasons.is_empty() {
        reasons.push(if change.frozen > 0.0 {
            "The picture stood still for a moment just now; nothing is wrong any more.".into()
        } else {
            "All is well at the moment: you get what the artist sends.".into()
        });
    }
    Explanation { reasons, figures: figures(now, &change, round_trip, jitter, known) }
}

fn figures(
    now: &Reports,
    change: &Change,
    round_trip: Option<u32>,
    jitter: u32,
    known: &Known<'_>,
) -> Vec<(String, String)> {
    let millis = |millis: u32| format!("{millis} ms");
    let video = &now.video;
    let mut figures = Vec::new();
    let mut add = |name: &str, value: String| figures.push((name.to_owned(), value));
    if video.frame_height > 0.0 {
        let (width, height) = (video.frame_width as u32, video.frame_height as u32);
        let frames = video.frames_per_second as u32;
        add("Your picture", format!("{width} × {height}, {frames} frames a second"));
    }
    if change.kilobits > 0 {
        add("Comes to you", format!("{} kbit/s", change.kilobits));
    }
    if let Some(kilobits) = known.bandwidth {
        add("What your line carries (estimate)", format!("{kilobits} kbit/s"));
    }
    add("Lost on the way to you", percent(change.lost));
    if let Some(round_trip) = round_trip {
        add("To the venue and back", millis(round_trip));
    }
    add("Unevenness (jitter)", millis(jitter));
    if video.freeze_count > 0.0 {
        let times = match video.freeze_count as u32 {
            1 => "once".to_owned(),
            times => format!("{times} times"),
        };
        let seconds = match video.total_freezes_duration as u32 {
            0 => "less than a second".to_owned(),
            seconds => format!("{seconds} s"),
        };
        add("Stood still since you came", format!("{times}, {seconds} in all"));
    }
    if let Some(artist) = known.artist {
        add("The artist sends", format!("{} kbit/s", artist.kilobits));
        let heights: Vec<_> = known.layers.iter().filter_map(|layer| layer.height).collect();
        if !heights.is_empty() {
            let heights: Vec<_> = heights.iter().map(u32::to_string).collect();
            add("Lines of the artist's picture", heights.join(", "));
        }
        add("Lost on the artist's way", percent(artist.lost));
        if let Some(round_trip) = artist.round_trip {
            add("The artist to the venue and back", millis(round_trip));
        }
    }
    figures
}

#[cfg(test)]
mod tests;
