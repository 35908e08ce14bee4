//! The way of a packet through one of a publisher's tracks.

use std::sync::Arc;

use str0m::format::Codec;
use str0m::media::Rid;
use str0m::rtp::ExtensionValues;

use super::{ReceiveLayer, ReceiveTrack, ReceivedPacket, ReceptionSpan, SvcStream};
use crate::codec::dependency_descriptor;
use crate::codec::h264;
use crate::codec::keyframe::begins_keyframe;
use crate::codec::parameter_sets::{H264Packet, Placement, Sets};
use crate::codec::svc::{LayerInfo, LayerShare, SvcSplitter};
use crate::codec::vp8::{Vp8Picture, vp8_height};
use crate::codec::vp9;
use crate::rtp::nack_generator::NackGenerator;
use crate::rtp::numbers::{ExtSeq, Ssrc};
use crate::rtp::packet::{
    ForwardedExtensions, ForwardedPacket, MAX_LAYERS, Packet, Source, clock_rate, spatial_layer,
};

impl ReceiveTrack {
    /// Index of a layer; [`None`] if there are too many.
    pub(super) fn layer(&mut self, rid: Option<Rid>) -> Option<usize> {
        if let Some(known) = self.layers.iter().position(|l| l.rid == rid) {
            return Some(known);
        }
        if self.layers.len() >= MAX_LAYERS {
            return None;
        }
        self.layers.push(ReceiveLayer::new(rid));
        Some(self.layers.len() - 1)
    }

    /// Classifies a packet, and forwards it to its layers.
    pub(super) fn take(
        &mut self,
        layer: usize,
        arrived: ReceivedPacket,
        values: &ExtensionValues,
        burst: &mut Vec<ForwardedPacket>,
    ) {
        let ReceivedPacket { source, timestamp, codec, arrival, .. } = arrived;
        let payload = &arrived.payload;
        let mut extensions = ForwardedExtensions::of(values);
        let part = match codec.spec().codec {
            Codec::Vp9 => vp9::read(payload),
            Codec::Av1 => {
                extensions.dependency = dependency_descriptor::of(values);
                extensions.dependency.as_deref().map(|it| self.templates.read(it))
            }
            _ => None,
        };
        // Padding, or a packet that doesn't say where it belongs, is a share of all layers: the stream
        // is no other one for that.
        let scalable = self.scalable.as_ref().is_some_and(|it| it.ssrc == source);
        let part = part.or_else(|| scalable.then(LayerInfo::default));
        let begins = || begins_keyframe(codec.spec().codec, payload);
        let keyframe = self.id.video && part.map_or_else(begins, |part| part.keyframe);
        let height = match codec.spec().codec {
            Codec::Vp8 if keyframe => vp8_height(payload),
            Codec::H264 if keyframe => h264::height(payload),
            _ => part.and_then(|part| part.structure?.height(part.layer)),
        };
        let vp8 = codec.spec().codec == Codec::Vp8;
        let Some(Placement { sequence, before }) = self.place(layer, &arrived, keyframe) else {
            return;
        };
        if layer == 0 {
            self.jitter.see(source, arrival, timestamp, clock_rate(&codec));
        }
        let packet = Packet {
            sequence,
            timestamp,
            marker: arrived.marker,
            source: Source { ssrc: source, layer: None },
            keyframe,
            begins: false,
            base: true,
            height,
            picture: if vp8 { Vp8Picture::of_vp8(payload) } else { None },
            payload: arrived.payload,
            codec,
            arrival,
            captured: arrived.captured.unwrap_or(arrival),
            extensions,
        };
        if let Some((sets, first)) = before {
            self.put_in(layer, &packet, &sets, first, burst);
        }
        let simulcast = self.layers.get(layer).is_some_and(|layer| layer.rid.is_some());
        match part.filter(|_| !simulcast) {
            Some(part) => self.take_apart(packet, part, burst),
            None => self.pass(layer, packet, burst),
        }
    }

    /// Place of a packet in its layer, with the parameter sets to insert; monitors its encoder.
    fn place(
        &mut self,
        layer: usize,
        arrived: &ReceivedPacket,
        keyframe: bool,
    ) -> Option<Placement> {
        let ReceivedPacket { sequence, timestamp, arrival, .. } = *arrived;
        let as_it_is = Some(Placement { sequence, before: None });
        if !self.id.video {
            return as_it_is;
        }
        let layer = self.layers.get_mut(layer)?;
        layer.encoder.packet_received(arrival);
        if keyframe {
            layer.encoder.keyframe_received(timestamp, arrival);
        }
        if arrived.codec.spec().codec != Codec::H264 {
            return as_it_is;
        }
        let payload = &arrived.payload;
        layer.encoder.frame_order(sequence, timestamp, h264::has_b_slice(payload), arrival);
        layer.parameters.place(&H264Packet { sequence, timestamp, payload })
    }

    /// Inserts parameter sets before a packet.
    fn put_in(
        &mut self,
        layer: usize,
        packet: &Packet,
        sets: &Sets,
        first: ExtSeq,
        burst: &mut Vec<ForwardedPacket>,
    ) {
        for (sequence, set) in (first.0..).map(ExtSeq).zip(sets) {
            let put_in = Packet {
                sequence,
                marker: false,
                keyframe: begins_keyframe(Codec::H264, set),
                height: h264::height(set),
                payload: Arc::clone(set),
                extensions: ForwardedExtensions::default(),
                ..packet.clone()
            };
            self.pass(layer, put_in, burst);
        }
    }

    /// Forwards each layer's share of a packet of a scalable stream, the lowest first. The layers
    /// are those that the stream's keyframes have listed; without a list, there is one. A keyframe of
    /// VP9 lists those alone that are sent just now: a layer above gets what the highest does, as
    /// if it only paused, and so its viewers go on.
    fn take_apart(&mut self, packet: Packet, part: LayerInfo, burst: &mut Vec<ForwardedPacket>) {
        let ssrc = packet.source.ssrc;
        if let Some(structure) = part.structure.filter(|_| packet.keyframe) {
            match &mut self.scalable {
                Some(known) if known.ssrc == ssrc => {
                    known.structure = structure;
                    known.layers = known.layers.max(structure.count);
                }
                known => {
                    let numbers = SvcSplitter::new(packet.sequence);
                    let layers = structure.count;
                    let new = SvcStream { ssrc, structure, layers, numbers };
                    *known = (layers > 1).then_some(new);
                }
            }
        }
        let Some(parts) = self.scalable.as_mut().filter(|parts| parts.ssrc == ssrc) else {
            return self.pass(0, packet, burst);
        };
        let structure = parts.structure;
        let count = usize::from(parts.layers).min(MAX_LAYERS);
        let begins = part.begins && parts.numbers.is_newest(packet.sequence);
        let place = (part.layer, part.temporal);
        let shares = parts.numbers.place(packet.sequence, place, count);
        for (layer, share) in (0..).zip(shares) {
            let source = Source { ssrc, layer: Some(layer) };
            let spatial = spatial_layer(layer);
            let share = match share {
                Some(LayerShare::Whole(sequence)) => Packet {
                    source,
                    sequence,
                    begins,
                    base: part.temporal == 0,
                    // The last of the picture, for those who get no higher layer.
                    marker: packet.marker || part.ends && part.layer == spatial,
                    height: structure.height(spatial.min(structure.count - 1)),
                    ..packet.clone()
                },
                Some(LayerShare::Empty(sequence)) => Packet {
                    source,
                    sequence,
                    marker: false,
                    keyframe: false,
                    payload: Arc::default(),
                    extensions: ForwardedExtensions::default(),
                    ..packet.clone()
                },
                None => continue,
            };
            self.pass(layer.into(), share, burst);
        }
    }

    /// Forwards a packet to one layer.
    fn pass(&mut self, layer: usize, packet: Packet, burst: &mut Vec<ForwardedPacket>) {
        // What is made of layers besides is none of its own.
        while layer < MAX_LAYERS && self.layers.len() <= layer {
            self.layers.push(ReceiveLayer::new(None));
        }
        if let Some(layer) = self.layers.get_mut(layer) {
            layer.seen.bytes += packet.payload.len() as u64;
            layer.seen.height = packet.height.or(layer.seen.height);
        }
        burst.push(ForwardedPacket { track: self.id, layer: layer as u8, packet });
    }

    /// Counts a packet as received.
    pub(super) fn count(&mut self, layer: usize, source: Ssrc, sequence: ExtSeq) {
        let begun = ReceptionSpan { source, first: sequence, highest: sequence, packets: 0 };
        let Some(layer) = self.layers.get_mut(layer) else {
            return;
        };
        let span = layer.span.get_or_insert(begun);
        if span.source != source {
            self.lost_before += span.lost();
            *span = begun;
            layer.nacks = NackGenerator::default();
        }
        span.first = span.first.min(sequence);
        span.highest = span.highest.max(sequence);
        span.packets += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use str0m::format::{CodecSpec, FormatParams, PayloadParams};
    use str0m::media::{Frequency, MediaKind};

    use super::*;
    use crate::ingest::Ingest;

    /// Layers, sources and numbers to which a packet of VP9 is forwarded.
    fn forwarded(
        track: &mut ReceiveTrack,
        sequence: u64,
        payload: &[u8],
    ) -> Vec<(u8, Source, u64)> {
        let spec = CodecSpec {
            codec: Codec::Vp9,
            clock_rate: Frequency::NINETY_KHZ,
            channels: None,
            format: FormatParams::default(),
        };
        #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
        let arrived = ReceivedPacket {
            source: Ssrc(7),
            sequence: ExtSeq(sequence),
            timestamp: 0,
            marker: false,
            payload: payload.into(),
            codec: PayloadParams::new(98.into(), None, spec),
            arrival: Instant::now(),
            captured: None,
        };
        let mut burst = Vec::new();
        track.layer(None);
        track.take(0, arrived, &ExtensionValues::default(), &mut burst);
        burst.iter().map(|it| (it.layer, it.packet.source, it.packet.sequence.0)).collect()
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "any starting point will do")]
    fn packet_without_descriptor_is_share_of_all_layers() {
        let mut ingest = Ingest::new(Instant::now());
        ingest.add_track(MediaKind::Video, "v".into(), 1);
        let track = &mut ingest.tracks[0];
        let share =
            |layer, sequence| (layer, Source { ssrc: Ssrc(7), layer: Some(layer) }, sequence);
        // A keyframe that lists two layers, then a packet of the second.
        let both = forwarded(track, 100, &[0xaa, 1, 0, 0, 0x20, 9]);
        assert_eq!(both, [share(0, 100), share(1, 100)]);
        assert_eq!(forwarded(track, 101, &[0xa8, 1, 2, 0, 9]), [share(1, 101)]);
        assert_eq!(forwarded(track, 102, &[]), [share(0, 101), share(1, 102)]);
        assert_eq!(forwarded(track, 103, &[0xe8, 2, 0, 0, 9]), [share(0, 102), share(1, 103)]);
    }
}
