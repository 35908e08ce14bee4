//! libopus, as a shared library: its build would want CMake.

#![allow(unsafe_code, reason = "calls a library of C")]

use std::{
    ffi::{c_float, c_int, c_uchar, c_void},
    ptr::NonNull,
    sync::Arc,
};

use libloading::Library;

use super::TranscodeError;
use crate::opus_packet::MAX_PACKET;

const NAME: &str = "libopus.so.0";
const PACKAGE: &str = "libopus0";
/// The only rate that is asked for (RFC 7845 §4).
const RATE: i32 = 48_000;
/// The most samples of each channel in a packet: 120 ms (RFC 6716 §3.2.5).
const MAX_SAMPLES: usize = 5_760;
/// Samples of each channel in a packet that is made: 20 ms.
pub const FRAME: usize = 960;
/// Bits a second of what is made.
const BITS: c_int = 128_000;
/// Application of the encoder: music (`OPUS_APPLICATION_AUDIO`).
const APPLICATION: c_int = 2_049;
/// Settings of the encoder (`OPUS_SET_…_REQUEST`).
const SET_BITRATE: c_int = 4_002;
const SET_INBAND_FEC: c_int = 4_012;

type Handle = *mut c_void;
type CreateEncoder = unsafe extern "C" fn(i32, c_int, c_int, *mut c_int) -> Handle;
type Encode = unsafe extern "C" fn(Handle, *const c_float, c_int, *mut c_uchar, i32) -> i32;
type Control = unsafe extern "C" fn(Handle, c_int, ...) -> c_int;
type Decode =
    unsafe extern "C" fn(Handle, *const c_uchar, i32, *mut c_float, c_int, c_int) -> c_int;

/// The functions of the library that are used, as `opus.h` declares them.
pub struct Opus {
    create: unsafe extern "C" fn(i32, c_int, *mut c_int) -> Handle,
    decode: Decode,
    destroy: unsafe extern "C" fn(Handle),
    create_encoder: CreateEncoder,
    encode: Encode,
    control: Control,
    destroy_encoder: unsafe extern "C" fn(Handle),
    /// The functions live as long as this.
    _library: Library,
}

impl Opus {
    /// Loads the library.
    pub fn load() -> Result<Self, TranscodeError> {
        let missing = |why: libloading::Error| TranscodeError::Library {
            name: NAME,
            package: PACKAGE,
            why: why.to_string(),
        };
        // SAFETY: libopus has no constructors that do anything, and the types are those of `opus.h`.
        unsafe {
            let library = Library::new(NAME).map_err(missing)?;
            Ok(Self {
                create: *library.get(b"opus_decoder_create").map_err(missing)?,
                decode: *library.get(b"opus_decode_float").map_err(missing)?,
                destroy: *library.get(b"opus_decoder_destroy").map_err(missing)?,
                create_encoder: *library.get(b"opus_encoder_create").map_err(missing)?,
                encode: *library.get(b"opus_encode_float").map_err(missing)?,
                control: *library.get(b"opus_encoder_ctl").map_err(missing)?,
                destroy_encoder: *library.get(b"opus_encoder_destroy").map_err(missing)?,
                _library: library,
            })
        }
    }
}

/// A decoder.
pub struct OpusDecoder {
    opus: Arc<Opus>,
    handle: NonNull<c_void>,
    channels: usize,
    buffer: Vec<f32>,
}

// SAFETY: a decoder's state is its own, and libopus keeps none beside it.
unsafe impl Send for OpusDecoder {}

impl OpusDecoder {
    /// A decoder for one or two channels.
    pub fn new(opus: Arc<Opus>, channels: u8) -> Result<Self, TranscodeError> {
        let mut error = 0;
        // SAFETY: the error is written to a place of its own.
        let handle = unsafe { (opus.create)(RATE, c_int::from(channels), &raw mut error) };
        let handle = NonNull::new(handle)
            .ok_or_else(|| TranscodeError::Codec(format!("libopus says {error}")))?;
        let channels = usize::from(channels);
        Ok(Self { opus, handle, channels, buffer: vec![0.0; MAX_SAMPLES * channels] })
    }

    /// Decodes a packet; appends its samples, of one channel after the other.
    pub fn decode(&mut self, packet: &[u8], samples: &mut Vec<f32>) {
        let Ok(length) = i32::try_from(packet.len()) else { return };
        // SAFETY: the packet has so many bytes, and the buffer room for so many samples of each channel.
        let count = unsafe {
            (self.opus.decode)(
                self.handle.as_ptr(),
                packet.as_ptr(),
                length,
                self.buffer.as_mut_ptr(),
                MAX_SAMPLES as c_int,
                0,
            )
        };
        // Negative for a packet that is broken.
        let count = usize::try_from(count).unwrap_or_default().min(MAX_SAMPLES);
        samples.extend_from_slice(&self.buffer[..count * self.channels]);
    }
}

impl Drop for OpusDecoder {
    fn drop(&mut self) {
        // SAFETY: it isn't used any more.
        unsafe { (self.opus.destroy)(self.handle.as_ptr()) };
    }
}

/// An encoder of music at 128 kbit/s.
pub struct OpusEncoder {
    opus: Arc<Opus>,
    handle: NonNull<c_void>,
    channels: usize,
    packet: [u8; MAX_PACKET],
}

// SAFETY: an encoder's state is its own, and libopus keeps none beside it.
unsafe impl Send for OpusEncoder {}

impl OpusEncoder {
    /// An encoder for one or two channels of 48 kHz.
    ///
    /// # Errors
    /// [`TranscodeError::Codec`] when libopus refuses.
    pub fn new(opus: Arc<Opus>, channels: u8) -> Result<Self, TranscodeError> {
        let refused = |error: c_int| TranscodeError::Codec(format!("libopus says {error}"));
        let mut error = 0;
        // SAFETY: the error is written to a place of its own.
        let handle = unsafe {
            (opus.create_encoder)(RATE, c_int::from(channels), APPLICATION, &raw mut error)
        };
        let handle = NonNull::new(handle).ok_or_else(|| refused(error))?;
        let encoder = Self { opus, handle, channels: channels.into(), packet: [0; MAX_PACKET] };
        for (setting, value) in [(SET_BITRATE, BITS), (SET_INBAND_FEC, 0)] {
            // SAFETY: the handle is good until it is destroyed, and both settings take an `opus_int32`.
            let error = unsafe { (encoder.opus.control)(encoder.handle.as_ptr(), setting, value) };
            if error < 0 {
                return Err(refused(error));
            }
        }
        Ok(encoder)
    }

    /// Encodes [`FRAME`] samples of each channel, one channel after the other.
    ///
    /// # Errors
    /// [`TranscodeError::Codec`] for another number of them, or when libopus fails.
    pub fn encode(&mut self, samples: &[f32]) -> Result<&[u8], TranscodeError> {
        if samples.len() != FRAME * self.channels {
            return Err(TranscodeError::Codec(format!("{} samples", samples.len())));
        }
        // SAFETY: there are so many samples of each channel, and room for so many bytes.
        let length = unsafe {
            (self.opus.encode)(
                self.handle.as_ptr(),
                samples.as_ptr(),
                FRAME as c_int,
                self.packet.as_mut_ptr(),
                MAX_PACKET as i32,
            )
        };
        let packet = usize::try_from(length).ok().and_then(|it| self.packet.get(..it));
        packet.ok_or_else(|| TranscodeError::Codec(format!("libopus says {length}")))
    }
}

impl Drop for OpusEncoder {
    fn drop(&mut self) {
        // SAFETY: it isn't used any more.
        unsafe { (self.opus.destroy_encoder)(self.handle.as_ptr()) };
    }
}
