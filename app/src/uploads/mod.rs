//! Files that people share in rooms.

pub mod api;
mod attach;
mod carried;
mod file_list;
mod interrupted;
mod lightbox;
mod my_files_page;
#[cfg(feature = "ssr")]
pub mod port;
mod queue;
mod queue_view;
mod room_files;
mod sending;
mod tus;

pub use attach::load_file_tools;
pub use my_files_page::MyFilesPage;
pub use room_files::RoomFiles;
