//! People as others see them: profiles, pictures, artists' pages, followers.

use serde::{Deserialize, Serialize};

use crate::{
    FieldErrors, Millis, Refusal,
    accounts::check_own_name,
    channel::Cursor,
    field::{has_forbidden, length},
    refusal::{Reason, print_text},
    shows::{Artist, Genre, ShowCard, ShowList, check_genres},
    text,
    texts::{Tell, Text},
};

/// The most characters that somebody says about themselves.
pub const MAX_ABOUT: usize = 800;
/// The most characters of a website's address.
pub const MAX_WEBSITE: usize = 200;
/// The largest picture that is taken: 3 MiB, in bytes.
pub const MAX_PICTURE_BYTES: usize = 3 * 1024 * 1024;
/// The most pixels of a picture's side.
pub const MAX_PICTURE_SIDE: u32 = 4_096;

/// Reason to refuse a request, particular to people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PeopleReason {
    /// More than [`MAX_PICTURE_BYTES`].
    PictureTooLarge,
    /// Not JPEG, PNG or WebP, whatever its name says; or damaged.
    NotAPicture,
    /// More than [`MAX_PICTURE_SIDE`] on a side.
    PictureTooWide,
    /// Many pictures are being looked at.
    Busy,
    /// The venue or the account keeps as many files as it may.
    QuotaFull,
    /// One doesn't follow oneself.
    Oneself,
}

impl Tell for PeopleReason {
    fn text(&self) -> Text {
        match self {
            Self::PictureTooLarge => text!(refusal.people.picture_too_large),
            Self::NotAPicture => text!(refusal.people.not_a_picture),
            Self::PictureTooWide => text!(refusal.people.picture_too_wide),
            Self::Busy => text!(refusal.people.busy),
            Self::QuotaFull => text!(refusal.people.quota_full),
            Self::Oneself => text!(refusal.people.oneself),
        }
    }
}

print_text!(PeopleReason);

impl Reason for PeopleReason {
    fn status(&self) -> u16 {
        match self {
            Self::PictureTooLarge => 413,
            Self::NotAPicture => 415,
            Self::PictureTooWide => 422,
            Self::Busy => 503,
            Self::QuotaFull => 507,
            Self::Oneself => 409,
        }
    }
}

/// Refusal by people.
pub type PeopleError = Refusal<PeopleReason>;

/// A picture of somebody. A new picture has a new name, so it can be kept for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Picture(String);

impl Picture {
    /// Wraps a name made by the server: letters, digits, dash and underscore.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Path of the picture, 512 pixels wide and high.
    pub fn large(&self) -> String {
        format!("/pictures/{}.jpg", self.0)
    }

    /// Path of the picture, 96 pixels wide and high.
    pub fn small(&self) -> String {
        format!("/pictures/{}-small.jpg", self.0)
    }
}

/// The form by which people say who they are to others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileForm {
    /// Display name: 1–32 characters.
    pub display_name: String,
    /// At most [`MAX_ABOUT`] characters, plain text; line breaks and links are kept.
    pub about: String,
    /// An `http` or `https` address, or nothing.
    pub website: String,
    /// Profile as an artist.
    pub artist: Option<crate::accounts::ArtistProfile>,
}

/// Profile as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The form as it was last saved.
    pub form: ProfileForm,
    /// Their picture.
    pub picture: Option<Picture>,
}

impl ProfileForm {
    /// Checks the form.
    ///
    /// # Errors
    /// Complaints, field by field.
    pub fn check(&self) -> Result<(), FieldErrors> {
        let mut errors = FieldErrors::default();
        errors.check(
            "display_name",
            check_own_name(text!(complaint.what.your_name), &self.display_name, 32),
        );
        if let Some(artist) = &self.artist {
            errors.check(
                "stage_name",
                check_own_name(text!(complaint.what.stage_name), &artist.stage_name, 40),
            );
            errors.check("genres", check_genres(&artist.genres));
        }
        errors.check("about", check_about(&self.about));
        errors.check("website", check_website(&self.website));
        errors.into_result()
    }
}

/// Checks the text of a profile; returns the complaint.
pub fn check_about(about: &str) -> Option<Text> {
    length(text!(complaint.what.this_text), about, 0, MAX_ABOUT).or_else(|| {
        has_forbidden(&about.replace("\r\n", "\n"), true)
            .then(|| text!(complaint.forbidden, what = text!(complaint.what.this_text)))
    })
}

/// Checks a website's address, where none is fine; returns the complaint.
pub fn check_website(address: &str) -> Option<Text> {
    let address = address.trim();
    if address.is_empty() {
        return None;
    }
    length(text!(complaint.what.address), address, 1, MAX_WEBSITE)
        .or_else(|| (!is_web_address(address)).then(|| text!(complaint.website)))
}

/// Tells whether an address is one of the web: `http` or `https` with a host, without a user's name, so that what
/// is clicked leads where it says.
pub fn is_web_address(address: &str) -> bool {
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let host = rest.and_then(|rest| rest.split(['/', '?', '#']).next());
    let odd = |c: char| c.is_whitespace() || c.is_control() || "\"<>\\^`{|}".contains(c);
    let right = host.is_some_and(|host| {
        let name = host.split(':').next().unwrap_or_default();
        name.starts_with(char::is_alphanumeric)
            && name.contains('.')
            && !name.ends_with('.')
            && !name.contains("..")
            && !host.contains('@')
    });
    right && !address.contains(odd) && !has_forbidden(address, false)
}

/// An artist's own page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtistPage {
    /// Handle, as it is now, and stage name.
    pub artist: Artist,
    /// Their picture.
    pub picture: Option<Picture>,
    /// Plain text; addresses in it become links when shown.
    pub about: String,
    /// Their website.
    pub website: Option<String>,
    /// Genres.
    pub genres: Vec<Genre>,
    /// True if there is a podcast of what they have published.
    #[serde(default)]
    pub podcast: bool,
    /// Number of followers.
    pub followers: u32,
    /// True if the viewer follows the artist.
    pub following: bool,
    /// True if the viewer is the artist.
    pub mine: bool,
    /// On stage now.
    pub live: Vec<ShowCard>,
    /// To come, soonest first.
    pub upcoming: ShowList,
    /// Over, latest first.
    pub past: ShowList,
    /// The last event of the topic [`crate::channel::Topic::Shows`] that these lists already hold.
    pub cursor: Cursor,
    /// The page's whole address, for those who are sent it.
    pub address: String,
    /// The server's clock when the page was made, to the minute: it is the same page for so long.
    pub now: Millis,
}

/// Follower state of an artist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Following {
    /// True if the viewer follows the artist.
    pub following: bool,
    /// Number of followers.
    pub followers: u32,
}
