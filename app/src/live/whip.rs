//! An artist's media session (WHIP).

use bandstand_domain::{ShowId, accounts::Secret};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    MediaStream, MediaStreamTrack, RtcRtpSender, RtcRtpTransceiver, RtcRtpTransceiverDirection,
};

use super::{
    browser,
    peer::Peer,
    sdp::{SoundMode, with_music},
    signalling::{Resource, SignallingError},
};

/// The picture's simulcast layers (RFC 8853): name, how many times smaller than the source, and the
/// most bits a second; of 1280×720 at 30 frames. The venue gives each viewer the one that fits.
const LAYERS: [(&str, u32, u32); 3] =
    [("low", 4, 150_000), ("middle", 2, 600_000), ("high", 1, 2_500_000)];

/// A session. Dropping it leaves the stage.
pub struct Session {
    /// The connection.
    pub peer: Peer,
    /// The session at the venue.
    pub resource: Resource,
    /// Which of the show's publications this is.
    pub publication: i64,
    picture: RtcRtpSender,
    sound: RtcRtpSender,
}

impl Session {
    /// Goes on stage with a picture and a sound; either can come, go and change later.
    ///
    /// # Errors
    /// When the venue refuses, or isn't reached.
    pub async fn begin(
        show: ShowId,
        token: Secret,
        picture: Option<&MediaStreamTrack>,
        sound: Option<&MediaStreamTrack>,
        mode: SoundMode,
    ) -> Result<Self, SignallingError> {
        let resource = Resource::default();
        let leaving = resource.clone();
        let peer = Peer::new(move || leaving.delete())?;
        // One stream, so that players keep lips and voice together.
        let stream = MediaStream::new()?;
        let send = RtcRtpTransceiverDirection::Sendonly;
        let streams = std::slice::from_ref::<JsValue>(&stream);
        let sound_out = peer.transceiver("audio", send, streams, &[]);
        let picture_out = peer.transceiver("video", send, streams, &LAYERS.map(encoding));
        prefer_codecs(&picture_out);
        let (sound_out, picture_out) = (sound_out.sender(), picture_out.sender());
        JsFuture::from(sound_out.replace_track(sound)).await?;
        JsFuture::from(picture_out.replace_track(picture)).await?;

        let offer = peer.offer(with_music).await?;
        let answer = resource.post_offer(&format!("/whip/{show}"), token, &offer).await?;
        let publication = publication_in(&resource.location());
        peer.accept(&with_music(&answer)).await?;
        limit(&sound_out, mode.bitrate()).await;
        Ok(Self { peer, resource, publication, picture: picture_out, sound: sound_out })
    }

    /// Sends another picture, or none, without a gap.
    pub async fn show(&self, track: Option<&MediaStreamTrack>) {
        // Refused only when the connection is closed, and then nothing is sent anyway.
        let _ = JsFuture::from(self.picture.replace_track(track)).await;
    }

    /// Sends another sound, or none, without a gap.
    pub async fn play(&self, track: Option<&MediaStreamTrack>, mode: SoundMode) {
        let _ = JsFuture::from(self.sound.replace_track(track)).await;
        limit(&self.sound, mode.bitrate()).await;
    }
}

/// One layer, as `RTCRtpEncodingParameters`.
fn encoding((rid, smaller, bitrate): (&str, u32, u32)) -> JsValue {
    browser::object([
        ("rid", rid.into()),
        ("scaleResolutionDownBy", smaller.into()),
        ("maxBitrate", bitrate.into()),
    ])
}

/// The publication in a session's address, `/whip/SHOW/PUBLICATION-SESSION`; 0 where there is none.
fn publication_in(location: &str) -> i64 {
    let session = location.rsplit('/').next().unwrap_or_default();
    session.split('-').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// VP8 first, which every browser decodes, then H.264, which phones decode in hardware.
fn prefer_codecs(transceiver: &RtcRtpTransceiver) {
    if !browser::get(transceiver, "setCodecPreferences").is_function() {
        return;
    }
    let Some(capabilities) = RtcRtpSender::get_capabilities("video") else { return };
    let rank = |codec: &JsValue| match browser::get(codec, "mimeType")
        .as_string()
        .unwrap_or_default()
        .as_str()
    {
        "video/VP8" => 0,
        "video/H264" => 1,
        _ => 2,
    };
    let all: Array = browser::get(&capabilities, "codecs").unchecked_into();
    let mut codecs: Vec<JsValue> = all.iter().collect();
    codecs.sort_by_key(rank);
    transceiver.set_codec_preferences(&codecs.into_iter().collect::<Array>());
}

/// Limits what a sender sends, in bits a second. A browser that doesn't know how sends as it likes.
async fn limit(sender: &RtcRtpSender, bitrate: u32) {
    let Ok(parameters) = browser::call_now(sender, "getParameters", &[]) else { return };
    let encodings: Array = browser::get(&parameters, "encodings").unchecked_into();
    if Array::is_array(&encodings) && encodings.length() > 0 {
        browser::set(&encodings.get(0), "maxBitrate", &JsValue::from(bitrate));
        let _ = browser::call(sender, "setParameters", &[parameters]).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_publication_stands_in_the_address() {
        assert_eq!(publication_in("/whip/6f2c1f0e-7f3c-4a64/12-9b1d-44"), 12);
        assert_eq!(publication_in("https://a.b/whip/show/3"), 3);
        assert_eq!(publication_in(""), 0);
    }
}
