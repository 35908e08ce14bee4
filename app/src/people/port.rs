//! Needs of people from the server.

use async_trait::async_trait;
use bandstand_domain::people::{ArtistPage, Following, PeopleError, Profile, ProfileForm};

/// People, for the person who makes the current request.
#[async_trait]
pub trait People: Send + Sync {
    /// The page of the artist whose handle is `handle`, or was: the page names the present one.
    async fn artist(&self, handle: String) -> Result<ArtistPage, PeopleError>;
    /// Follows the artist `handle`, or no longer. Doing it twice is no error.
    async fn follow(&self, handle: String, follow: bool) -> Result<Following, PeopleError>;
    /// One's own profile.
    async fn profile(&self) -> Result<Profile, PeopleError>;
    /// Changes one's own profile.
    async fn save_profile(&self, form: ProfileForm) -> Result<(), PeopleError>;
    /// Takes one's own picture away. Doing it twice is no error.
    async fn remove_picture(&self) -> Result<(), PeopleError>;
}
