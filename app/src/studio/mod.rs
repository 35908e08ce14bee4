//! Studio: the page from which an artist goes on stage.

mod leave;
mod meter;
mod monitor;
mod panels;
mod preview;
mod publisher;
mod session;
mod state;
mod stats_panel;
mod studio_page;

pub use studio_page::StudioPage;
