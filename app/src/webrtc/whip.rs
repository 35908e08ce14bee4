//! An artist's media session (WHIP).

use crate::t;
use bandstand_domain::stage::PublishToken;
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcRtpSender, RtcRtpTransceiver, RtcRtpTransceiverDirection,
};

use super::{
    peer::PeerConnection,
    sdp::{SoundMode, for_stage},
    signalling::{MediaResource, SignallingError},
};
use crate::web;

/// Names (RIDs) of the simulcast layers (RFC 8853), lowest first.
const LAYER_NAMES: [&str; 3] = ["low", "middle", "high"];

/// Format of an encoded picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureFormat {
    /// In simulcast layers, of VP8 or what the browser has in its place.
    #[default]
    Vp8,
    /// In one scalable stream.
    Vp9,
    /// In one scalable stream.
    Av1,
}

impl PictureFormat {
    /// All of them, the most widespread first.
    pub const ALL: [Self; 3] = [Self::Vp8, Self::Vp9, Self::Av1];

    /// Name in MIME types, behind `video/`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vp8 => "VP8",
            Self::Vp9 => "VP9",
            Self::Av1 => "AV1",
        }
    }

    /// For the artist, to choose by.
    pub fn words(self) -> &'static str {
        match self {
            Self::Vp8 => t!(studio.format_vp8),
            Self::Vp9 => t!(studio.format_vp9),
            Self::Av1 => t!(studio.format_av1),
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Self {
        Self::ALL.into_iter().find(|format| format.name() == name).unwrap_or_default()
    }

    fn is_scalable(self) -> bool {
        self != Self::Vp8
    }
}

/// Scalability mode (W3C webrtc-svc): three sizes, of which each needs the smaller ones in
/// keyframes only.
pub const SCALABLE: &str = "L3T3_KEY";

/// The most bits a second of a picture in all its layers.
pub const MAX_BITRATE: u32 = 2_500_000;

/// A layer: how many times smaller than the source it is, and the most bits a second.
type Layer = (u32, u32);

/// The layers of a source of so many pixels, as [`LAYER_NAMES`] are named; what is none isn't sent. The venue
/// gives each viewer the one that fits.
///
/// Never more than Chromium sends of such a source (libwebrtc's `simulcast.cc`): of more it would leave out
/// the last, and a small camera would never be seen in full.
fn layers(pixels: u32) -> [Option<Layer>; 3] {
    match pixels {
        ..129_600 => [Some((1, 500_000)), None, None],
        129_600..518_400 => [Some((2, 200_000)), Some((1, 1_000_000)), None],
        _ => [Some((4, 150_000)), Some((2, 600_000)), Some((1, MAX_BITRATE))],
    }
}

/// Number of pixels of a picture; the most there can be while it isn't known yet.
fn pixels(picture: Option<&MediaStreamTrack>) -> u32 {
    let size = |picture: &MediaStreamTrack| {
        let settings = web::call_now(picture, "getSettings", &[]).ok()?;
        let [width, height] = ["width", "height"].map(|side| web::get(&settings, side).as_f64());
        // Both are whole numbers of at most some thousands.
        Some((width? * height?) as u32)
    };
    picture.and_then(size).unwrap_or(u32::MAX)
}

/// WHIP session. Dropping it leaves the stage.
pub struct WhipSession {
    /// The connection.
    pub peer: PeerConnection,
    /// The session at the venue.
    pub resource: MediaResource,
    /// Number of the show's publication.
    pub publication: i64,
    picture: RtcRtpSender,
    sound: RtcRtpSender,
    /// The layers are streams of their own.
    simulcast: bool,
}

impl WhipSession {
    /// Goes on stage, at `/whip/SHOW`, or rehearses, with a picture and a sound; either can come, go and change
    /// later.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn begin(
        endpoint: &str,
        publish_token: PublishToken,
        picture: Option<&MediaStreamTrack>,
        sound: Option<&MediaStreamTrack>,
        mode: SoundMode,
        format: PictureFormat,
    ) -> Result<Self, SignallingError> {
        let resource = MediaResource::default();
        let peer = PeerConnection::new(&resource)?;
        if let Some(servers) = &publish_token.ice_servers {
            peer.set_ice_servers(servers);
        }
        // One stream, so that players keep lips and voice together.
        let stream = MediaStream::new()?;
        let send = RtcRtpTransceiverDirection::Sendonly;
        let streams = std::slice::from_ref::<JsValue>(&stream);
        let sound_out = peer.transceiver("audio", send, streams, &[]);
        let encodings = if format.is_scalable() {
            let whole = [("scalabilityMode", SCALABLE.into()), ("maxBitrate", MAX_BITRATE.into())];
            vec![web::object(whole)]
        } else {
            let layers = LAYER_NAMES.map(|name| web::object([("rid", name.into())]));
            set_layers(&layers, pixels(picture));
            layers.into()
        };
        let picture_out = peer.transceiver("video", send, streams, &encodings);
        prefer_codecs(&picture_out, format);
        let (sound_out, picture_out) = (sound_out.sender(), picture_out.sender());
        JsFuture::from(sound_out.replace_track(sound)).await?;
        JsFuture::from(picture_out.replace_track(picture)).await?;

        let offer = peer.offer(for_stage).await?;
        // Without a picture, sound is all that has to come before the stage is taken over.
        let later = if picture.is_none() { "?picture=later" } else { "" };
        let answer =
            resource.post_offer(&format!("{endpoint}{later}"), publish_token.token, &offer).await?;
        let publication = publication_in(&resource.location());
        peer.accept(&for_stage(&answer)).await?;
        limit(&sound_out, mode.bitrate()).await;
        Ok(Self {
            peer,
            resource,
            publication,
            picture: picture_out,
            sound: sound_out,
            simulcast: !format.is_scalable(),
        })
    }

    /// Sends another picture, or none, without a gap.
    pub async fn show(&self, track: Option<&MediaStreamTrack>) {
        // Refused only when the connection is closed, and then nothing is sent anyway.
        let _ = JsFuture::from(self.picture.replace_track(track)).await;
        if self.simulcast {
            adjust(&self.picture, |encodings| set_layers(encodings, pixels(track))).await;
        }
    }

    /// Sends another sound, or none, without a gap.
    pub async fn play(&self, track: Option<&MediaStreamTrack>, mode: SoundMode) {
        let _ = JsFuture::from(self.sound.replace_track(track)).await;
        limit(&self.sound, mode.bitrate()).await;
    }
}

/// Makes `encodings` (`RTCRtpEncodingParameters`) the [`layers`] of a source of so many pixels.
fn set_layers(encodings: &[JsValue], pixels: u32) {
    for (encoding, layer) in encodings.iter().zip(layers(pixels)) {
        web::set(encoding, "active", &layer.is_some().into());
        let (smaller, bitrate) = layer.unwrap_or((1, 1));
        web::set(encoding, "scaleResolutionDownBy", &smaller.into());
        web::set(encoding, "maxBitrate", &bitrate.into());
    }
}

/// The publication in a session's address, `/whip/SHOW/PUBLICATION-SESSION`; 0 where there is none.
fn publication_in(location: &str) -> i64 {
    let session = location.rsplit('/').next().unwrap_or_default();
    session.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The chosen format first; then VP8, which every browser decodes, and H.264, which phones decode in
/// hardware.
fn prefer_codecs(transceiver: &RtcRtpTransceiver, format: PictureFormat) {
    if !web::get(transceiver, "setCodecPreferences").is_function() {
        return;
    }
    let Some(capabilities) = RtcRtpSender::get_capabilities("video") else { return };
    let rank = |codec: &JsValue| {
        let name = web::get(codec, "mimeType").as_string().unwrap_or_default();
        match name.strip_prefix("video/").unwrap_or_default() {
            name if name == format.name() => 0,
            "VP8" => 1,
            "H264" => 2,
            _ => 3,
        }
    };
    let all: Array = web::get(&capabilities, "codecs").unchecked_into();
    let mut codecs: Vec<JsValue> = all.iter().collect();
    codecs.sort_by_key(rank);
    transceiver.set_codec_preferences(&codecs.into_iter().collect::<Array>());
}

/// Limits what a sender sends, in bits a second.
async fn limit(sender: &RtcRtpSender, bitrate: u32) {
    let set = |encodings: &[JsValue]| {
        if let Some(encoding) = encodings.first() {
            web::set(encoding, "maxBitrate", &bitrate.into());
        }
    };
    adjust(sender, set).await;
}

/// Changes how a sender encodes. A browser that doesn't know how sends as it likes.
async fn adjust(sender: &RtcRtpSender, change: impl FnOnce(&[JsValue])) {
    let Ok(parameters) = web::call_now(sender, "getParameters", &[]) else { return };
    let encodings = web::get(&parameters, "encodings");
    if Array::is_array(&encodings) {
        change(&encodings.unchecked_into::<Array>().to_vec());
        let _ = web::call(sender, "setParameters", &[parameters]).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_sent_in_full_and_never_in_more_layers_than_browsers_make_of_it() {
        for (width, height, count) in
            [(320, 180, 1), (480, 270, 2), (640, 480, 2), (960, 540, 3), (1920, 1080, 3)]
        {
            let sent: Vec<Layer> = layers(width * height).into_iter().flatten().collect();
            assert_eq!(sent.len(), count, "{width}×{height}");
            assert_eq!(sent.last().map(|(smaller, _)| *smaller), Some(1), "{width}×{height}");
            assert!(sent.windows(2).all(|it| it[0].0 == 2 * it[1].0 && it[0].1 < it[1].1));
        }
    }

    #[test]
    fn the_publication_stands_in_the_address() {
        assert_eq!(publication_in("/whip/6f2c1f0e-7f3c-4a64/12-9b1d-44"), 12);
        assert_eq!(publication_in("https://a.b/whip/show/3"), 3);
        assert_eq!(publication_in(""), 0);
    }
}
