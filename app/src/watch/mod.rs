//! A show's page: picture and sound, the crowd, the chat, and the door to them.

mod about;
mod arrangement;
mod bubbles;
mod chat_sheet;
mod controls;
mod countdown;
mod ending;
mod farewell;
mod keepsake;
mod quality_report;
mod scene;
mod show_page;
mod sidebar;
mod sound;
mod sound_alone;
mod tracklist;

pub use show_page::ShowPageView;
