//! Rooms: places with an address of their own, where friends write and share.

pub mod api;
mod bans;
mod door;
mod form;
mod guest_name;
mod invitation_page;
mod invitations;
mod knocks;
mod live_room;
mod member_dialog;
mod members;
mod membership;
mod path;
#[cfg(feature = "ssr")]
pub mod port;
mod room_page;
mod rooms_page;
mod settings_page;

pub use invitation_page::InvitationPage;
pub use room_page::RoomPageView;
pub use rooms_page::{NewRoomPage, RoomsPage};
pub use settings_page::RoomSettingsPage;
