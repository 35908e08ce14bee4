//! Recordings, for the person who makes the current request.

use async_trait::async_trait;
use bandstand_app::recordings::port::Recordings;
use bandstand_domain::{
    Millis, Refusal, ShowId,
    recordings::{
        Moments, RecordedFile, Recording, RecordingCard, RecordingChange, RecordingError,
        RecordingForm, RecordingList, RecordingReason, RecordingState, Replay, write_tracklist,
    },
    shows::{ShowError, ShowPage, Track},
};

use super::{
    access::{PlayRight, allowed, to_change, to_play},
    bookmarks, discard,
    drafts::deleted_at,
    loud_moments, mp3, store,
    whole::Whole,
};
use crate::{
    accounts::store::lock, caller::Caller, chat, clock, crowd, database::Write,
    http::limits::Limit, ids::AccountId, rights::Action, shows,
};

/// The port of recordings.
#[derive(Debug)]
pub struct RecordingsPort {
    /// The caller of the port.
    pub caller: Caller,
    /// True if the venue can make MP3.
    pub makes_mp3: bool,
}

#[async_trait]
impl Recordings for RecordingsPort {
    async fn replay(&self, show: ShowId) -> Result<Replay, RecordingError> {
        let right = to_play(&self.caller, show).await?;
        let services = &self.caller.services;
        let whole = Whole::find(services, show).await?;
        if whole.files.iter().any(|it| !it.is_stored) {
            return Err(Refusal::Because(RecordingReason::NotReady));
        }
        let (began_at, cut, mp3) = (whole.row.began_at, whole.cut(), whole.mp3_file());
        let database = &services.database;
        let seek = store::seek_indexes(database, show).await?;
        let links = store::links(database, show).await?;
        let loud = loud_moments::of(database, &whole.row, &whole.files, cut).await?;
        let files = whole.into_files().into_iter().zip(seek);
        // What is cut off isn't even told of.
        let played = |file: &RecordedFile| {
            right == PlayRight::Editor
                || (file.offset < cut.to && file.offset + file.duration > cut.from)
        };
        let (files, seek) = files.filter(|it| played(&it.0)).unzip();
        Ok(Replay { show, began_at, cut, files, seek, loud, links, mp3 })
    }

    async fn moments(&self, show: ShowId, from: Millis) -> Result<Moments, RecordingError> {
        to_play(&self.caller, show).await?;
        let database = &self.caller.services.database;
        store::recording(database, show).await?.ok_or(Refusal::NotFound)?;
        let (messages, until) = chat::said_from(database, show.into(), from).await?;
        let crowd = crowd::moments(database, show, (from, until)).await?;
        Ok(Moments { messages, crowd, until })
    }

    async fn bookmarks(&self, show: ShowId) -> Result<Vec<u64>, RecordingError> {
        bookmarks::list(&self.caller, show).await
    }

    async fn bookmark(
        &self,
        show: ShowId,
        second: u64,
        kept: bool,
    ) -> Result<Vec<u64>, RecordingError> {
        bookmarks::change(&self.caller, show, second, kept).await
    }

    async fn recording(&self, show: ShowId) -> Result<Recording, RecordingError> {
        let (account, facts) = to_change(&self.caller, show).await?;
        let services = &self.caller.services;
        let page = shows::page(&services.database, show, Some(&account.id)).await;
        let ShowPage { card, description, tracks, .. } = page.map_err(plain)?;
        let whole = Whole::find(services, show).await?;
        let links = store::links(&services.database, show).await?;
        if whole.is_nothing(&facts) {
            return Err(Refusal::NotFound);
        }
        let state = whole.state(&facts);
        let deleted_at = (!facts.replay).then(|| deleted_at(&services.config, &whole.row));
        Ok(Recording {
            card,
            description,
            tracks,
            links,
            mine: account.id == facts.artist_account,
            state,
            stopped: whole.row.stopped,
            began_at: whole.row.began_at,
            duration: whole.duration(),
            cut: whole.cut(),
            mp3: facts.replay.then(|| whole.mp3_state(self.makes_mp3)),
            deleted_at,
            files: whole.into_files(),
        })
    }

    async fn mine(&self) -> Result<RecordingList, RecordingError> {
        let account = self.caller.own_account().await?;
        let services = &self.caller.services;
        let database = &services.database;
        let mut list = RecordingList {
            most: services.config.recordings.max_bytes,
            ..RecordingList::default()
        };
        for row in store::of_artist(database, &account.id).await? {
            let whole = Whole::of(services, row).await?;
            let show = whole.row.show;
            let Some(facts) = shows::facts(database, show).await? else { continue };
            let Some(card) = shows::card_of(database, show).await? else { continue };
            if whole.is_nothing(&facts) {
                continue;
            }
            let bytes = whole.bytes();
            list.used += bytes;
            list.recordings.push(RecordingCard {
                card,
                state: whole.state(&facts),
                duration: whole.duration(),
                bytes,
                deleted_at: (!facts.replay).then(|| deleted_at(&services.config, &whole.row)),
            });
        }
        Ok(list)
    }

    async fn update(&self, show: ShowId, form: RecordingForm) -> Result<(), RecordingError> {
        let (account, facts) = to_change(&self.caller, show).await?;
        self.caller.limited(Limit::Shows, &account.id)?;
        let services = &self.caller.services;
        let whole = Whole::find(services, show).await?;
        if matches!(whole.state(&facts), RecordingState::Running) {
            return Err(Refusal::Because(RecordingReason::NotReady));
        }
        let duration = whole.duration();
        let RecordingChange { cut, tracks, links } = form.read(whole.row.began_at, duration)?;
        let database = &services.database;
        let before = shows::tracks(database, show).await?;
        let title = shows::title(database, show).await?;
        let cut_to = (cut.to < duration).then_some(cut.to);
        let mut write = self.change(show, &facts.artist_account).await?;
        store::cut(&mut write, show, cut.from, cut_to).await?;
        store::replace_links(&mut write, show, &links).await?;
        shows::change_text(&mut write, show, &form.title, &form.description).await?;
        let tracks = with_times_of(tracks, before.clone(), whole.row.began_at);
        shows::replace_tracks(&mut write, show, &tracks).await?;
        shows::append_changed(&mut write, show).await?;
        let is_cut = (cut.from, cut_to) != (whole.row.cut_from, whole.row.cut_to);
        // At once, for it has what was cut off.
        let gone = if is_cut { mp3::forget(&mut write, show).await? } else { Vec::new() };
        let is_other = is_cut || tracks != before || title.as_deref() != Some(form.title.trim());
        if facts.replay && is_other {
            self.request_mp3(&mut write, show).await?;
        }
        write.commit().await?;
        self.settle(show, &gone).await;
        Ok(())
    }

    async fn publish(&self, show: ShowId, published: bool) -> Result<(), RecordingError> {
        let (account, facts) = to_change(&self.caller, show).await?;
        self.caller.limited(Limit::Shows, &account.id)?;
        let services = &self.caller.services;
        let whole = Whole::find(services, show).await?;
        if published && whole.state(&facts) < RecordingState::Draft || whole.duration() == 0 {
            return Err(Refusal::Because(RecordingReason::NotReady));
        }
        let mut write = self.change(show, &facts.artist_account).await?;
        shows::set_replay(&mut write, show, published.then(clock::now)).await?;
        // Once more it is a draft that is kept for a while.
        store::touch(&mut write, show).await?;
        shows::append_changed(&mut write, show).await?;
        let gone = match published {
            true => Vec::new(),
            false => mp3::forget(&mut write, show).await?,
        };
        if published && !whole.has_mp3() {
            self.request_mp3(&mut write, show).await?;
        }
        write.commit().await?;
        self.settle(show, &gone).await;
        Ok(())
    }

    async fn delete(&self, show: ShowId) -> Result<(), RecordingError> {
        let (account, facts) = allowed(&self.caller, show, Action::Delete).await?;
        self.caller.limited(Limit::Shows, &account.id)?;
        let services = &self.caller.services;
        let whole = Whole::find(services, show).await?;
        if whole.state(&facts) == RecordingState::Running {
            return Err(Refusal::Because(RecordingReason::NotReady));
        }
        let mut write = self.change(show, &facts.artist_account).await?;
        shows::set_replay(&mut write, show, None).await?;
        shows::append_changed(&mut write, show).await?;
        write.commit().await?;
        shows::announce(services, show).await;
        discard(services, show, None).await?;
        Ok(())
    }
}

impl RecordingsPort {
    /// Asks for the MP3 of a recording, where one can be made.
    async fn request_mp3(&self, write: &mut Write, show: ShowId) -> Result<(), RecordingError> {
        if self.makes_mp3 {
            mp3::request(write, show).await?;
        }
        Ok(())
    }

    /// Does what follows the commit of a change: tells of it, begins with jobs, removes files.
    async fn settle(&self, show: ShowId, gone: &[String]) {
        let services = &self.caller.services;
        shows::announce(services, show).await;
        services.jobs.wake();
        services.files.remove(gone).await;
    }

    /// A transaction that changes the recording of a show of the account `artist`, whose shows change nowhere
    /// else until it ends.
    async fn change(&self, show: ShowId, artist: &AccountId) -> Result<Write, RecordingError> {
        let mut write = self.caller.services.database.begin().await?;
        lock(&mut write, artist).await?;
        if shows::card(&mut write, show).await?.is_none() {
            return Err(Refusal::Gone);
        }
        Ok(write)
    }
}

/// The tracks with the times that they had, to the millisecond, where a line of the form says the same as before.
fn with_times_of(tracks: Vec<Track>, mut before: Vec<Track>, began_at: Millis) -> Vec<Track> {
    let line = |track: &Track| write_tracklist(std::slice::from_ref(track), began_at);
    let kept = tracks.into_iter().map(|track| {
        let same = before.iter().position(|it| line(it) == line(&track));
        same.map_or(track, |at| before.remove(at))
    });
    let mut tracks: Vec<_> = kept.collect();
    tracks.sort_by_key(|it| it.at);
    tracks
}

/// The refusal, without the reasons particular to shows, of which none is given for a page.
fn plain(error: ShowError) -> RecordingError {
    match error {
        Refusal::NotFound => Refusal::NotFound,
        Refusal::Gone => Refusal::Gone,
        _ => Refusal::Broken,
    }
}
