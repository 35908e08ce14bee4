//! Mounts and the media core: what is sent on to viewers by WebRTC, and streams of what comes so.

use std::sync::Arc;

use bandstand_domain::ShowId;
use bandstand_radio::{AudioInfo, Framed, StreamTail};

use super::{Mounts, end_stream};
use crate::radio::live_stream::LiveStream;

impl Mounts {
    /// Notes that the sound of `show` is bridged to the media core; false when it is already.
    pub fn begin_bridge(&self, show: ShowId) -> bool {
        self.state().bridged.insert(show)
    }

    /// The stream that is bridged next; none when there is none, and then nothing is bridged any more. What is
    /// relayed is in the media core already.
    pub fn bridged(&self, show: ShowId) -> Option<Arc<LiveStream>> {
        let mut all = self.state();
        let mount = all.mounts.get(&show).filter(|it| !it.relays);
        let stream = mount.and_then(|it| it.stream.clone());
        if stream.is_none() {
            all.bridged.remove(&show);
        }
        stream
    }

    /// The stream of what source clients send to `show`, when there is one.
    pub fn sent(&self, show: ShowId) -> Option<Arc<LiveStream>> {
        self.state().mounts.get(&show).filter(|it| !it.relays)?.stream.clone()
    }

    /// The stream of who is on the stage of `show` by WebRTC, and whether it is new, so that it has to be fed;
    /// none while a source stands there.
    pub fn relayed(&self, show: ShowId, info: AudioInfo) -> Option<(Arc<LiveStream>, bool)> {
        let mut all = self.state();
        let mount = all.mounts.entry(show).or_default();
        if mount.source.is_some() {
            return None;
        }
        if let Some(stream) = mount.stream.as_ref().filter(|_| mount.relays) {
            return Some((stream.clone(), false));
        }
        // Of a source that has ended nothing is waited for any more.
        (mount.relays, mount.ended) = (true, None);
        Some((mount.renew(info, &self.skips), true))
    }

    /// Appends sound that is relayed, and where its stream is then; false when it isn't heard any more.
    pub fn relay(
        &self,
        show: ShowId,
        stream: &Arc<LiveStream>,
        parts: &[Framed],
        tail: StreamTail,
    ) -> bool {
        let mut all = self.state();
        let mount = all.mounts.get_mut(&show).filter(|it| it.is_relayed());
        let same =
            |it: &&mut super::Mount| it.stream.as_ref().is_some_and(|it| Arc::ptr_eq(it, stream));
        let Some(mount) = mount.filter(same) else { return false };
        mount.tail = tail;
        // As with what sources send: the place is taken under the lock.
        let writer = stream.writer();
        drop(all);
        writer.append(parts);
        true
    }

    /// Ends a stream that was relayed, unless a source goes on with it.
    pub fn end_relay(&self, show: ShowId, stream: &Arc<LiveStream>) {
        let mut all = self.state();
        let ends = all.mounts.get(&show).is_some_and(|it| {
            it.is_relayed() && it.stream.as_ref().is_some_and(|it| Arc::ptr_eq(it, stream))
        });
        if ends {
            end_stream(all.mounts.remove(&show));
        }
    }
}
