//! Player of a show: its media and its live topic, which last longer than a page.

mod dock;
mod glimpse;
mod http_sound;
mod icon;
mod lock_screen;
mod mini_player;
mod picture;
mod playback;
mod preconnect;
mod screen;
mod session;
mod sound;
mod sound_button;
mod title_order;
mod viewport;

pub(crate) use dock::Dock;
pub(crate) use glimpse::Glimpse;
pub(crate) use icon::{CLOSE, LARGE, LOUD, PAUSE, PLAY, SILENT, icon};
pub(crate) use lock_screen::{leave_lock_screen, metadata, on_lock_screen};
pub(crate) use mini_player::mini_player;
pub(crate) use playback::PictureState;
pub(crate) use session::{Phase, WatchSession};
pub(crate) use sound::SoundState;
pub(crate) use sound_button::SoundButton;
