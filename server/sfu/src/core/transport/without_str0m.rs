//! Transports without str0m: of publishers within the program, and of subscribers that are connected.

use str0m::IceCreds;

use super::{PLACEHOLDER_ADDRESS, Transport};
use crate::core::panics::catch_panic;
use crate::dtls::DtlsHandshake;
use crate::sdp::answer::PayloadTypes;

impl Transport {
    /// Of a publisher within the program, which needs none.
    pub(crate) fn local() -> Self {
        Transport {
            rtc: None,
            credentials: IceCreds { ufrag: String::new(), pass: String::new() },
            remote_credentials: Vec::new(),
            remote: None,
            unverified_bytes: 0,
            opened: true,
            local: PLACEHOLDER_ADDRESS,
            tracks: Vec::new(),
            nackable: PayloadTypes::default(),
            parameters: Vec::new(),
            retransmits_audio: false,
            handshake: None,
            records: Vec::new(),
            closed: false,
            broken: false,
        }
    }

    /// Drops str0m of a subscriber that is connected: its media is sent by the shards, its checks are
    /// answered by the core, and what is left of DTLS needs no timers. That is most of a subscriber's
    /// memory, and a timer every 3 s.
    pub(crate) fn retire(&mut self) {
        self.rtc = None;
    }

    /// False once the session is over.
    pub(crate) fn is_alive(&self) -> bool {
        self.rtc.as_ref().is_none_or(|rtc| rtc.is_alive())
    }

    /// Does what is left of DTLS; a panic is this peer's error, too.
    pub(super) fn without_str0m<T>(
        &mut self,
        act: impl FnOnce(&DtlsHandshake, &mut Vec<Vec<u8>>) -> Result<T, String>,
    ) -> Result<T, String> {
        if self.broken {
            return Err("it panicked".into());
        }
        let handshake = self.handshake.as_ref().ok_or("it has no connection")?;
        let records = &mut self.records;
        let done = catch_panic(|| act(handshake, records));
        self.broken = done.is_err();
        done?
    }
}
