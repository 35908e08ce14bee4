//! Player of a show: its media and its live topic, which last longer than a page.

mod dock;
mod icon;
mod keys;
mod mini_player;
mod picture;
mod playback;
mod preconnect;
mod screen;
mod session;
mod sound;
mod sound_button;
mod viewport;

pub(crate) use dock::Dock;
pub(crate) use icon::{LOUD, icon};
pub(crate) use keys::on_key;
pub(crate) use mini_player::mini_player;
pub(crate) use playback::PictureState;
pub(crate) use session::{Phase, WatchSession};
pub(crate) use sound::SoundState;
pub(crate) use sound_button::SoundButton;
