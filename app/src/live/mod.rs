//! The stage: a show's page with its picture and sound, the studio, and the live channel.

mod controls;
mod countdown;
mod player;
mod ready;
mod room;
mod scene;
mod show_about;
mod show_page;
mod show_side;
mod visit;
mod why;

pub use show_page::ShowPageView;
