//! Plan of an MP3: what of which file of a recording is in it, and what is told of it.

use std::{ops::Range, time::Duration};

use bandstand_domain::{
    ShowId,
    recordings::{Chapter, chapters, seek_points},
};
use bandstand_radio::{Id3Chapter, Id3Tag};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::super::{cut::OpenBytes, store, stored_name, whole::Whole};
use crate::{database::DatabaseError, ids::AccountId, services::Services, shows};

/// Part of an MP3: the sound of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mp3Part {
    /// Name of the file in storage.
    pub name: String,
    /// Bytes that are read of it: its header, and what is played.
    pub ranges: [Range<u64>; 2],
    /// Time at which it begins since the beginning of what is played, in microseconds.
    pub time: i64,
}

/// Plan of an MP3.
#[derive(Clone, Debug)]
pub(super) struct Mp3Plan {
    /// The account of the artist.
    pub artist: AccountId,
    /// Parts in their order; none where there is no sound.
    pub parts: Vec<Mp3Part>,
    /// Length of what is played.
    pub length: Duration,
    /// Tag of the file.
    pub tag: Vec<u8>,
}

impl Mp3Plan {
    /// The plan of the recording of a show; none where it isn't published any more.
    pub async fn of(services: &Services, show: ShowId) -> Result<Option<Self>, DatabaseError> {
        let database = &services.database;
        let facts = shows::facts(database, show).await?.filter(|it| it.replay && !it.deleted);
        let card = shows::card_of(database, show).await?;
        let row = store::recording(database, show).await?;
        let (Some(facts), Some(card), Some(row)) = (facts, card, row) else { return Ok(None) };
        let began_at = row.began_at;
        let whole = Whole::of(services, row).await?;
        let cut = whole.cut();
        let mut parts = Vec::new();
        for file in whole.files.iter().filter(|it| it.is_stored && it.file.has_sound) {
            let index = store::seek_index(database, file.file.id).await?;
            let points = STANDARD.decode(index).ok().and_then(|it| seek_points(&it));
            let Some(open) = OpenBytes::of(&file.file, &points.unwrap_or_default(), cut) else {
                continue;
            };
            let micros =
                |millis: u64| i64::try_from(millis.saturating_mul(1_000)).unwrap_or(i64::MAX);
            parts.push(Mp3Part {
                name: stored_name(file.file.id),
                ranges: open.ranges(),
                time: micros(file.file.offset) - micros(cut.from),
            });
        }
        let length = cut.to - cut.from;
        let tracks = shows::tracks(database, show).await?;
        let tag = Id3Tag {
            title: card.title,
            artist: card.artist.stage_name,
            chapters: tag_chapters(&chapters(&tracks, began_at, cut), length),
        };
        Ok(Some(Mp3Plan {
            artist: facts.artist_account,
            parts,
            length: Duration::from_millis(length),
            tag: tag.write(),
        }))
    }
}

/// Chapters, each of which lasts until the next.
fn tag_chapters(chapters: &[Chapter], length: u64) -> Vec<Id3Chapter> {
    let millis = |time: u64| u32::try_from(time).unwrap_or(u32::MAX);
    let ends = chapters.iter().skip(1).map(|it| it.time).chain([length]);
    let chapter = |(chapter, to): (&Chapter, u64)| Id3Chapter {
        from: millis(chapter.time),
        to: millis(to),
        title: chapter.title.clone(),
    };
    chapters.iter().zip(ends).map(chapter).collect()
}
