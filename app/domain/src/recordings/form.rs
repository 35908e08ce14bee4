//! Form by which a recording is changed.

use serde::{Deserialize, Serialize};

use super::{
    Cut,
    links::{RecordingLink, read_links},
};
use crate::{
    FieldErrors, Millis,
    shows::{MAX_TITLE, MAX_TRACKS, Track, check_text, check_title},
    text,
    texts::Text,
};

/// Recording as its form says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingChange {
    /// Part of it that is played.
    pub cut: Cut,
    /// Tracklist of its show, in the order of time.
    pub tracks: Vec<Track>,
    /// Its links.
    pub links: Vec<RecordingLink>,
}

/// Form by which a recording is changed, and its show with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingForm {
    /// The show's title.
    pub title: String,
    /// The show's description.
    pub description: String,
    /// The tracklist: a line a title, each with its time before it, such as `1:02:03 Title`.
    pub tracklist: String,
    /// Links: one a line, each with its title behind it, such as `https://example.org Title`.
    #[serde(default)]
    pub links: String,
    /// Beginning of what is played, such as `0:05`.
    pub from: String,
    /// Its end.
    pub to: String,
}

impl RecordingForm {
    /// Reads the form of a recording that began at `began_at` and is `duration` milliseconds long.
    ///
    /// # Errors
    /// A complaint for each field that is wrong.
    pub fn read(&self, began_at: Millis, duration: u64) -> Result<RecordingChange, FieldErrors> {
        let mut errors = FieldErrors::default();
        check_text(&self.title, &self.description, &mut errors);
        let [from, to] = [&self.from, &self.to].map(|it| parse_time(it));
        // A whole second more: times are shown without what is left of one.
        let most = duration.div_ceil(1_000) * 1_000;
        for (name, time) in [("from", from), ("to", to)] {
            match time {
                None => errors.add(name, text!(complaint.no_duration)),
                Some(time) if time > most => errors.add(name, text!(complaint.beyond_recording)),
                Some(_) => {}
            }
        }
        if let (Some(from), Some(to)) = (from, to)
            && from >= to
        {
            errors.add("to", text!(complaint.cut_empty));
        }
        let mut complain = |name, complaint| errors.add(name, complaint);
        let tracks = read_tracklist(&self.tracklist, began_at);
        let tracks = tracks.unwrap_or_else(|it| {
            complain("tracklist", it);
            Vec::new()
        });
        let links = read_links(&self.links);
        let links = links.unwrap_or_else(|it| {
            complain("links", it);
            Vec::new()
        });
        errors.into_result()?;
        let cut = Cut { from: from.unwrap_or(0), to: to.unwrap_or(duration).min(duration) };
        Ok(RecordingChange { cut, tracks, links })
    }
}

/// A tracklist as [`RecordingForm`] has it.
pub fn write_tracklist(tracks: &[Track], began_at: Millis) -> String {
    let line = |track: &Track| {
        let at = u64::try_from(track.at.since(began_at)).unwrap_or_default();
        format!("{} {}", write_time(at), track.title)
    };
    tracks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn read_tracklist(text: &str, began_at: Millis) -> Result<Vec<Track>, Text> {
    let mut tracks = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() {
            continue;
        }
        let (time, title) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let title = title.trim();
        let line = number + 1;
        let time = parse_time(time).filter(|_| !title.is_empty());
        let Some(time) = time else { return Err(text!(complaint.track_line, line = line)) };
        if check_title(title).is_some() {
            return Err(text!(complaint.track_title, line = line, most = MAX_TITLE));
        }
        let at = began_at.plus(i64::try_from(time).unwrap_or(i64::MAX));
        tracks.push(Track { at, title: title.to_owned() });
    }
    if tracks.len() > MAX_TRACKS {
        return Err(text!(complaint.too_many_tracks, most = MAX_TRACKS));
    }
    tracks.sort_by_key(|it| it.at);
    Ok(tracks)
}

/// Milliseconds as `m:ss` or `h:mm:ss`, without what is left of a second.
pub fn write_time(millis: u64) -> String {
    let seconds = millis / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

/// Reads `ss`, `m:ss` or `h:mm:ss`, in milliseconds.
pub fn parse_time(text: &str) -> Option<u64> {
    let parts: Vec<_> = text.trim().split(':').collect();
    if parts.len() > 3 {
        return None;
    }
    let mut seconds = 0_u64;
    for (number, part) in parts.iter().enumerate() {
        let digits =
            !part.is_empty() && part.len() <= 6 && part.bytes().all(|it| it.is_ascii_digit());
        let value: u64 = part.parse().ok().filter(|_| digits)?;
        if number > 0 && value > 59 {
            return None;
        }
        seconds = seconds * 60 + value;
    }
    Some(seconds * 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(from: &str, to: &str, tracklist: &str) -> RecordingForm {
        let title = "Mira at the Harbour".to_owned();
        let [from, to, tracklist] = [from, to, tracklist].map(str::to_owned);
        RecordingForm { title, tracklist, from, to, ..RecordingForm::default() }
    }

    #[test]
    fn times_are_read_as_they_are_written() {
        for (text, millis) in [("0:00", 0), ("1:05", 65_000), ("12:00:01", 43_201_000)] {
            assert_eq!((parse_time(text), write_time(millis)), (Some(millis), text.to_owned()));
        }
        assert_eq!(parse_time(" 75 "), Some(75_000));
        for text in ["", ":", "1:", "1:60", "1:2:3:4", "-1", "1.5", "0x1", "9999999"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn a_form_is_read_or_told_what_is_wrong_with_each_field() {
        let began_at = Millis(1_000_000);
        let mut right = form("0:05", "1:00", "0:30 Two\n\n0:10  One ");
        right.links = "https://example.org The record".into();
        let change = right.read(began_at, 59_500).unwrap();
        assert_eq!(change.cut, Cut { from: 5_000, to: 59_500 });
        assert_eq!(write_tracklist(&change.tracks, began_at), "0:10 One\n0:30 Two");
        assert_eq!(change.links[0].title, "The record");
        let mut wrong = form("x", "2:00", "0:10");
        wrong.links = "mailto:mira@example.org".into();
        let errors = wrong.read(began_at, 59_500).unwrap_err();
        let wrong = ["from", "to", "tracklist", "links", "title"].map(|it| errors.of(it).is_some());
        assert_eq!(wrong, [true, true, true, true, false]);
        assert!(form("0:30", "0:30", "").read(began_at, 59_500).unwrap_err().of("to").is_some());
    }
}
