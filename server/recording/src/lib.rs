//! Bandstand's recording: files of what is on stage, without transcoding.
//!
//! A [`Recorder`] is told packets and times, and says what to write: files of WebM, fragmented MP4, Ogg or MP3,
//! by what is sent. It puts packets in order, waiting a second for those that are missing, and leaves out
//! pictures that need a lost one. Each file is told when in the recording it begins; another one begins where
//! the publisher, the codec or the size changes, and after a pause, so that a recording is a list of files with
//! gaps between them.
//!
//! Files are made of fragments of less than a second. One that was cut off anywhere is made whole by [`repair()`],
//! which finds the end of the last fragment and what players need to seek, a [`SeekIndex`]. A [`SoundReader`] gives
//! back the sound of one, packet by packet.
//!
//! There are no files, sockets and clocks here.
#![warn(missing_docs)]

mod assembler;
mod best_layer;
mod container;
mod depacketize;
mod file;
mod format;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod index;
mod input;
mod line;
mod output;
mod packet;
mod queue;
mod recorder;
mod reorder;
mod repair;
mod sound;
mod sound_format;
mod sound_reader;

pub use best_layer::BestLayer;
pub use container::{FilePatch, FileTail, RecordingContainer};
pub use index::{SeekIndex, SeekPoint};
pub use output::{FileSummary, RecorderOutput, RecordingFile};
pub use packet::{RecordedCodec, RecorderPacket};
pub use recorder::{Recorder, RecorderOptions};
pub use repair::{RepairError, RepairedFile, repair};
pub use sound_reader::{FileSound, FileSoundPacket, SoundReader};
