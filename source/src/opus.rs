//! Opus by libopus, as a shared library: building it would want CMake.

#![allow(unsafe_code, reason = "calls a library of C")]

use std::{
    ffi::{c_float, c_int, c_uchar, c_void},
    ptr::NonNull,
};

use libloading::Library;

use crate::sound::{CHANNELS, FRAME_SAMPLES, RATE};

#[cfg(target_os = "linux")]
const NAME: &str = "libopus.so.0";
#[cfg(target_os = "macos")]
const NAME: &str = "libopus.0.dylib";
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
const NAME: &str = "opus.dll";

/// `OPUS_APPLICATION_AUDIO`: music as it is.
const APPLICATION_AUDIO: c_int = 2049;
/// `OPUS_SET_BITRATE_REQUEST`.
const SET_BITRATE: c_int = 4002;
/// `OPUS_GET_LOOKAHEAD_REQUEST`.
const GET_LOOKAHEAD: c_int = 4027;
/// The most bytes of a packet (RFC 6716 section 3.2.1), for one frame.
const MAX_PACKET: usize = 1_275;
/// In bits per second: music in stereo.
const BITRATE: c_int = 160_000;

type Handle = *mut c_void;
type Create = unsafe extern "C" fn(i32, c_int, c_int, *mut c_int) -> Handle;
type Encode = unsafe extern "C" fn(Handle, *const c_float, c_int, *mut c_uchar, i32) -> i32;
type Control = unsafe extern "C" fn(Handle, c_int, ...) -> c_int;
type Destroy = unsafe extern "C" fn(Handle);

/// An encoder of stereo at 48 kHz, a frame a packet.
pub struct OpusFrameEncoder {
    encode: Encode,
    destroy: Destroy,
    handle: NonNull<c_void>,
    /// Samples that a decoder throws away first, as each encoder needs some to begin.
    pub lookahead: u16,
    buffer: [u8; MAX_PACKET],
    /// The functions live as long as this.
    _library: Library,
}

// SAFETY: an encoder's state is its own, and libopus keeps none beside it.
unsafe impl Send for OpusFrameEncoder {}

impl OpusFrameEncoder {
    /// A new encoder.
    pub fn new() -> Result<Self, String> {
        let missing = |why: libloading::Error| {
            format!("{NAME} can't be loaded ({why}). On Debian: apt-get install libopus0")
        };
        // SAFETY: libopus has no constructors that do anything, and the types are those of `opus.h`; the controls
        // get the arguments that they take.
        unsafe {
            let library = Library::new(NAME).map_err(missing)?;
            let create: Create = *library.get(b"opus_encoder_create").map_err(missing)?;
            let encode: Encode = *library.get(b"opus_encode_float").map_err(missing)?;
            let control: Control = *library.get(b"opus_encoder_ctl").map_err(missing)?;
            let destroy: Destroy = *library.get(b"opus_encoder_destroy").map_err(missing)?;
            let (mut error, mut lookahead) = (0, 0_i32);
            let handle = create(RATE as i32, CHANNELS as c_int, APPLICATION_AUDIO, &raw mut error);
            let handle = NonNull::new(handle).ok_or_else(|| format!("libopus says {error}."))?;
            control(handle.as_ptr(), SET_BITRATE, BITRATE);
            control(handle.as_ptr(), GET_LOOKAHEAD, &raw mut lookahead);
            let lookahead = u16::try_from(lookahead).unwrap_or_default();
            let buffer = [0; MAX_PACKET];
            Ok(Self { encode, destroy, handle, lookahead, buffer, _library: library })
        }
    }

    /// Encodes a frame; none when that fails.
    pub fn encode(&mut self, samples: &[f32; FRAME_SAMPLES]) -> Option<&[u8]> {
        // SAFETY: so many samples of each channel are there, and the buffer has so many bytes.
        let length = unsafe {
            (self.encode)(
                self.handle.as_ptr(),
                samples.as_ptr(),
                (FRAME_SAMPLES / CHANNELS) as c_int,
                self.buffer.as_mut_ptr(),
                MAX_PACKET as i32,
            )
        };
        let length = usize::try_from(length).ok().filter(|it| *it > 0)?;
        self.buffer.get(..length)
    }
}

impl Drop for OpusFrameEncoder {
    fn drop(&mut self) {
        // SAFETY: it isn't used any more.
        unsafe { (self.destroy)(self.handle.as_ptr()) };
    }
}
