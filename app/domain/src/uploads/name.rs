//! Names of files that people share.

/// The most characters of a file's name.
pub const MAX_FILE_NAME: usize = 120;
/// The most characters of an ending that is kept when a name is cut.
const MAX_ENDING: usize = 12;
/// Name of a file of which nothing is left.
const NAMELESS: &str = "file";

/// A file's name as it is kept: its last part alone, on one line, without characters that steer how a line is
/// read, or that some disk doesn't take; never hidden, never longer than [`MAX_FILE_NAME`].
pub fn tidy_file_name(typed: &str) -> String {
    let last = typed.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter_map(tidy).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let name = name.trim_matches(['.', ' ']);
    if name.is_empty() {
        return NAMELESS.into();
    }
    shorten(name)
}

/// The character that stands for one in a name; none for what isn't seen.
fn tidy(c: char) -> Option<char> {
    match c {
        ':' | '*' | '?' | '"' | '<' | '>' | '|' => Some('_'),
        '\t' | '\n' | '\r' => Some(' '),
        c if c.is_control() => None,
        // Marks of direction, and what nobody sees: `photo\u{202e}gpj.exe` would be read as a picture.
        '\u{061c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}' => None,
        c => Some(c),
    }
}

/// The beginning of a name and its ending.
fn shorten(name: &str) -> String {
    if name.chars().count() <= MAX_FILE_NAME {
        return name.into();
    }
    let ending = name.rsplit_once('.').map(|it| it.1);
    let ending = ending.filter(|it| it.chars().count() <= MAX_ENDING).map(|it| format!(".{it}"));
    let ending = ending.unwrap_or_default();
    let kept = MAX_FILE_NAME - ending.chars().count();
    let begin: String = name.chars().take(kept).collect();
    format!("{}{ending}", begin.trim_end_matches(['.', ' ']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_has_no_path_and_nothing_unseen() {
        for (typed, name) in [
            ("photo.jpg", "photo.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Windows\\system32\\cmd.exe", "cmd.exe"),
            ("a/b/", "file"),
            ("..", "file"),
            (".htaccess", "htaccess"),
            ("a\r\nSet-Cookie: x=1.txt", "a Set-Cookie_ x=1.txt"),
            ("a\0b\u{7f}\u{9b}.txt", "ab.txt"),
            ("photo\u{202e}gpj.exe", "photogpj.exe"),
            ("  tea   house .txt. ", "tea house .txt"),
            ("\"quoted\".txt", "_quoted_.txt"),
            ("Küche 茶.png", "Küche 茶.png"),
            ("", "file"),
        ] {
            assert_eq!(tidy_file_name(typed), name, "{typed:?}");
        }
    }

    #[test]
    fn long_name_keeps_its_ending() {
        let name = tidy_file_name(&format!("{}.tar", "ä".repeat(500)));
        assert_eq!(name.chars().count(), MAX_FILE_NAME);
        assert!(name.ends_with("ä.tar"));
        let name = tidy_file_name(&format!("a.{}", "b".repeat(500)));
        assert_eq!(name.chars().count(), MAX_FILE_NAME);
    }
}
