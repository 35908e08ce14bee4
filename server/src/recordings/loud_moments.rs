//! Loudest moments of a recording: counted when somebody wants to know them first, and kept then.

use bandstand_domain::{
    Millis, ShowId,
    crowd::CROWD_MOMENT,
    recordings::{CrowdLoudness, Cut},
};

use super::store::{self, FileRow, RecordingRow};
use crate::{
    chat, clock, crowd,
    database::{Database, DatabaseError},
};

/// Time of which moments of the crowd are read at once.
const WINDOW: i64 = Millis::HOUR;
/// Time after which all that the crowd did is written, long since.
const SETTLED: i64 = Millis::MINUTE;

/// The loudest moments of what is played of a recording, in milliseconds of it.
pub async fn of(
    database: &Database,
    row: &RecordingRow,
    files: &[FileRow],
    cut: Cut,
) -> Result<Vec<u64>, DatabaseError> {
    if let Some(loud) = store::loud_moments(database, row.show).await? {
        return Ok(loud);
    }
    let at = |time: u64| row.began_at.plus(i64::try_from(time).unwrap_or(i64::MAX));
    let until = at(cut.to);
    let crowd = count(database, row.show, files, (at(cut.from), until)).await?;
    let loud: Vec<_> = crowd.loudest().into_iter().map(|it| cut.from + it).collect();
    if clock::now().since(until) > SETTLED {
        let cut = (row.cut_from, row.cut_to);
        // They can be counted again.
        if let Err(error) = store::keep_loud_moments(database, row.show, cut, &loud).await {
            error.log();
        }
    }
    Ok(loud)
}

/// Counts messages, gestures and likes of `show` between two instants, without what came in gaps between files.
async fn count(
    database: &Database,
    show: ShowId,
    files: &[FileRow],
    (from, until): (Millis, Millis),
) -> Result<CrowdLoudness, DatabaseError> {
    let mut loudness = CrowdLoudness::new(from, until);
    let until = loudness.ends();
    let is_played = |at: Millis| {
        let plays = |it: &FileRow| at.since(it.began_at).unsigned_abs() < it.file.duration;
        files.iter().any(|it| it.began_at <= at && plays(it))
    };
    for (at, count) in chat::said_by_second(database, show.into(), (from, until)).await? {
        if is_played(at) {
            loudness.note(at, count);
        }
    }
    let mut before = None::<(Millis, u64)>;
    let mut begins = from;
    while begins < until {
        let ends = begins.plus(WINDOW).min(until);
        for moment in crowd::moments(database, show, (begins, ends)).await? {
            // Likes of a time that wasn't recorded are of no moment. One that reaches into the next window comes
            // again with it, and has no more then.
            let before = before.replace((moment.at, moment.likes));
            let before = before.filter(|it| moment.at.since(it.0) <= CROWD_MOMENT);
            let likes = before.map_or(0, |it| moment.likes.saturating_sub(it.1));
            if is_played(moment.at) {
                loudness.note_moment(moment.at, u32::try_from(likes).unwrap_or(u32::MAX));
            }
            for (second, _, count) in moment.gestures {
                let at = moment.at.plus(i64::from(second) * Millis::SECOND);
                if begins <= at && at < ends && is_played(at) {
                    loudness.note(at, count);
                }
            }
        }
        begins = ends;
    }
    Ok(loudness)
}
