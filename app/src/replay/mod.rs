//! Player of a show's recording: on the stage of the show that is over, and on the page of its draft.

mod bookmarks;
mod buffer;
mod buffered;
mod chapters;
mod controls;
mod engine;
mod lock_screen;
mod loud;
mod media_boxes;
mod moments;
mod playback;
mod range;
mod resume;
mod screen;
mod timeline;
mod views;

pub(crate) use moments::as_it_was;
pub(crate) use views::on_stage;
pub use views::{ShownPicture, replay_player};
