//! The people feature's server side: profiles and pictures, artists' pages, followers.

pub mod personal_data;
mod portraits;
mod store;

use async_trait::async_trait;
use bandstand_app::people::port::People;
use bandstand_domain::{
    Refusal,
    channel::Topic,
    people::{ArtistPage, Following, PeopleError, PeopleReason, Profile, ProfileForm},
    shows::Artist,
    visible::tidy_name,
};

pub use portraits::{adopt_pictures, routes};
use store::Follow;
pub use store::{
    ArtistRow, artist as find_artist, is_kept_for_another, leave_handle, sweep_handles,
};

use crate::{
    accounts::{Account, store::lock},
    caller::Caller,
    channel::event_log,
    clock,
    http::limits::Limit,
    shows,
};

impl Caller {
    /// The account that asks, counted against what it may do in a while.
    async fn changing_account(&self) -> Result<Account, PeopleError> {
        let account = self.own_account().await?;
        self.limited(Limit::People, &account.id)?;
        Ok(account)
    }

    async fn artist_called(&self, handle: &str) -> Result<ArtistRow, PeopleError> {
        let found = store::artist(&self.services.database, handle).await?;
        found.ok_or(Refusal::NotFound)
    }

    async fn following(
        &self,
        artist: &ArtistRow,
        viewer: Option<&Account>,
    ) -> Result<Following, PeopleError> {
        let viewer = viewer.map(|account| &account.id);
        let (followers, following) =
            store::followers(&self.services.database, &artist.account, viewer).await?;
        Ok(Following { following, followers })
    }
}

#[async_trait]
impl People for Caller {
    async fn artist(&self, handle: String) -> Result<ArtistPage, PeopleError> {
        let artist = self.artist_called(&handle).await?;
        let viewer = self.account().await?;
        let database = &self.services.database;
        // Before the lists: an event in between is then sent once more than needed, never lost.
        let cursor = event_log::latest(database, Topic::Shows).await?;
        let (live, upcoming, past) = shows::of_artist(database, &artist.account).await?;
        let Following { following, followers } = self.following(&artist, viewer.as_ref()).await?;
        Ok(ArtistPage {
            address: format!("{}/artists/{}", self.services.config.public_url, artist.handle),
            mine: viewer.is_some_and(|viewer| viewer.id == artist.account),
            artist: Artist { handle: artist.handle, stage_name: artist.stage_name },
            picture: artist.picture,
            about: artist.about,
            website: (!artist.website.is_empty()).then_some(artist.website),
            genres: artist.genres,
            podcast: store::has_podcast(database, &artist.account).await?,
            followers,
            following,
            live,
            upcoming,
            past,
            cursor,
            now: clock::now().minute(),
        })
    }

    async fn follow(&self, handle: String, follow: bool) -> Result<Following, PeopleError> {
        let account = self.changing_account().await?;
        let artist = self.artist_called(&handle).await?;
        if artist.account == account.id {
            return Err(Refusal::Because(PeopleReason::Oneself));
        }
        let database = &self.services.database;
        let accounts = Follow { follower: &account.id, artist: &artist.account };
        store::follow(database, accounts, follow).await?;
        self.following(&artist, Some(&account)).await
    }

    async fn profile(&self) -> Result<Profile, PeopleError> {
        let account = self.own_account().await?;
        Ok(store::profile(&self.services.database, &account.id).await?)
    }

    async fn save_profile(&self, form: ProfileForm) -> Result<(), PeopleError> {
        let account = self.changing_account().await?;
        form.check()?;
        let form = normal(form);
        // Posters carry the artist's name: whoever looks at one sees the new one.
        let renamed = account.artist
            && form.artist.as_ref().is_some_and(|artist| artist.stage_name != account.name);
        if renamed {
            self.limited(Limit::Rename, &account.id)?;
        }
        let mut write = self.services.database.begin().await?;
        lock(&mut write, &account.id).await?;
        store::save_profile(&mut write, &account.id, &form).await?;
        let changed = if renamed {
            shows::append_artist_changed(&mut write, &account.id).await?
        } else {
            Vec::new()
        };
        write.commit().await?;
        for show in changed {
            shows::announce(&self.services, show).await;
        }
        Ok(())
    }

    async fn remove_picture(&self) -> Result<(), PeopleError> {
        let account = self.changing_account().await?;
        portraits::replace(&self.services, &account.id, None).await
    }
}

/// The form with its text as it is kept: tidy names, no space around the rest, lines ended by `\n`, each
/// genre once.
fn normal(mut form: ProfileForm) -> ProfileForm {
    form.display_name = tidy_name(&form.display_name);
    form.about = form.about.replace("\r\n", "\n").trim().to_owned();
    form.website = form.website.trim().to_owned();
    if let Some(artist) = &mut form.artist {
        artist.stage_name = tidy_name(&artist.stage_name);
        artist.genres.sort();
        artist.genres.dedup();
    }
    form
}
