//! LAME, as a shared library: it is under the LGPL, and whoever runs the venue may put another one there.

#![allow(unsafe_code, reason = "calls a library of C")]

use std::{
    ffi::{c_float, c_int, c_uchar, c_void},
    ptr::NonNull,
    sync::{Arc, Mutex, PoisonError},
};

use libloading::Library;

use super::{MP3_KBITS, TranscodeError};
use crate::AudioInfo;

const NAME: &str = "libmp3lame.so.0";
const PACKAGE: &str = "libmp3lame0";
/// Modes of the encoder (`MPEG_mode`).
const JOINT_STEREO: c_int = 1;
const MONO: c_int = 3;
/// Care: 0 is the best and slowest, 9 the worst. 5 is LAME's own choice for quick encoding.
const QUALITY: c_int = 5;

/// Samples of each channel that are encoded at once.
const BLOCK: usize = 48_000;

type Handle = *mut c_void;
type Setter = unsafe extern "C" fn(Handle, c_int) -> c_int;
type Encode = unsafe extern "C" fn(
    Handle,
    *const c_float,
    *const c_float,
    c_int,
    *mut c_uchar,
    c_int,
) -> c_int;

/// The functions of the library that are used, as `lame.h` of LAME 3.100 declares them.
pub struct Lame {
    init: unsafe extern "C" fn() -> Handle,
    init_params: unsafe extern "C" fn(Handle) -> c_int,
    close: unsafe extern "C" fn(Handle) -> c_int,
    encode: Encode,
    set_channels: Setter,
    set_in_rate: Setter,
    set_out_rate: Setter,
    set_mode: Setter,
    set_bitrate: Setter,
    set_quality: Setter,
    set_vbr_tag: Setter,
    set_no_reservoir: Setter,
    /// Held while an encoder is made.
    opening: Mutex<()>,
    /// The functions live as long as this.
    _library: Library,
}

impl Lame {
    /// Loads the library.
    pub fn load() -> Result<Self, TranscodeError> {
        let missing = |why: libloading::Error| TranscodeError::Library {
            name: NAME,
            package: PACKAGE,
            why: why.to_string(),
        };
        // SAFETY: LAME has no constructors that do anything, and the types are those of `lame.h`.
        unsafe {
            let library = Library::new(NAME).map_err(missing)?;
            let setter =
                |name: &str| library.get::<Setter>(name.as_bytes()).map(|it| *it).map_err(missing);
            Ok(Self {
                init: *library.get(b"lame_init").map_err(missing)?,
                init_params: *library.get(b"lame_init_params").map_err(missing)?,
                close: *library.get(b"lame_close").map_err(missing)?,
                encode: *library.get(b"lame_encode_buffer_ieee_float").map_err(missing)?,
                set_channels: setter("lame_set_num_channels")?,
                set_in_rate: setter("lame_set_in_samplerate")?,
                set_out_rate: setter("lame_set_out_samplerate")?,
                set_mode: setter("lame_set_mode")?,
                set_bitrate: setter("lame_set_brate")?,
                set_quality: setter("lame_set_quality")?,
                set_vbr_tag: setter("lame_set_bWriteVbrTag")?,
                set_no_reservoir: setter("lame_set_disable_reservoir")?,
                opening: Mutex::new(()),
                _library: library,
            })
        }
    }
}

/// The rate of what is made: that of the stream where MPEG-1 has it.
pub fn rate_for(rate: u32) -> u32 {
    if matches!(rate, 32_000 | 44_100 | 48_000) { rate } else { 44_100 }
}

/// An encoder.
pub struct LameEncoder {
    lame: Arc<Lame>,
    handle: NonNull<c_void>,
    channels: usize,
    in_rate: usize,
    out_rate: usize,
    left: Vec<f32>,
    right: Vec<f32>,
}

// SAFETY: an encoder's state is its own, but for tables that are read only once an encoder is made, and made
// under a lock.
unsafe impl Send for LameEncoder {}

impl LameEncoder {
    /// An encoder of sound that is `info` when it is decoded.
    pub fn new(lame: Arc<Lame>, info: AudioInfo) -> Result<Self, TranscodeError> {
        let refused = || TranscodeError::Codec(format!("LAME refuses {info:?}"));
        // Held until the end: tables that all encoders read are filled for the first of them.
        let first = lame.clone();
        let _first = first.opening.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: takes nothing.
        let handle = NonNull::new(unsafe { (lame.init)() }).ok_or_else(refused)?;
        let channels = usize::from(info.channels);
        let rate = |it: u32| usize::try_from(it.max(1)).unwrap_or(usize::MAX);
        let (in_rate, out_rate) = (rate(info.rate), rate(rate_for(info.rate)));
        let (left, right) = (Vec::new(), Vec::new());
        let encoder = Self { lame, handle, channels, in_rate, out_rate, left, right };
        let number = |it: u32| c_int::try_from(it).unwrap_or(c_int::MAX);
        let lame = &encoder.lame;
        let settings = [
            (lame.set_channels, c_int::from(info.channels)),
            (lame.set_in_rate, number(info.rate)),
            (lame.set_out_rate, number(rate_for(info.rate))),
            (lame.set_mode, if channels == 1 { MONO } else { JOINT_STEREO }),
            (lame.set_bitrate, number(MP3_KBITS)),
            (lame.set_quality, QUALITY),
            // A table for seeking in a file would come first.
            (lame.set_vbr_tag, 0),
            // Newcomers begin at any frame.
            (lame.set_no_reservoir, 1),
        ];
        for (set, value) in settings {
            // SAFETY: the handle is good until it is closed.
            if unsafe { set(encoder.handle.as_ptr(), value) } < 0 {
                return Err(refused());
            }
        }
        // SAFETY: as above.
        if unsafe { (lame.init_params)(encoder.handle.as_ptr()) } < 0 {
            return Err(refused());
        }
        Ok(encoder)
    }

    /// Encodes samples, of one channel after the other; returns what is ready.
    ///
    /// # Errors
    /// [`TranscodeError::Codec`] when LAME fails.
    pub fn encode(&mut self, samples: &[f32]) -> Result<Vec<u8>, TranscodeError> {
        let mut encoded = Vec::new();
        for block in samples.chunks(BLOCK * self.channels) {
            self.encode_block(block, &mut encoded)?;
        }
        Ok(encoded)
    }

    fn encode_block(&mut self, samples: &[f32], out: &mut Vec<u8>) -> Result<(), TranscodeError> {
        self.left.clear();
        self.right.clear();
        for frame in samples.chunks_exact(self.channels) {
            self.left.push(tame(frame[0]));
            self.right.push(tame(frame[self.channels - 1]));
        }
        if self.left.is_empty() {
            return Ok(());
        }
        // What `lame.h` says is enough for any number of samples, which are counted as they go out.
        let made = self.left.len().saturating_mul(self.out_rate) / self.in_rate + 1;
        let start = out.len();
        out.resize(start + made * 5 / 4 + 7_200, 0);
        let number = |it: usize| c_int::try_from(it).unwrap_or(c_int::MAX);
        // SAFETY: both channels have so many samples, and the buffer so many bytes.
        let length = unsafe {
            (self.lame.encode)(
                self.handle.as_ptr(),
                self.left.as_ptr(),
                self.right.as_ptr(),
                number(self.left.len()),
                out[start..].as_mut_ptr(),
                number(out.len() - start),
            )
        };
        let length = usize::try_from(length)
            .map_err(|_| TranscodeError::Codec(format!("LAME says {length}")))?;
        out.truncate(start + length);
        Ok(())
    }
}

/// A sample that LAME takes. Decoders give whatever a stream asks for, and at what is no number, or overflows
/// when it is squared, LAME ends the whole program (`calc_energy`).
pub fn tame(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 }
}

impl Drop for LameEncoder {
    fn drop(&mut self) {
        // SAFETY: it isn't used any more.
        unsafe { (self.lame.close)(self.handle.as_ptr()) };
    }
}
