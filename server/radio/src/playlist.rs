//! Playlists of one address, by which radios find a stream.

use crate::Title;

/// A playlist in M3U, as players have it in common (RFC 8216 §4.1 is its descendant).
pub fn m3u(address: &str, name: &str) -> String {
    format!("#EXTM3U\n#EXTINF:-1,{}\n{address}\n", line(name))
}

/// A playlist in PLS, version 2.
pub fn pls(address: &str, name: &str) -> String {
    format!(
        "[playlist]\nNumberOfEntries=1\nFile1={address}\nTitle1={}\nLength1=-1\nVersion=2\n",
        line(name)
    )
}

fn line(name: &str) -> String {
    Title::new(name).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn playlists_name_one_address() {
        let address = "https://venue.example.org/listen/018f";
        assert_eq!(
            m3u(address, "Songs\nfor nobody"),
            format!("#EXTM3U\n#EXTINF:-1,Songs for nobody\n{address}\n")
        );
        assert!(pls(address, "a\r\nFile1=x").contains("Title1=a File1=x\n"));
    }
}
