//! Archive: an artist's recordings, each with its draft page, and the room that they take.

mod editor;
mod files;
mod recording_page;
mod recordings_page;
mod take_picture;

pub use recording_page::RecordingPage;
pub use recordings_page::RecordingsPage;
