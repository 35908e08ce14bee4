//! Why a picture is as it is, in words: out of what the viewer's browser measured (W3C "Identifiers for
//! WebRTC's Statistics API") and what the venue knows of the artist's line.
//!
//! It is done here and not in the page, so that people who never ask don't download it.

use bandstand_domain::figures::{Explanation, Flow};
use serde::Deserialize;

use super::monitor::{FAR, MUCH_LOST, UNEVEN};

/// Frames dropped by the device, in percent, from which on it can't keep up.
const MANY_DROPPED: f64 = 10.0;
/// A picture of fewer lines is a small one.
const FEW_LINES: f64 = 300.0;

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

/// What is wrong, and what was measured. `artist` is how the artist's media comes in, `line` how it
/// goes out to this viewer.
pub fn explain(
    before: Option<&Reports>,
    now: &Reports,
    artist: Option<Flow>,
    line: Option<Flow>,
) -> Explanation {
    let change = Change::between(before, now);
    let round_trip = now.round_trip.map(|seconds| (seconds * 1_000.0) as u32);
    let round_trip = round_trip.or(line.and_then(|line| line.round_trip));
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
    because(
        sends && now.video.frame_height > 0.0 && now.video.frame_height < FEW_LINES,
        "The artist sends a small picture, to save their line or their device.".into(),
    );
    if reasons.is_empty() {
        reasons.push(if change.frozen > 0.0 {
            "The picture stood still for a moment just now; nothing is wrong any more.".into()
        } else {
            "All is well at the moment: you get what the artist sends.".into()
        });
    }
    Explanation { reasons, figures: figures(now, &change, round_trip, jitter, artist) }
}

fn figures(
    now: &Reports,
    change: &Change,
    round_trip: Option<u32>,
    jitter: u32,
    artist: Option<Flow>,
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
    add("Lost on the way to you", percent(change.lost));
    if let Some(round_trip) = round_trip {
        add("To the venue and back", millis(round_trip));
    }
    add("Unevenness (jitter)", millis(jitter));
    if video.freeze_count > 0.0 {
        let seconds = video.total_freezes_duration as u32;
        let times = video.freeze_count as u32;
        add("Stood still since you came", format!("{times} times, {seconds} s in all"));
    }
    if let Some(artist) = artist {
        add("The artist sends", format!("{} kbit/s", artist.kilobits));
        add("Lost on the artist's way", percent(artist.lost));
        if let Some(round_trip) = artist.round_trip {
            add("The artist to the venue and back", millis(round_trip));
        }
    }
    figures
}

/// Tenths of a percent as people read them.
fn percent(tenths: u32) -> String {
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(seconds: f64, received: f64, lost: f64, rest: &str) -> Reports {
        let bytes = received * 1_000.0;
        let at = seconds * 1_000.0;
        Reports::read(&format!(
            r#"[{{"type":"inbound-rtp","kind":"video","packetsReceived":{received},
                "packetsLost":{lost},"bytesReceived":{bytes},"framesDecoded":{received},
                "frameWidth":640,"frameHeight":480,"framesPerSecond":30,"timestamp":{at}{rest}}},
              {{"type":"candidate-pair","nominated":true,"currentRoundTripTime":0.023}},
              {{"type":"codec","mimeType":"video/VP8"}}]"#
        ))
        .unwrap()
    }

    const ARTIST: Flow = Flow { kilobits: 1_500, lost: 0, round_trip: Some(20), jitter: None };

    fn first(before: &Reports, now: &Reports, artist: Option<Flow>) -> String {
        explain(Some(before), now, artist, None).reasons.remove(0)
    }

    #[test]
    fn the_reason_is_found_on_the_side_on_which_it_is() {
        let before = reports(0.0, 1_000.0, 100.0, "");
        let fine = reports(5.0, 1_500.0, 100.0, "");
        assert!(first(&before, &fine, Some(ARTIST)).starts_with("All is well"));
        // What was lost long ago is no reason any more; what is lost now is.
        let lossy = reports(5.0, 1_450.0, 150.0, "");
        assert!(first(&before, &lossy, Some(ARTIST)).starts_with("Your network loses 10.0 %"));
        let bad_line = Flow { lost: 50, ..ARTIST };
        assert!(first(&before, &fine, Some(bad_line)).contains("artist's own line: 5.0 %"));
        let stuck = reports(5.0, 1_000.0, 100.0, "");
        assert!(first(&before, &stuck, Some(ARTIST)).contains("nothing of it reaches you"));
        assert!(first(&before, &stuck, None).starts_with("Nothing comes from the stage"));
        let busy = reports(5.0, 1_500.0, 100.0, r#","framesDropped":200"#);
        assert!(first(&before, &busy, Some(ARTIST)).starts_with("Your device"));
        let uneven = reports(5.0, 1_500.0, 100.0, r#","jitter":0.12"#);
        assert!(first(&before, &uneven, Some(ARTIST)).starts_with("Packets come to you in bursts"));
    }

    #[test]
    fn figures_are_told_as_people_read_them() {
        let before = reports(0.0, 1_000.0, 0.0, "");
        let now = reports(5.0, 1_500.0, 5.0, r#","freezeCount":2,"totalFreezesDuration":1.6"#);
        let said = explain(Some(&before), &now, Some(ARTIST), None);
        let of = |name: &str| {
            said.figures.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
        };
        assert_eq!(of("Your picture"), Some("640 × 480, 30 frames a second"));
        assert_eq!(of("Comes to you"), Some("800 kbit/s"));
        assert_eq!(of("Lost on the way to you"), Some("0.9 %"));
        assert_eq!(of("To the venue and back"), Some("23 ms"));
        assert_eq!(of("Stood still since you came"), Some("2 times, 1 s in all"));
    }

    #[test]
    fn what_a_browser_may_send_is_borne() {
        for text in ["", "{}", "[1]", "[{\"type\":7}]", "[{\"packetsLost\":\"x\"}]"] {
            assert!(Reports::read(text).is_none(), "{text}");
        }
        let nothing = Reports::read("[]").unwrap();
        let odd = Reports::read(
            r#"[{"type":"inbound-rtp","kind":"video","packetsReceived":-1e308,"packetsLost":1e308,
                "frameWidth":1e300,"timestamp":-5}]"#,
        )
        .unwrap();
        for (before, now) in [(None, &nothing), (Some(&odd), &nothing), (Some(&nothing), &odd)] {
            assert!(!explain(before, now, None, None).reasons.is_empty());
        }
    }
}
