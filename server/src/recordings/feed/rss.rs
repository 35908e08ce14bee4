//! A podcast as RSS 2.0, with the elements of Apple's and chapters (Podlove Simple Chapters).

use std::io;

use bandstand_domain::{Millis, people::Picture, recordings::Chapter, text, texts::Catalogue};
use jiff::Timestamp;
use quick_xml::{
    Writer,
    escape::escape,
    events::{BytesDecl, BytesText, Event},
};

use super::super::{mp3, store::Episode};
use crate::people::ArtistRow;

/// Dates as RSS and HTTP have them (RFC 822, RFC 9110 section 5.6.7).
const DATE: &str = "%a, %d %b %Y %H:%M:%S GMT";
const NAMESPACES: [(&str, &str); 4] = [
    ("version", "2.0"),
    ("xmlns:itunes", "http://www.itunes.com/dtds/podcast-1.0.dtd"),
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:psc", "http://podlove.org/simple-chapters"),
];

/// Podcast of an artist.
#[derive(Debug)]
pub(super) struct Feed {
    /// The venue's address, without a slash at its end.
    pub origin: String,
    pub artist: ArtistRow,
    /// The latest first.
    pub items: Vec<FeedItem>,
}

/// Recording in a podcast.
#[derive(Debug)]
pub(super) struct FeedItem {
    pub episode: Episode,
    pub chapters: Vec<Chapter>,
}

type Out = Writer<Vec<u8>>;

impl Feed {
    /// The podcast as XML.
    pub fn write(&self) -> io::Result<String> {
        let mut out = Writer::new(Vec::new());
        out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        out.create_element("rss").with_attributes(NAMESPACES).write_inner_content(|out| {
            out.create_element("channel").write_inner_content(|out| {
                self.write_channel(out)?;
                self.items.iter().try_for_each(|item| self.write_item(item, out))
            })?;
            Ok(())
        })?;
        String::from_utf8(out.into_inner()).map_err(io::Error::other)
    }

    fn write_channel(&self, out: &mut Out) -> io::Result<()> {
        let Self { origin, artist, items } = self;
        let page = format!("{origin}/artists/{}", artist.handle);
        let name = &artist.stage_name;
        write_text("title", name, out)?;
        write_text("link", &page, out)?;
        let description = match artist.about.as_str() {
            "" => {
                let summary = text!(people.artist_page.summary, name = name.as_str());
                Catalogue::of(artist.language).say(&summary)
            }
            about => about.to_owned(),
        };
        write_text("description", &html(&description), out)?;
        write_text("language", artist.language.tag(), out)?;
        write_text("generator", "Bandstand", out)?;
        let own = format!("{page}/podcast.xml");
        let link = [("href", own.as_str()), ("rel", "self"), ("type", "application/rss+xml")];
        out.create_element("atom:link").with_attributes(link).write_empty()?;
        write_text("itunes:author", name, out)?;
        write_text("itunes:explicit", "false", out)?;
        out.create_element("itunes:category").with_attribute(("text", "Music")).write_empty()?;
        // Programs want one: else the latest show's.
        let artwork = items.iter().find_map(|it| it.episode.artwork.as_ref());
        if let Some(picture) = artist.picture.as_ref().or(artwork) {
            let image = self.picture(picture);
            write_image(&image, out)?;
            out.create_element("image").write_inner_content(|out| {
                write_text("url", &image, out)?;
                write_text("title", name, out)?;
                write_text("link", &page, out)
            })?;
        }
        Ok(())
    }

    fn write_item(&self, item: &FeedItem, out: &mut Out) -> io::Result<()> {
        let FeedItem { episode, chapters } = item;
        let (origin, mp3) = (&self.origin, episode.mp3);
        let sound = format!("{origin}{}", mp3.path());
        let bytes = mp3.bytes.to_string();
        let enclosure = [("url", sound.as_str()), ("length", &bytes), ("type", mp3::MEDIA_TYPE)];
        out.create_element("item").write_inner_content(|out| {
            write_text("title", &episode.title, out)?;
            write_text("link", &format!("{origin}/shows/{}", episode.show), out)?;
            // The same for life, also when its sound is made anew.
            let guid = episode.show.to_string();
            let guid = BytesText::new(&guid);
            out.create_element("guid")
                .with_attribute(("isPermaLink", "false"))
                .write_text_content(guid)?;
            write_text("pubDate", &date(episode.published_at), out)?;
            if !episode.description.is_empty() {
                write_text("description", &html(&episode.description), out)?;
            }
            out.create_element("enclosure").with_attributes(enclosure).write_empty()?;
            write_text("itunes:author", &self.artist.stage_name, out)?;
            write_text("itunes:duration", &mp3.duration.div_ceil(1_000).to_string(), out)?;
            write_text("itunes:explicit", "false", out)?;
            if let Some(picture) = &episode.artwork {
                write_image(&self.picture(picture), out)?;
            }
            write_chapters(chapters, out)
        })?;
        Ok(())
    }

    fn picture(&self, picture: &Picture) -> String {
        format!("{}{}", self.origin, picture.large())
    }
}

fn write_text(name: &str, text: &str, out: &mut Out) -> io::Result<()> {
    let text = allowed(text);
    out.create_element(name).write_text_content(BytesText::new(&text))?;
    Ok(())
}

/// Plain text as HTML, which descriptions are taken for.
fn html(text: &str) -> String {
    escape(text).replace('\n', "<br>\n")
}

fn write_image(address: &str, out: &mut Out) -> io::Result<()> {
    out.create_element("itunes:image").with_attribute(("href", address)).write_empty()?;
    Ok(())
}

fn write_chapters(chapters: &[Chapter], out: &mut Out) -> io::Result<()> {
    if chapters.is_empty() {
        return Ok(());
    }
    let list = out.create_element("psc:chapters").with_attribute(("version", "1.2"));
    list.write_inner_content(|out| {
        for Chapter { time, title } in chapters {
            let (start, title) = (clock_time(*time), allowed(title));
            let attributes = [("start", start.as_str()), ("title", &title)];
            out.create_element("psc:chapter").with_attributes(attributes).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Text without the characters that no XML may have (XML 1.0 §2.2), not even escaped.
fn allowed(text: &str) -> String {
    let is_allowed = |it: &char| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().filter(is_allowed).collect()
}

/// Instant as RSS and HTTP have it.
pub(super) fn date(at: Millis) -> String {
    let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime(DATE).to_string()
}

/// Milliseconds as `hh:mm:ss.mmm`.
fn clock_time(millis: u64) -> String {
    let seconds = millis / 1_000;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}.{:03}", millis % 1_000)
}

#[cfg(test)]
mod tests {
    use bandstand_domain::{
        Language, ShowId,
        recordings::{RecordedMp3, RecordingFileId},
    };
    use uuid::Uuid;

    use super::*;
    use crate::ids::AccountId;

    #[test]
    fn text_of_people_stays_text() {
        let evil = "</title><script>\u{0}\u{b}&\"'";
        let artist = ArtistRow {
            account: AccountId::new("1"),
            handle: "ada".into(),
            stage_name: evil.into(),
            genres: Vec::new(),
            about: "a < b\n]]>".into(),
            website: String::new(),
            picture: None,
            language: Language::German,
        };
        let episode = Episode {
            show: ShowId(Uuid::nil()),
            title: evil.into(),
            description: String::new(),
            artwork: None,
            published_at: Millis(1_795_132_800_000),
            began_at: Millis(0),
            cut_from: 0,
            mp3: RecordedMp3 { id: RecordingFileId(Uuid::nil()), duration: 3_723_004, bytes: 9 },
        };
        let chapters = vec![Chapter { time: 3_723_004, title: evil.into() }];
        let items = vec![FeedItem { episode, chapters }];
        let written = Feed { origin: "https://a.example".into(), artist, items }.write().unwrap();
        let said = "&lt;/title&gt;&lt;script&gt;&amp;&quot;&apos;";
        assert_eq!(written.matches(said).count(), 5, "{written}");
        assert!(!written.contains("<script"), "{written}");
        for part in [
            "<pubDate>Fri, 20 Nov 2026 00:00:00 GMT</pubDate>",
            "<itunes:duration>3724</itunes:duration>",
            "start=\"01:02:03.004\"",
            "<description>a &amp;lt; b&lt;br&gt;\n]]&amp;gt;</description>",
            "<language>de</language>",
            "length=\"9\"",
        ] {
            assert!(written.contains(part), "{part}: {written}");
        }
    }
}
