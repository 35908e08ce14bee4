//! Causes why a source client is not on stage, or no longer, for its artist.

use bandstand_radio::AudioError;

use super::error::RadioError;
use crate::stage::notices::Cause;

/// The cause that the artist is told; none when the program's next try may mend it, or it is told already.
pub fn of(refused: &RadioError) -> Option<Cause> {
    Some(match refused {
        RadioError::NothingOn => Cause::StreamNothingOn,
        RadioError::OtherShow => Cause::OtherShow,
        RadioError::NoShow => Cause::NoShow,
        RadioError::Over => Cause::Over,
        RadioError::TooEarly => Cause::TooEarly,
        RadioError::Replaced => Cause::Replaced,
        RadioError::Contested => Cause::Contested,
        RadioError::Kept => Cause::Kept,
        RadioError::Elsewhere => Cause::Elsewhere,
        RadioError::Stalled => Cause::StreamStalled,
        RadioError::NotTaken | RadioError::Audio(AudioError::Unrecognised) => Cause::StreamUnknown,
        RadioError::Audio(AudioError::Foreign(format)) => {
            Cause::StreamFormat(format.name().to_owned())
        }
        RadioError::Audio(AudioError::HeAac | AudioError::AacProfile) => Cause::StreamAac,
        RadioError::Audio(AudioError::Channels) => Cause::StreamChannels,
        RadioError::Audio(
            AudioError::RateChanged { .. }
            | AudioError::ChannelsChanged { .. }
            | AudioError::CodecChanged,
        ) => Cause::StreamChanged,
        RadioError::Audio(
            AudioError::Headers
            | AudioError::HeadersTooLong
            | AudioError::TooManyLinks
            | AudioError::PageTooLong,
        ) => Cause::StreamHeaders,
        _ => return None,
    })
}
