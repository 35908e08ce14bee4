//! Payloads, read without decoding: keyframes, heights, layers, settings of encoders.

pub(crate) mod dependency_descriptor;
pub(crate) mod encoder;
pub(crate) mod h264;
pub(crate) mod keyframe;
pub(crate) mod parameter_sets;
pub(crate) mod svc;
pub(crate) mod vp8;
pub(crate) mod vp9;
