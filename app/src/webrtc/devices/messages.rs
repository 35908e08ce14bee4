//! What the artist is told of cameras and microphones.

use super::interruption::DeviceKind;
use crate::t;

/// Why a camera can't be opened, by the name of the browser's exception.
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

/// Why a microphone can't be opened, by the name of the browser's exception.
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

/// What an interruption means, and what brings the device back.
pub fn interruption_words(kind: DeviceKind) -> (&'static str, &'static str) {
    match kind {
        DeviceKind::Microphone => (t!(devices.microphone_interrupted), t!(devices.take_microphone)),
        DeviceKind::Camera => (t!(devices.camera_interrupted), t!(devices.take_camera)),
    }
}

/// What is said when an interruption is over.
pub fn back_words(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => t!(devices.microphone_back),
        DeviceKind::Camera => t!(devices.camera_back),
    }
}
