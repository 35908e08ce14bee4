//! Widgets that more than one feature uses. Their looks: `style/widgets.css`, `style/forms.css`.

mod bytes;
mod copied;
mod delete_button;
mod dialog;
mod every;
mod field;
mod form;
mod genres;
mod keys;
mod later;
mod links;
mod local_time;
mod logo;
mod page;
mod password;
mod text_area;
mod toast;
mod unsaved;
mod wall_clock;

pub use bytes::write_bytes;
pub use copied::{Copied, CopyButton};
pub use delete_button::{DeleteButton, DeleteWords};
pub use dialog::{Confirm, modal_while};
pub use every::every;
pub use field::{Complaint, TextField, adopt};
pub use form::{Form, FormState, Submit};
pub use genres::GenrePicker;
pub(crate) use keys::{is_meant_elsewhere, on_key};
pub(crate) use later::{later, later_while};
pub use links::linked;
#[cfg(feature = "ssr")]
pub(crate) use local_time::time_patterns;
pub use local_time::{Days, LocalTime, TimeStyle, iso_text, local_text, month_name, now};
pub use logo::Logo;
pub use page::{About, NotFound, page_status};
pub use password::{PasswordField, secret};
pub use text_area::TextArea;
pub use toast::{Toaster, Toasts};
pub use unsaved::Unsaved;
pub(crate) use wall_clock::{TimeZoneField, two_hours_after, wall_clock_soon};
