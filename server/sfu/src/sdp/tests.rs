//! Offers as clients write them. Accepted ones go through the SDP library, too.

use std::fs;
use std::path::Path;
use std::time::Instant;

use str0m::Candidate;

use super::answer::{check_answer, finish};
use super::offer::{PreparedOffer, prepare};
use crate::config::SfuLimits;
use crate::core::transport::{PreparedSession, Transport, TransportContext};
use crate::error::OfferError;
use crate::event::SessionRole;

/// Transport attributes of all offers here.
const TRANSPORT: &str = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n\
    a=fingerprint:sha-256 2C:4B:91:E9:9D:51:5B:B3:0C:3C:8B:5E:6F:D9:DB:A6:B5:95:3A:56:25:7F:2D:36:CF:D0:\
    79:59:67:B5:2F:07\r\n";

fn section(kind: &str, format: u8, mid: &str) -> String {
    let codec = if kind == "audio" { "opus/48000/2" } else { "VP8/90000" };
    let line = format!("m={kind} 9 UDP/TLS/RTP/SAVPF {format}\r\n");
    format!("{line}a=mid:{mid}\r\na=rtpmap:{format} {codec}\r\na=rtcp-mux\r\n")
}

fn offer(session: &str, sections: &[String]) -> String {
    let sections = sections.concat();
    format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n{session}{TRANSPORT}{sections}")
}

fn both() -> [String; 2] {
    [section("audio", 111, "0"), section("video", 96, "1")]
}

fn prepared(text: &str, role: SessionRole) -> Result<PreparedOffer, OfferError> {
    prepare(text, role, &SfuLimits::default())
}

#[allow(clippy::disallowed_methods, reason = "any starting point will do")]
fn accepted(text: &str, role: SessionRole) -> Result<PreparedSession, OfferError> {
    let here = Candidate::host(([192, 0, 2, 2], 9).into(), "udp").expect("a candidate");
    let shared = TransportContext::new(vec![here]).expect("a certificate");
    Transport::accept(Instant::now(), role, text, &shared, &SfuLimits::default())
}

fn answer(text: &str, role: SessionRole) -> Result<String, OfferError> {
    accepted(text, role).map(|opening| opening.answer)
}

/// The answer to it.
#[track_caller]
fn taken(text: &str, role: SessionRole) -> String {
    match answer(text, role) {
        Ok(answer) => answer,
        Err(error) => panic!("{error}: {text}"),
    }
}

#[track_caller]
fn refused(text: &str, role: SessionRole) -> OfferError {
    match answer(text, role) {
        Ok(answer) => panic!("{answer}"),
        Err(error) => error,
    }
}

fn lines<'a>(text: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.strip_prefix(start))
}

/// An offer that a browser made.
fn of_browser(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/offer");
    fs::read_to_string(folder.join(name)).expect("an offer")
}

#[test]
fn offer_in_any_valid_spelling_is_accepted() {
    let plain = of_browser("chromium-whep");
    let usual = taken(&plain, SessionRole::Subscriber);
    let group = "a=group:BUNDLE 0 1";
    let spellings = [
        plain.replace("s=-", "s= "),
        plain.replace("s=-", "s=a show\r\ni=of shows\r\nu=http://192.0.2.1/\r\ne=a@b.example"),
        plain.replace("t=0 0", "b=CT:5000\r\nt=3724394400 0\r\nr=7d 1h 0 25h"),
        plain.replace("c=IN IP4 192.0.2.1\r\na=rtcp", "b=AS:2500\r\nb=TIAS:2500000\r\na=rtcp"),
        plain.replace("c=IN IP4 192.0.2.1\r\na=rtcp", "i=camera\r\nc=IN IP4 192.0.2.1\r\na=rtcp"),
        plain.replace(group, "a=group:LS 0 1\r\na=group:BUNDLE 0 1"),
        plain.replace(group, "a=group:BUNDLE 0 1 2 sound"),
        plain.replace("o=- 9119546186028709403 2", "o=FFmpeg 99999999999999999999999 2"),
        plain.replace("\r\n", "\n"),
        plain.replace("a=setup:actpass", "a=setup:active"),
        plain.replace("a=rtcp-mux\r\n", "a=rtcp-mux\r\na=whatever:this is\r\na=flag\r\n"),
    ];
    let lines = |answer: &str| {
        let secret = ["a=ice-", "a=ssrc", "a=msid:", "o=", "a=fingerprint"];
        let plain = answer.lines().filter(|line| !secret.iter().any(|it| line.starts_with(it)));
        plain.map(str::to_owned).collect::<Vec<_>>()
    };
    for spelling in spellings {
        assert_ne!(spelling, plain);
        assert_eq!(lines(&taken(&spelling, SessionRole::Subscriber)), lines(&usual), "{spelling}");
    }
}

#[test]
fn single_m_line_without_bundle_is_accepted() {
    let sound = [section("audio", 111, "0")];
    let answer = taken(&offer("", &sound), SessionRole::Publisher);
    assert!(!answer.contains("a=group") && answer.contains("\r\na=mid:0\r\n"));
    let answer = taken(&offer("a=group:BUNDLE 0 1\r\n", &sound), SessionRole::Publisher);
    assert!(answer.contains("\r\na=group:BUNDLE 0\r\n"));
    // Nor a name.
    let answer = taken(&offer("", &[sound[0].replace("a=mid:0\r\n", "")]), SessionRole::Publisher);
    assert!(!answer.contains("a=mid"));
}

#[test]
fn m_lines_outside_bundle_are_refused() {
    for group in ["", "a=group:LS 0 1\r\n", "a=group:BUNDLE 0\r\n"] {
        let error = refused(&offer(group, &both()), SessionRole::Subscriber);
        assert!(matches!(error, OfferError::Unacceptable(why) if why.contains("BUNDLE")));
    }
}

#[test]
fn first_of_bundle_describes_transport() {
    let answer = taken(&offer("a=group:BUNDLE 1 0\r\n", &both()), SessionRole::Subscriber);
    assert!(answer.contains("\r\na=group:BUNDLE 1 0\r\n"));
    let (before, video) = answer.split_once("m=video").expect("two m-lines");
    assert!(!before.contains("a=candidate") && video.contains("a=candidate"));
    assert!(video.contains("\r\na=end-of-candidates\r\n"));
    // The offer's, likewise.
    let [audio, video] = both();
    let own = "a=ice-ufrag:tagged\r\na=ice-pwd:tagged-tagged-tagged-tagged\r\n";
    let text = offer("a=group:BUNDLE 1 0\r\n", &[audio, video + own]);
    let text = prepared(&text, SessionRole::Subscriber).expect("taken").text;
    assert!(text.contains("a=ice-ufrag:tagged\r\n") && !text.contains("a=ice-ufrag:abcd"));
}

#[test]
fn answer_repeats_mids_and_protocols() {
    let [audio, video] = both();
    let long = ["sound-of-the-stage-1", "sound-of-the-stage-2"];
    let audio = audio.replace("a=mid:0", &format!("a=mid:{}", long[0]));
    let video = video.replace("a=mid:1", &format!("a=mid:{}", long[1]));
    let session = format!("a=group:BUNDLE {} {}\r\n", long[0], long[1]);
    let text = offer(&session, &[audio, video.replace("UDP/TLS", "TCP/TLS")]);
    let PreparedSession { mut transport, answer } =
        accepted(&text, SessionRole::Subscriber).expect("taken");
    assert!(answer.contains(&session));
    assert_eq!(lines(&answer, "a=mid:").collect::<Vec<_>>(), long);
    assert!(answer.contains("m=audio 9 UDP/TLS/RTP/SAVPF "));
    assert!(answer.contains("m=video 9 TCP/TLS/RTP/SAVPF "));
    // Packets name their m-line by it, too, or by nothing.
    let mids: Vec<String> = transport.take_tracks().into_iter().map(|track| track.mid).collect();
    assert_eq!(mids, long);
    let strange = offer("", &[section("audio", 111, "é")]);
    assert!(matches!(refused(&strange, SessionRole::Publisher), OfferError::Malformed(_)));
}

#[test]
fn answer_takes_complementary_dtls_role() {
    for (offered, answered) in
        [("actpass", "passive"), ("active", "passive"), ("passive", "active")]
    {
        for role in [SessionRole::Publisher, SessionRole::Subscriber] {
            let text = of_browser("chromium-whep").replace("recvonly", "sendrecv");
            let text = text.replace("a=setup:actpass", &format!("a=setup:{offered}"));
            let answer = taken(&text, role);
            assert!(lines(&answer, "a=setup:").all(|setup| setup == answered), "{answer}");
        }
    }
    let none = offer("a=setup:holdconn\r\n", &[section("audio", 111, "0")]);
    assert!(matches!(refused(&none, SessionRole::Publisher), OfferError::Unacceptable(_)));
}

#[test]
fn weak_fingerprints_are_refused_unless_safe_one_is_offered() {
    let text = of_browser("aiortc-whip");
    let all = prepared(&text, SessionRole::Publisher).expect("taken").fingerprints;
    assert_eq!(all.len(), 3);
    let weak = "sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";
    let only = |keep: &str| -> String {
        let kept = text
            .lines()
            .filter(|line| !line.starts_with("a=fingerprint:") || line[14..].starts_with(keep));
        kept.map(|line| format!("{line}\r\n")).collect()
    };
    for safe in ["sha-256", "sha-384", "sha-512"] {
        let beside = only(safe).replace("a=setup:", &format!("a=fingerprint:{weak}\r\na=setup:"));
        let known = prepared(&beside, SessionRole::Publisher).expect("taken").fingerprints;
        assert_eq!(known.len(), 1, "{safe}");
        taken(&beside, SessionRole::Publisher);
    }
    let none = only("none").replace("a=setup:", &format!("a=fingerprint:{weak}\r\na=setup:"));
    let error = refused(&none, SessionRole::Publisher);
    assert!(matches!(error, OfferError::Unacceptable(why) if why.contains("sha-256")));
    assert!(matches!(refused(&only("none"), SessionRole::Publisher), OfferError::Malformed(_)));
}

#[test]
fn too_long_offer_is_refused_unread() {
    let text = offer("", &[section("audio", 111, "0")]);
    let of = |line: &str, count: usize| {
        prepared(&(text.clone() + &line.repeat(count)), SessionRole::Publisher)
    };
    // Unreadable lines at the end of it would be an error of another kind.
    assert!(matches!(of("!\r\n", 1), Err(OfferError::Malformed(_))));
    assert!(matches!(of("!\r\n", 13_000), Err(OfferError::TooLong)));
    assert!(matches!(of(&format!("a=x:{}\r\n", "x".repeat(5_000)), 1), Err(OfferError::TooLong)));
    // What is not known costs the library nothing.
    let known = of("a=whatever\r\na=rtpmap:5 x/1\r\na=fmtp:99 apt=96\r\n", 1).expect("taken");
    assert_eq!(known.text, of("", 1).expect("taken").text);
    let twice = of("a=rtpmap:111 opus/48000/2\r\n", 1).expect_err("two codecs");
    assert_eq!(twice.to_string(), "the offer can't be read: payload type 111 has two codecs");
}

#[test]
fn malformed_offer_error_names_line_only() {
    let [audio, video] = both();
    let text = offer("a=group:BUNDLE 0 1\r\n", &[audio, video]);
    let wrong = [
        (text.replacen("m=video 9 UDP/TLS/RTP/SAVPF 96", "m=video 9 UDP/TLS/RTP/SAVPF 300", 1), 13),
        (text.replacen("t=0 0", "t", 1), 4),
        (text.replacen("t=0 0", "x=0 0", 1), 4),
        (text.replacen("a=mid:1", "v=0", 1), 14),
        (text.replacen("v=0", "v=1", 1), 1),
    ];
    for (text, line) in wrong {
        let OfferError::Malformed(why) = refused(&text, SessionRole::Subscriber) else {
            panic!("{text}");
        };
        assert!(why.starts_with(&format!("line {line}: ")), "{why}");
    }
    // What the library finds, it says in its own words, which stay here.
    let twice =
        text.replace(":96 VP8", ":96 H264").replace("a=mid:1", "a=mid:1\r\na=fmtp:96 apt=96");
    let without = text.replace("a=rtpmap:96 VP8/90000\r\n", "");
    for text in [twice, without] {
        if let Err(error) = answer(&text, SessionRole::Subscriber) {
            assert!(!error.to_string().contains("0x") && !error.to_string().contains("Parse"));
        }
    }
}

#[test]
fn offer_is_reduced_to_one_direction() {
    let direction = |text: &str, role| {
        let text = prepared(text, role).map(|offer| offer.text)?;
        let known = ["sendonly", "recvonly", "inactive", "sendrecv"];
        let said = lines(&text, "a=").filter(|line| known.contains(line)).map(str::to_owned);
        Ok::<_, OfferError>(said.collect::<Vec<_>>())
    };
    let of = |session: &str, audio: &str, video: &str| {
        let [mut first, mut second] = both();
        first.push_str(audio);
        second.push_str(video);
        offer(&format!("a=group:BUNDLE 0 1\r\n{session}"), &[first, second])
    };
    let unsaid = of("", "a=sendrecv\r\na=candidate:1 1 udp 1 x.local 9 typ host\r\n", "");
    assert_eq!(
        direction(&unsaid, SessionRole::Publisher).expect("taken"),
        ["sendonly", "sendonly"]
    );
    assert_eq!(
        direction(&unsaid, SessionRole::Subscriber).expect("taken"),
        ["recvonly", "recvonly"]
    );
    let quiet = of("a=inactive\r\n", "", "a=sendonly\r\n");
    assert_eq!(direction(&quiet, SessionRole::Publisher).expect("taken"), ["inactive", "sendonly"]);
    let wrong = of("a=recvonly\r\n", "", "a=inactive\r\n");
    assert!(matches!(direction(&wrong, SessionRole::Publisher), Err(OfferError::Unacceptable(_))));
    assert!(direction(&wrong, SessionRole::Subscriber).is_ok());
}

#[test]
fn publisher_offer_is_accepted_whole_or_refused() {
    let many: Vec<String> = (0..5).map(|mid| section("audio", 111, &mid.to_string())).collect();
    let many = offer("a=group:BUNDLE 0 1 2 3 4\r\n", &many);
    assert!(matches!(prepared(&many, SessionRole::Publisher), Err(OfferError::Unacceptable(_))));
    assert!(prepared(&many, SessionRole::Subscriber).is_ok());
    let data = offer("", &["m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n".to_owned()]);
    assert!(matches!(prepared(&data, SessionRole::Subscriber), Err(OfferError::Unacceptable(_))));
    assert!(matches!(
        prepared(&offer("", &[]), SessionRole::Subscriber),
        Err(OfferError::Unacceptable(_))
    ));
    let answer = "v=0\r\nm=audio 9 x 111\r\nm=video 0 x 96\r\n";
    assert!(matches!(
        check_answer(answer, SessionRole::Publisher),
        Err(OfferError::Unacceptable(_))
    ));
    assert!(check_answer(answer, SessionRole::Subscriber).is_ok());
    let none = "m=video 0 x 96\r\n";
    assert!(matches!(
        check_answer(none, SessionRole::Subscriber),
        Err(OfferError::Unacceptable(_))
    ));
}

fn finished(answer: &str, text: &str, role: SessionRole) -> String {
    finish(answer, &prepared(text, role).expect("an offer"), role)
}

#[test]
fn answer_repeats_opus_bitrate() {
    let sound = section("audio", 111, "0");
    let text = offer("", &[sound + "a=fmtp:111 stereo=1;maxaveragebitrate=256000;x\r\n"]);
    let answer = finished("a=fmtp:111 minptime=10;useinbandfec=1", &text, SessionRole::Publisher);
    assert_eq!(answer, "a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=256000\r\n");
}

#[test]
fn answer_keeps_format_order_of_publisher() {
    let video = section("video", 98, "1").replace("SAVPF 98", "SAVPF 98 99 96 97");
    let text = offer("a=group:BUNDLE 0 1\r\n", &[section("audio", 111, "0"), video]);
    let answer = "m=audio 9 x 111\r\na=mid:0\r\nm=video 9 x 96 98 97 99";
    let answer = finished(answer, &text, SessionRole::Publisher);
    let protocol = "UDP/TLS/RTP/SAVPF";
    let said =
        format!("m=audio 9 {protocol} 111\r\na=mid:0\r\nm=video 9 {protocol} 98 99 96 97\r\n");
    assert_eq!(answer, format!("a=group:BUNDLE 0 1\r\n{said}"));
}

#[test]
fn answer_repeats_offered_feedback() {
    let [audio, video] = both();
    let wishes = "a=rtcp-fb:96 rrtr\r\na=rtcp-fb:97 rrtr\r\n";
    let text = offer("a=group:BUNDLE 0 1\r\n", &[audio + "a=rtcp-fb:111 nack\r\n", video + wishes]);
    let text = text.replace("SAVPF 96", "SAVPF 96 97");
    let answer = "a=rtpmap:111 opus/48000/2\r\na=rtpmap:96 VP8/90000";
    let with = |text: &str, role| finished(answer, text, role).replace("a=group:BUNDLE\r\n", "");
    let [to_subscriber, to_publisher] =
        [SessionRole::Subscriber, SessionRole::Publisher].map(|role| with(&text, role));
    assert_eq!(
        to_subscriber,
        "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 nack\r\na=rtpmap:96 VP8/90000\r\n\
         a=rtcp-fb:96 rrtr\r\n"
    );
    assert_eq!(to_publisher, to_subscriber.replace("a=rtcp-fb:96 rrtr\r\n", ""));
    let nothing = offer("a=group:BUNDLE 0 1\r\n", &both());
    assert!(!with(&nothing, SessionRole::Subscriber).contains("rtcp-fb"));
}

#[test]
fn answer_candidates_have_no_ufrag_and_are_final() {
    let text = offer("", &[section("audio", 111, "0")]);
    let line = "a=candidate:1 1 udp 1 192.0.2.1 9 typ host";
    let answer =
        finished(&format!("{line} ufrag abc\n{line} ufrag abc"), &text, SessionRole::Subscriber);
    assert_eq!(answer, format!("{line}\r\n{line}\r\na=end-of-candidates\r\n"));
}

#[test]
fn subscriber_tracks_share_stream_and_cname() {
    let text = offer("", &[section("audio", 111, "0")]);
    let answer = "a=msid:abc def\na=ssrc:1 msid:abc def\na=ssrc:1 cname:x";
    assert_eq!(
        finished(answer, &text, SessionRole::Subscriber),
        "a=msid:stage def\r\na=ssrc:1 msid:stage def\r\na=ssrc:1 cname:stage\r\n"
    );
}
