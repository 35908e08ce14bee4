//! Studio: the page from which an artist goes on stage.

mod applause;
mod chat_size;
mod fold;
mod house;
mod meter;
mod monitor;
mod now_playing;
mod over;
mod overtime;
mod panels;
mod preview;
mod publisher;
mod questions;
mod rehearsal;
mod rehearsal_page;
mod sending;
mod session;
mod stage_switches;
mod state;
mod stats_panel;
mod studio_page;
mod wellbeing;
mod who;

pub use rehearsal_page::RehearsalPage;
pub use studio_page::StudioPage;
