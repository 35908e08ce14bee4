//! Tests of the explanations.

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
    let known = KnownQuality { artist, ..KnownQuality::default() };
    explain(Some(before), now, &known, Language::English).reasons.remove(0)
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
    let foreign = KnownQuality { artist: Some(ARTIST), foreign: true, ..KnownQuality::default() };
    let said = explain(Some(&before), &fine, &foreign, Language::English).reasons;
    assert!(said[0].starts_with("Your browser can't show the format"), "{said:?}");
    let busy = reports(5.0, 1_500.0, 100.0, r#","framesDropped":200"#);
    assert!(first(&before, &busy, Some(ARTIST)).starts_with("Your device"));
    let uneven = reports(5.0, 1_500.0, 100.0, r#","jitter":0.12"#);
    assert!(first(&before, &uneven, Some(ARTIST)).starts_with("Packets come to you in bursts"));
}

#[test]
fn a_small_picture_has_its_reason() {
    let layer = |lines| Layer { height: Some(lines), kilobits: lines * 2 };
    let (all, small) = ([layer(720), layer(360), layer(180)], [layer(240)]);
    let of = |lines, layers, room, carried| {
        let known =
            KnownQuality { layers, room, bandwidth: Some(carried), ..KnownQuality::default() };
        known.why_small(lines).map(|it| it.to_string()).unwrap_or_default()
    };
    assert_eq!(of(718, &all[..], None, 700), "", "encoders cut lines off");
    let narrow = of(180, &all, Some(700), 700);
    assert!(narrow.starts_with("Your network carries about 700 kbit/s"), "{narrow}");
    assert!(narrow.contains("180 lines instead of 360"), "{narrow}");
    assert!(of(360, &all, None, 700).contains("360 lines instead of 720"));
    assert!(of(360, &all, None, 9_000).starts_with("A larger picture is on its way"));
    assert!(of(360, &all, Some(700), 9_000).starts_with("Your window is small"));
    assert!(of(240, &small, Some(700), 700).starts_with("The artist sends a small picture"));
    let large = [layer(2_160), layer(1_080)];
    assert!(of(1_080, &large, None, 700).contains("1080 lines instead of 2160"));
    assert_eq!(of(0, &all, None, 700), "", "there is no picture yet");
}

#[test]
fn figures_are_told_as_people_read_them() {
    let before = reports(0.0, 1_000.0, 0.0, "");
    let mut now = reports(5.0, 1_500.0, 5.0, r#","freezeCount":2,"totalFreezesDuration":1.6"#);
    (now.video.frame_width, now.video.frame_height) = (1_920.0, 1_080.0);
    let layers = [Layer { height: Some(1_080), kilobits: 1_400 }];
    let known = KnownQuality {
        artist: Some(ARTIST),
        layers: &layers,
        bandwidth: Some(2_345),
        ..KnownQuality::default()
    };
    let said = explain(Some(&before), &now, &known, Language::English);
    let of = |name: &str| {
        said.figures.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    };
    assert_eq!(of("Your picture"), Some("1920 × 1080, 30 frames a second"));
    assert_eq!(of("Comes to you"), Some("800 kbit/s"));
    assert_eq!(of("Your bandwidth (estimate)"), Some("2345 kbit/s"));
    assert_eq!(of("Picture sizes on offer"), Some("1080"));
    assert_eq!(of("Lost on the way to you"), Some("0.9 %"));
    assert_eq!(of("Round trip"), Some("23 ms"));
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
        assert!(
            !explain(before, now, &KnownQuality::default(), Language::English).reasons.is_empty()
        );
    }
}
