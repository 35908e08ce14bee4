//! Links that an artist gives along with a recording.

use serde::{Deserialize, Serialize};

use crate::{
    people::is_web_address,
    shows::{MAX_TITLE, check_title},
    text,
    texts::Text,
};

/// The most links of a recording.
pub const MAX_LINKS: usize = 10;
/// The most characters of an address.
const MAX_ADDRESS: usize = 500;

/// Link that goes along with a recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingLink {
    /// Address, of HTTP or HTTPS.
    pub address: String,
    /// Title of one line; empty where there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
}

impl RecordingLink {
    /// Words that stand for it: the title, or else where it leads.
    pub fn words(&self) -> &str {
        if !self.title.is_empty() {
            return &self.title;
        }
        let place = self.address.split_once("://").map_or(&*self.address, |it| it.1);
        place.trim_end_matches('/')
    }
}

/// Links as [`RecordingForm`](super::RecordingForm) has them.
pub fn write_links(links: &[RecordingLink]) -> String {
    let line = |link: &RecordingLink| format!("{} {}", link.address, link.title);
    links.iter().map(|it| line(it).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// Reads a link a line: the address, and the title behind it.
pub(super) fn read_links(text: &str) -> Result<Vec<RecordingLink>, Text> {
    let mut links = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() {
            continue;
        }
        let (address, title) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let (title, line) = (title.trim(), number + 1);
        if !is_web_address(address) || address.chars().count() > MAX_ADDRESS {
            return Err(text!(complaint.link_line, line = line));
        }
        if check_title(title).is_some() {
            return Err(text!(complaint.track_title, line = line, most = MAX_TITLE));
        }
        links.push(RecordingLink { address: address.to_owned(), title: title.to_owned() });
    }
    if links.len() > MAX_LINKS {
        return Err(text!(complaint.too_many_links, most = MAX_LINKS));
    }
    Ok(links)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_they_are_written() {
        let text = " https://mira.example/shop?a=b#c   The  record \n\nhttp://www.example.org/\n";
        let links = read_links(text).unwrap();
        let words: Vec<_> = links.iter().map(RecordingLink::words).collect();
        assert_eq!(words, ["The  record", "www.example.org"]);
        assert_eq!(read_links(&write_links(&links)), Ok(links));
        assert_eq!(read_links(" \n"), Ok(Vec::new()));
    }

    #[test]
    fn nothing_but_addresses_of_the_web_is_a_link() {
        for line in [
            "javascript:alert(1)",
            "JavaScript:alert(1) https://example.org",
            "data:text/html,x",
            "ftp://example.org",
            "//example.org",
            "mira.example",
            "https://",
            "https://localhost",
            "https://example.org@evil.example",
            "https://example.org/\"onclick=",
            "The record https://example.org",
            "https://example.org/\u{202e}gro",
        ] {
            assert!(read_links(line).is_err(), "{line}");
        }
        let long = format!("https://example.org/{}", "a".repeat(MAX_ADDRESS));
        assert!(read_links(&long).is_err());
        assert!(read_links(&format!("https://example.org {}", "a".repeat(201))).is_err());
        let many = |count| vec!["https://example.org"; count].join("\n");
        assert!(read_links(&many(MAX_LINKS)).is_ok() && read_links(&many(MAX_LINKS + 1)).is_err());
    }
}
