//! ICE credentials (RFC 8839 §5.4), as they stand in SDP.

use std::fmt;

/// ICE user name fragment and password (RFC 8839 §5.4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IceCredentials {
    /// The user name fragment.
    pub ufrag: String,
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
        Self { ufrag: first("a=ice-ufrag:"), password: first("a=ice-pwd:") }
    }

    /// All credentials of an offer, each once: those of the session, and those of the m-lines that
    /// have their own.
    pub(crate) fn all_in_sdp(sdp: &str) -> Vec<Self> {
        let mut all: Vec<Self> = Vec::new();
        let mut session = None;
        let mut here = Self::default();
        for line in sdp.lines().map(str::trim_end).chain(["m="]) {
            if let Some(ufrag) = line.strip_prefix("a=ice-ufrag:") {
                here.ufrag = ufrag.into();
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
    pub(crate) fn are_valid(&self) -> bool {
        let is = |text: &str, least| {
            let alphabet = |b: u8| b.is_ascii_alphanumeric() || b == b'+' || b == b'/';
            (least..=256).contains(&text.len()) && text.bytes().all(alphabet)
        };
        is(&self.ufrag, 4) && is(&self.password, 22)
    }
}
