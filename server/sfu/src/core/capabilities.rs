//! Codecs and header extensions that are negotiated.

use str0m::format::{Codec, CodecConfig, FormatParams};
use str0m::media::Frequency;
use str0m::rtp::{Extension, ExtensionMap};

use crate::codec::dependency_descriptor;
use crate::event::SessionRole;

/// Codecs of browsers and OBS; nothing is transcoded.
pub(crate) fn codecs() -> CodecConfig {
    let mut codecs = CodecConfig::empty();
    codecs.add_config(
        111.into(),
        None,
        Codec::Opus,
        Frequency::FORTY_EIGHT_KHZ,
        Some(2),
        FormatParams {
            min_p_time: Some(10),
            use_inband_fec: Some(true),
            stereo: Some(true),
            sprop_stereo: Some(true),
            ..Default::default()
        },
    );
    codecs.enable_vp8(true);
    codecs.enable_vp9(true);
    codecs.enable_h264(true);
    codecs.enable_av1(true);
    codecs
}

/// Header extensions by role. The send time is taken from publishers only: to subscribers it would
/// have to be written anew into every packet, and transport-wide feedback tells more.
///
/// The video orientation of phones (3GPP TS 26.114 §7.4.5) is taken from nobody: browsers then turn the
/// picture before they encode it (RFC 7742 §4). Firefox, and what isn't a browser, would show it lying
/// on its side.
pub(crate) fn extensions(role: SessionRole) -> ExtensionMap {
    let mut extensions = ExtensionMap::empty();
    extensions.set(1, Extension::AudioLevel);
    if role == SessionRole::Publisher {
        extensions.set(2, Extension::AbsoluteSendTime);
        extensions.set(10, Extension::RtpStreamId);
        extensions.set(11, Extension::RepairedRtpStreamId);
    }
    extensions.set(3, Extension::TransportSequenceNumber);
    extensions.set(4, Extension::RtpMid);
    extensions.set(5, Extension::AbsoluteCaptureTime);
    extensions.set(12, dependency_descriptor::extension());
    extensions
}
