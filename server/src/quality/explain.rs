//! Explanations of a bad picture, in words: out of what the viewer's browser measured (W3C "Identifiers for
//! WebRTC's Statistics API") and what the venue knows of the artist's line.
//!
//! It is done here and not in the page, so that people who never ask don't download it.

use bandstand_domain::{
    Language, Text,
    quality::{Explanation, Flow, Layer, percent},
    text,
    texts::Catalogue,
};
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

/// Measurements of a viewer's browser at one moment.
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

/// Difference between two measurements, or since the beginning.
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

/// Quality of both ways, the artist's and the viewer's, as far as the venue knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownQuality<'a> {
    /// Flow of the artist's media into the venue, when there is any.
    pub artist: Option<Flow>,
    /// The sizes in which the artist sends the picture.
    pub layers: &'a [Layer],
    /// Flow to this viewer, when they named their session.
    pub line: Option<Flow>,
    /// Kilobits a second that the viewer's network carries, by the media core's estimate.
    pub bandwidth: Option<u32>,
    /// The artist sends in a format that the viewer's browser doesn't take.
    pub foreign: bool,
    /// The most lines that the viewer's window has room for, when it said so.
    pub room: Option<u32>,
}

impl KnownQuality<'_> {
    /// Explains why the picture has only `lines` lines; none when it has as many as there are. Lines are told as
    /// text: they aren't grouped by thousands.
    fn why_small(&self, lines: u32) -> Option<Text> {
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
            Some(text!(server.explain.larger_coming, lines = fitting.to_string()))
        } else if is_less(lines, fitting) {
            let (lines, fitting) = (lines.to_string(), fitting.to_string());
            Some(match self.bandwidth {
                None => text!(server.explain.carries_no_more, lines = lines, fitting = fitting),
                Some(rate) => {
                    text!(server.explain.carries, rate = rate, lines = lines, fitting = fitting)
                }
            })
        } else if is_less(lines, best) {
            let (lines, best) = (lines.to_string(), best.to_string());
            Some(text!(server.explain.small_window, lines = lines, best = best))
        } else if best < FEW_LINES {
            Some(text!(server.explain.artist_sends_small))
        } else {
            None
        }
    }
}

/// Tells whether a picture of `lines` is visibly smaller than one of `others`: browsers cut some lines
/// off, so that their encoders like the size.
fn is_less(lines: u32, others: u32) -> bool {
    lines.saturating_mul(10) < others.saturating_mul(9)
}

/// Explains what is wrong and tells the measurements, in `language`.
pub fn explain(
    before: Option<&Reports>,
    now: &Reports,
    known: &KnownQuality<'_>,
    language: Language,
) -> Explanation {
    let artist = known.artist;
    let change = Change::between(before, now);
    let round_trip = now.round_trip.map(|seconds| (seconds * 1_000.0) as u32);
    let round_trip = round_trip.or(known.line.and_then(|line| line.round_trip));
    let jitter = (now.video.jitter.max(now.audio.jitter) * 1_000.0) as u32;
    let mut reasons = Vec::new();
    let mut because = |is: bool, words: Text| {
        if is {
            reasons.push(words);
        }
    };
    let sends = artist.is_some_and(|artist| artist.kilobits > 0);
    because(!sends, text!(server.explain.nothing_comes));
    because(sends && change.packets <= 0.0, text!(server.explain.nothing_reaches));
    because(known.foreign, text!(server.explain.foreign));
    if let Some(artist) = artist {
        let lost = percent(artist.lost, language);
        because(artist.lost >= MUCH_LOST, text!(server.explain.artist_lost, lost = lost));
        let far = artist.round_trip.is_some_and(|it| it >= FAR);
        because(far, text!(server.explain.artist_far));
    }
    let lost = percent(change.lost, language);
    because(change.lost >= MUCH_LOST, text!(server.explain.network_loses, lost = lost));
    because(round_trip.is_some_and(|it| it >= FAR), text!(server.explain.far));
    because(jitter >= UNEVEN, text!(server.explain.bursts));
    because(change.dropped >= MANY_DROPPED, text!(server.explain.device));
    reasons.extend(known.why_small(now.video.frame_height as u32).filter(|_| sends));
    if reasons.is_empty() {
        reasons.push(if change.frozen > 0.0 {
            text!(server.explain.stood_still)
        } else {
            text!(server.explain.all_is_well)
        });
    }
    let catalogue = Catalogue::of(language);
    Explanation {
        reasons: reasons.iter().map(|text| catalogue.say(text)).collect(),
        figures: figures(now, &change, round_trip, jitter, known, language),
    }
}

fn figures(
    now: &Reports,
    change: &Change,
    round_trip: Option<u32>,
    jitter: u32,
    known: &KnownQuality<'_>,
    language: Language,
) -> Vec<(String, String)> {
    let catalogue = Catalogue::of(language);
    let millis = |millis: u32| Text::Said(format!("{millis} ms"));
    let rate = |kilobits: u32| Text::Said(format!("{kilobits} kbit/s"));
    let lost = |tenths: u32| Text::Said(percent(tenths, language));
    let video = &now.video;
    let mut figures = Vec::new();
    let mut add =
        |name: Text, value: Text| figures.push((catalogue.say(&name), catalogue.say(&value)));
    if video.frame_height > 0.0 {
        // As text: sizes of pictures aren't grouped by thousands.
        let [width, height] =
            [video.frame_width, video.frame_height].map(|it| (it as u32).to_string());
        let frames = video.frames_per_second as u32;
        let size =
            text!(server.explain.picture_size, width = width, height = height, frames = frames);
        add(text!(server.explain.your_picture), size);
    }
    if change.kilobits > 0 {
        add(text!(server.explain.comes_to_you), rate(change.kilobits));
    }
    if let Some(kilobits) = known.bandwidth {
        add(text!(server.explain.line_carries), rate(kilobits));
    }
    add(text!(server.explain.lost), lost(change.lost));
    if let Some(round_trip) = round_trip {
        add(text!(server.explain.round_trip), millis(round_trip));
    }
    add(text!(server.explain.jitter), millis(jitter));
    if video.freeze_count > 0.0 {
        let times = text!(server.explain.times, count = video.freeze_count as u32);
        let seconds = match video.total_freezes_duration as u32 {
            0 => text!(server.explain.under_a_second),
            seconds => text!(server.explain.seconds, seconds = seconds),
        };
        let frozen = text!(server.explain.frozen_times, times = times, seconds = seconds);
        add(text!(server.explain.frozen), frozen);
    }
    if let Some(artist) = known.artist {
        add(text!(server.explain.artist_sends), rate(artist.kilobits));
        let heights: Vec<_> = known.layers.iter().filter_map(|layer| layer.height).collect();
        if !heights.is_empty() {
            let heights: Vec<_> = heights.iter().map(u32::to_string).collect();
            add(text!(server.explain.artist_lines), Text::Said(heights.join(", ")));
        }
        add(text!(server.explain.artist_way_lost), lost(artist.lost));
        if let Some(round_trip) = artist.round_trip {
            add(text!(server.explain.artist_round_trip), millis(round_trip));
        }
    }
    figures
}

#[cfg(test)]
mod tests;
