//! Advice to artists on their program's settings, out of what the media core noticed.

use bandstand_domain::{Text, text};
use bandstand_sfu::Advice;

/// One sentence or two: what is wrong, and what to set where.
pub fn words(advice: Advice) -> Text {
    match advice {
        Advice::KeyframeInterval(interval) => {
            let seconds = interval.as_secs_f64().round() as u32;
            text!(server.advice.keyframe_interval, seconds = seconds)
        }
        Advice::BFrames => text!(server.advice.b_frames),
        Advice::NoParameterSets => text!(server.advice.no_parameter_sets),
        Advice::TooMuch => text!(server.advice.too_much),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_interval_is_told_in_whole_seconds() {
        let told = words(Advice::KeyframeInterval(Duration::from_millis(8_333))).to_string();
        assert!(told.starts_with("Your keyframe interval is 8 s"), "{told}");
    }
}
