//! What the artist is told of cameras and microphones.

use super::interruption::DeviceKind;

/// Why a camera can't be opened, by the name of the browser's exception.
pub fn camera_words(error: &str) -> &'static str {
    match error {
        "NotAllowedError" | "SecurityError" => {
            "The browser may not use the camera. Allow it beside the address, then choose the camera again."
        }
        "NotFoundError" | "OverconstrainedError" => {
            "No camera was found. You can play without one: your audience hears you."
        }
        "NotReadableError" | "AbortError" => {
            "The camera is in use. Close the other program, then choose the camera again."
        }
        _ => {
            "This page can't use the camera. It needs https, or a browser on the venue's own machine."
        }
    }
}

/// Why a microphone can't be opened, by the name of the browser's exception.
pub fn microphone_words(error: &str) -> &'static str {
    match error {
        "NotAllowedError" | "SecurityError" => {
            "The browser may not use the microphone. Allow it beside the address, then choose it again."
        }
        "NotFoundError" | "OverconstrainedError" => {
            "No microphone was found. Plug one in, then choose it here."
        }
        "NotReadableError" | "AbortError" => {
            "The microphone is in use. Close the other program, then choose it again."
        }
        _ => {
            "This page can't use the microphone. It needs https, or a browser on the venue's own machine."
        }
    }
}

/// What an interruption means, and what brings the device back.
pub fn interruption_words(kind: DeviceKind) -> (&'static str, &'static str) {
    match kind {
        DeviceKind::Microphone => (
            "Nobody hears you: a phone call, a headset or your system has muted the microphone. It comes back by itself as soon as it is free.",
            "Take the microphone back",
        ),
        DeviceKind::Camera => (
            "Nobody sees you: another app or your system has the camera. It comes back by itself as soon as it is free.",
            "Take the camera back",
        ),
    }
}

/// What is said when an interruption is over.
pub fn back_words(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => "Your microphone is back.",
        DeviceKind::Camera => "Your camera is back.",
    }
}
