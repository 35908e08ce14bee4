//! Lines of a source without what no rule looks at.

use crate::Complaint;

/// One text file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its path from the top of the repository.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    /// A file by its path and text.
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.into(), text: text.into() }
    }

    /// A complaint about what stands at a byte of the text.
    pub fn complaint(&self, at: usize, rule: impl Into<String>) -> Complaint {
        let line = self.text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        Complaint { path: self.path.clone(), line, rule: rule.into() }
    }

    /// Whether it is a test's, or a benchmark's.
    pub fn is_test(&self) -> bool {
        ["/tests/", "/tests.rs", "/benches/", "/examples/"].iter().any(|it| self.path.contains(it))
    }
}

/// The text of a Rust file with blanks in the place of comments and of what is compiled for tests alone.
/// Bytes keep their places.
pub fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let (mut marked, mut testing) = (false, false);
    for line in text.split_inclusive('\n') {
        let ends = line.trim_end();
        let test = testing || std::mem::take(&mut marked);
        // An item of a file begins at the margin, and ends there or with its first line.
        testing = if testing { ends != "}" } else { test && ends.ends_with('{') };
        marked = marked || ends == "#[cfg(test)]" || (test && ends.starts_with("#["));
        let mut slashes = line.match_indices("//").map(|(at, _)| at);
        let comment = slashes.find(|at| !in_literal(&line[..*at]));
        let kept = if test { 0 } else { comment.unwrap_or(line.len()) };
        code.push_str(&line[..kept]);
        code.extend(line[kept..].bytes().map(|byte| if byte == b'\n' { '\n' } else { ' ' }));
    }
    code
}

/// Whether a string that begins in `before` isn't closed there.
fn in_literal(before: &str) -> bool {
    before.replace("\\\"", "").replace("'\"'", "").matches('"').count() % 2 == 1
}

/// The name at the beginning of `text`.
pub fn word(text: &str) -> &str {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_are_blanked_in_place() {
        let text = "let a = \"http://b\"; // c\n/// d\ne\n#[cfg(test)]\nmod tests {\n f\n}\ng\n";
        let code = code(text);
        let marker = "#[cfg(test)]\n           \n  \n \n";
        assert_eq!(code, format!("let a = \"http://b\";     \n     \ne\n{marker}g\n"));
        assert_eq!(text.find('e').map(|at| &text[at..=at]), Some("e"));
    }
}
