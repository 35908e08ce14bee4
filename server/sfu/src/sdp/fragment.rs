//! SDP fragments of trickle ICE and ICE restarts (`application/trickle-ice-sdpfrag`, RFC 8840).

use crate::core::IceRestart;
use crate::ice::credentials::IceCredentials;

/// Lines of a fragment, at most.
const MAX_LINES: usize = 512;

/// SDP fragment of a client (RFC 8840 §9). Its candidates are of no use to an ICE-lite side.
#[derive(Debug)]
pub struct SdpFragment {
    /// Credentials of its ICE session.
    pub credentials: IceCredentials,
    /// Lines that an answer repeats: the bundle group, the m-line that stands for it and that one's
    /// mid.
    frame: String,
}

impl SdpFragment {
    /// Reads a fragment.
    ///
    /// # Errors
    /// The defect, in a sentence.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let mut lines = 0;
        for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
            lines += 1;
            if !(line.starts_with("a=") || line.starts_with("m=")) {
                return Err("A fragment has only lines that begin with a= or m=.");
            }
        }
        if lines > MAX_LINES {
            return Err("The fragment has too many lines.");
        }
        let credentials = IceCredentials::in_sdp(text);
        if !credentials.are_valid() {
            return Err("A fragment needs a=ice-ufrag and a=ice-pwd as RFC 8839 has them.");
        }
        let first = |name| text.lines().find(|line| line.starts_with(name));
        let frame = ["a=group:", "m=", "a=mid:"].into_iter().filter_map(first);
        let frame = frame.map(|line| format!("{}\r\n", line.trim_end())).collect();
        Ok(Self { credentials, frame })
    }

    /// The answer to an ICE restart: what stood in the first answer stays (RFC 9725 §4.3.3).
    pub fn answer(&self, venue: &IceRestart) -> String {
        let mut answer = format!(
            "a=ice-lite\r\na=ice-options:trickle\r\n{}a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n",
            self.frame, venue.credentials.ufrag, venue.credentials.password
        );
        for candidate in &venue.candidates {
            answer.push_str(&format!("a={candidate}\r\n"));
        }
        answer + "a=end-of-candidates\r\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n\
        a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=video 9 x 96\r\n\
        a=ice-ufrag:else\r\na=ice-pwd:where\r\n";

    fn fragment(user: &str) -> String {
        format!(
            "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:{user}\r\n\
             a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\n\
             a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n"
        )
    }

    #[test]
    fn trickled_candidates_match_offer_and_restart_does_not() {
        let known = IceCredentials::in_sdp(OFFER);
        assert_eq!(SdpFragment::read(&fragment("EsAw")).expect("a fragment").credentials, known);
        assert_ne!(SdpFragment::read(&fragment("ysXw")).expect("a fragment").credentials, known);
    }

    #[test]
    fn ice_credentials_are_found_at_session_and_m_lines() {
        let pair = |at: char| {
            let password = at.to_string().repeat(22);
            (format!("a=ice-ufrag:{at}{at}{at}{at}\r\na=ice-pwd:{password}\r\n"), password)
        };
        let found = |sdp: &str| {
            let all = IceCredentials::all_in_sdp(sdp);
            all.into_iter().map(|it| it.password).collect::<Vec<_>>()
        };
        let ((a, of_a), (b, of_b)) = (pair('a'), pair('b'));
        let audio = "m=audio 9 x 111\r\n";
        let video = "m=video 9 x 96\r\n";
        assert_eq!(found(&format!("v=0\r\n{a}{audio}{video}")), std::slice::from_ref(&of_a));
        assert_eq!(found(&format!("v=0\r\n{audio}{a}{video}{a}")), std::slice::from_ref(&of_a));
        let both = [of_a, of_b];
        assert_eq!(found(&format!("v=0\r\n{audio}{a}{video}{b}")), both);
        assert_eq!(found(&format!("v=0\r\n{a}{audio}{video}{b}")), both);
        assert!(found(&format!("v=0\r\n{audio}a=ice-ufrag:x\r\na=ice-pwd:y\r\n")).is_empty());
    }

    #[test]
    fn restart_answer_repeats_fragment_lines() {
        let venue = IceRestart {
            credentials: IceCredentials { ufrag: "mine".into(), password: "secret".into() },
            candidates: vec!["candidate:1 1 udp 1 192.0.2.2 9 typ host".into()],
        };
        assert_eq!(
            SdpFragment::read(&fragment("ysXw")).expect("a fragment").answer(&venue),
            "a=ice-lite\r\na=ice-options:trickle\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:mine\r\n\
             a=ice-pwd:secret\r\na=candidate:1 1 udp 1 192.0.2.2 9 typ host\r\n\
             a=end-of-candidates\r\n"
        );
    }

    #[test]
    fn malformed_fragment_is_refused() {
        for wrong in ["", "hello", "a=ice-ufrag:x", "v=0\r\na=ice-ufrag:x\r\na=ice-pwd:y", OFFER] {
            assert!(SdpFragment::read(wrong).is_err(), "{wrong}");
        }
        assert!(SdpFragment::read(&fragment("x y z")).is_err());
        let long = fragment("EsAw") + &"a=mid:0\r\n".repeat(MAX_LINES);
        assert!(SdpFragment::read(&long).is_err());
    }
}
