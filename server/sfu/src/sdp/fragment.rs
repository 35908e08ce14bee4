//! SDP fragments of trickle ICE and ICE restarts (`application/trickle-ice-sdpfrag`, RFC 8840), and
//! ICE credentials.

use std::fmt;

use crate::core::IceRestart;

/// Lines of a fragment, at most.
const MAX_LINES: usize = 512;

/// ICE user name fragment and password (RFC 8839 §5.4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IceCredentials {
    /// The user name fragment.
    pub fragment: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IceCredentials(…)")
    }
}

impl IceCredentials {
    /// The first credentials in `sdp`: those of the session, or of the m-line that stands for its
    /// bundle (RFC 9143 §7.1).
    pub fn in_sdp(sdp: &str) -> Self {
        let first = |name| {
            sdp.lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap_or_default()
                .trim_end()
                .into()
        };
        Self { fragment: first("a=ice-ufrag:"), password: first("a=ice-pwd:") }
    }

    /// All credentials of an offer, each once: those of the session, and those of the m-lines that
    /// have their own.
    pub(crate) fn all_in_sdp(sdp: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut session = None;
        let mut here = Self::default();
        for line in sdp.lines().map(str::trim_end).chain(["m="]) {
            if let Some(fragment) = line.strip_prefix("a=ice-ufrag:") {
                here.fragment = fragment.into();
            } else if let Some(password) = line.strip_prefix("a=ice-pwd:") {
                here.password = password.into();
            } else if line.starts_with("m=") {
                let session = session.get_or_insert_with(|| here.clone());
                let ended = std::mem::replace(&mut here, session.clone());
                if ended.are_valid() && !all.contains(&ended) {
                    all.push(ended);
                }
            }
        }
        all
    }

    /// True if they match the grammar (RFC 8839 §5.4).
    fn are_valid(&self) -> bool {
        let is = |text: &str, least| {
            let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
            (least..=256).contains(&text.len()) && text.bytes().all(alphabet)
        };
        is(&self.fragment, 4) && is(&self.password, 22)
    }
}

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
            self.frame, venue.credentials.fragment, venue.credentials.password
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
    fn candidates_belong_to_the_session_of_the_offer_and_restarts_to_another() {
        let known = IceCredentials::in_sdp(OFFER);
        assert_eq!(SdpFragment::read(&fragment("EsAw")).expect("a fragment").credentials, known);
        assert_ne!(SdpFragment::read(&fragment("ysXw")).expect("a fragment").credentials, known);
    }

    #[test]
    fn credentials_are_found_at_the_session_and_at_each_m_line() {
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
    fn a_restart_is_answered_in_the_terms_of_the_fragment() {
        let venue = IceRestart {
            credentials: IceCredentials { fragment: "mine".into(), password: "secret".into() },
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
    fn what_is_no_fragment_is_refused() {
        for wrong in ["", "hello", "a=ice-ufrag:x", "v=0\r\na=ice-ufrag:x\r\na=ice-pwd:y", OFFER] {
            assert!(SdpFragment::read(wrong).is_err(), "{wrong}");
        }
        assert!(SdpFragment::read(&fragment("x y z")).is_err());
        let long = fragment("EsAw") + &"a=mid:0\r\n".repeat(MAX_LINES);
        assert!(SdpFragment::read(&long).is_err());
    }
}
