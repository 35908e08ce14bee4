//! Forms of rooms and invitations.

use serde::{Deserialize, Serialize};

use super::{check_address, tidy_address};
use crate::{
    FieldErrors,
    accounts::check_name,
    field::{has_forbidden, length},
    text,
    visible::tidy_name,
};

/// The longest title, in characters.
const MAX_TITLE: usize = 80;
/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 1_000;
/// The longest time for which messages are kept, where it is limited, in days.
pub const MAX_KEPT_DAYS: u32 = 3_650;
/// The most uses of an invitation, where they are limited.
pub const MAX_USES: u32 = 10_000;
/// The longest time for which an invitation holds, where it is limited, in hours.
const MAX_HOURS: u32 = 366 * 24;

/// Form of a room, which its owner fills in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomForm {
    /// Address; blank draws one when the room is made.
    pub address: String,
    /// Title: at most 80 characters; blank takes the address.
    pub title: String,
    /// At most 1,000 characters.
    pub description: String,
    /// True if everybody with an account may join, and the room is listed.
    pub public: bool,
    /// True if people without an account may come by a link.
    pub guests: bool,
    /// True if guests may share files.
    pub guest_uploads: bool,
    /// True if strangers may ask to be let in.
    pub knocking: bool,
    /// Days after which messages are deleted; none keeps them.
    pub kept_days: Option<u32>,
}

impl Default for RoomForm {
    fn default() -> Self {
        Self {
            address: String::new(),
            title: String::new(),
            description: String::new(),
            public: false,
            guests: true,
            guest_uploads: false,
            knocking: true,
            kept_days: None,
        }
    }
}

impl RoomForm {
    /// The form as it is kept, but for capitals in its address.
    #[must_use]
    pub fn tidied(self) -> Self {
        Self {
            address: tidy_address(&self.address),
            title: tidy_name(&self.title),
            description: self.description.replace("\r\n", "\n").trim().to_owned(),
            ..self
        }
    }

    /// The form as it is kept. For the server alone: the table of all capitals is much for a browser.
    #[must_use]
    pub fn settled(self) -> Self {
        let form = self.tidied();
        Self { address: form.address.to_lowercase(), ..form }
    }

    /// Checks the form, once tidied.
    ///
    /// # Errors
    /// Returns the complaints, by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if !self.address.is_empty() {
            errors.check("address", check_address(&self.address));
        }
        if !self.title.is_empty() {
            errors.check("title", check_name(text!(complaint.what.title), &self.title, MAX_TITLE));
        }
        let what = || text!(complaint.what.description);
        let description = length(what(), &self.description, 0, MAX_DESCRIPTION).or_else(|| {
            has_forbidden(&self.description, true)
                .then(|| text!(complaint.forbidden, what = what()))
        });
        errors.check("description", description);
        if self.kept_days.is_some_and(|days| days == 0 || days > MAX_KEPT_DAYS) {
            errors.add("kept_days", text!(complaint.kept_days, most = MAX_KEPT_DAYS));
        }
        errors.into_result()
    }
}

/// Form of an invitation, which a member fills in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationForm {
    /// Hours for which it holds; none sets no end.
    pub hours: Option<u32>,
    /// How often it may be used; none sets no limit.
    pub max_uses: Option<u32>,
}

impl InvitationForm {
    /// Checks the form.
    ///
    /// # Errors
    /// Returns the complaints, by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        if self.hours.is_some_and(|hours| hours == 0 || hours > MAX_HOURS) {
            errors.add("hours", text!(complaint.invitation_hours, most = MAX_HOURS));
        }
        if self.max_uses.is_some_and(|uses| uses == 0 || uses > MAX_USES) {
            errors.add("max_uses", text!(complaint.invitation_uses, most = MAX_USES));
        }
        errors.into_result()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_is_kept_in_lower_case() {
        let form = RoomForm { address: "  KÜCHE  Tea ".into(), ..RoomForm::default() };
        assert_eq!(form.clone().tidied().check(), Ok(()));
        assert_eq!(form.settled().address, "küche-tea");
    }
}
