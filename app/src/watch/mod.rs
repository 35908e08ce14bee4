//! A show's page: picture and sound, the crowd, the chat, and the door to them.

mod about;
mod controls;
mod countdown;
mod quality_report;
mod scene;
mod show_page;
mod sidebar;

pub use show_page::ShowPageView;
