//! Messages to the artist about cameras and microphones.

use super::interruption::DeviceKind;
use crate::t;

/// Message for a camera that can't be opened, by the name of the exception.
pub fn camera_words(error: &str) -> &'static str {
    match error {
        "NotAllowedError" | "SecurityError" => {
            t!(devices.camera_forbidden)
        }
        "NotFoundError" | "OverconstrainedError" => {
            t!(devices.no_camera)
        }
        "NotReadableError" | "AbortError" => {
            t!(devices.camera_in_use)
        }
        _ => {
            t!(devices.camera_needs_https)
        }
    }
}

/// Message for a microphone that can't be opened, by the name of the exception.
pub fn microphone_words(error: &str) -> &'static str {
    match error {
        "NotAllowedError" | "SecurityError" => {
            t!(devices.microphone_forbidden)
        }
        "NotFoundError" | "OverconstrainedError" => {
            t!(devices.no_microphone)
        }
        "NotReadableError" | "AbortError" => {
            t!(devices.microphone_in_use)
        }
        _ => {
            t!(devices.microphone_needs_https)
        }
    }
}

/// Message for an interruption, and the label of the button that ends it.
pub fn interruption_words(kind: DeviceKind) -> (&'static str, &'static str) {
    match kind {
        DeviceKind::Microphone => (t!(devices.microphone_interrupted), t!(devices.take_microphone)),
        DeviceKind::Camera => (t!(devices.camera_interrupted), t!(devices.take_camera)),
    }
}

/// Message for the end of an interruption.
pub fn back_words(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => t!(devices.microphone_back),
        DeviceKind::Camera => t!(devices.camera_back),
    }
}
