//! A show's page: picture and sound, the crowd, the chat, and the door to them.

mod about;
mod controls;
mod countdown;
mod picture;
mod player;
mod preconnect;
mod quality_report;
mod scene;
mod session;
mod show_page;
mod sidebar;
mod viewport;

pub use show_page::ShowPageView;
