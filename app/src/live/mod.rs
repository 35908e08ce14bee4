//! The stage: a show's page with its picture and sound, the studio, and the live channel.

mod controls;
mod countdown;
mod listen_back;
mod player;
mod publisher;
mod ready;
mod room;
mod scene;
mod show_about;
mod show_page;
mod show_side;
mod studio;
mod studio_desk;
mod studio_keys;
mod studio_line;
mod studio_meter;
mod studio_page;
mod studio_panels;
mod studio_state;
mod visit;
mod why;

pub use show_page::ShowPageView;
pub use studio_page::StudioPage;
