//! Studio: the page from which an artist goes on stage.

mod applause;
mod chat_size;
mod fold;
mod house;
mod keep_switch;
mod meter;
mod monitor;
mod now_playing;
mod overtime;
mod panels;
mod preview;
mod publisher;
mod questions;
mod rehearsal;
mod rehearsal_page;
mod session;
mod state;
mod stats_panel;
mod studio_page;
mod wellbeing;
mod who;

pub use rehearsal_page::RehearsalPage;
pub use studio_page::StudioPage;
