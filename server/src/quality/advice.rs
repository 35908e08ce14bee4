//! Advice to artists on their program's settings, out of what the media core noticed.

use bandstand_sfu::Advice;

/// One sentence or two: what is wrong, and what to set where.
pub fn words(advice: Advice) -> String {
    match advice {
        Advice::KeyframeInterval(interval) => format!(
            "Your keyframe interval is {} s, so people who come in wait for the picture or get it late. \
             Set it to 2 s: in OBS under Settings, Output, Keyframe Interval; in FFmpeg with -g and twice \
             your frames a second.",
            interval.as_secs_f64().round()
        ),
        Advice::BFrames => "Your program sends B-frames, and browsers then show a picture that stutters. \
             Turn them off: in OBS set B-frames to 0 or the profile to baseline, in FFmpeg use -bf 0."
            .into(),
        Advice::NoParameterSets => "Nobody can see your picture: its parameter sets (SPS and PPS) are \
             missing. Send them with every keyframe: in FFmpeg with -bsf:v dump_extra, in GStreamer \
             with h264parse config-interval=-1."
            .into(),
        Advice::TooMuch => "More comes from your program than the venue takes, and some of it is thrown \
             away. Lower the bitrate: 2,500 to 6,000 kbit/s make a good picture."
            .into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_interval_is_told_in_whole_seconds() {
        let told = words(Advice::KeyframeInterval(Duration::from_millis(8_333)));
        assert!(told.starts_with("Your keyframe interval is 8 s"), "{told}");
    }
}
