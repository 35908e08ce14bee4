//! Invisible characters, and combining marks that pile up (Unicode TR 36 and UTS 39).

/// The most combining marks on one character: what languages need, and no tower over other lines.
const MAX_MARKS: usize = 4;

/// Default ignorable characters and blanks: nothing is seen where they stand.
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Combining marks that can stand on top of each other.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05bd}'
        | '\u{05bf}' | '\u{05c1}' | '\u{05c2}' | '\u{05c4}' | '\u{05c5}' | '\u{05c7}'
        | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}'
        | '\u{06d6}'..='\u{06dc}' | '\u{06df}'..='\u{06e4}' | '\u{0e31}' | '\u{0e34}'..='\u{0e3a}'
        | '\u{0e47}'..='\u{0e4e}' | '\u{0eb1}' | '\u{0eb4}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ecd}'
        | '\u{0f71}'..='\u{0f7e}' | '\u{0f80}'..='\u{0f84}' | '\u{0f8d}'..='\u{0fbc}'
        | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}'
        | '\u{302a}'..='\u{302f}' | '\u{3099}' | '\u{309a}' | '\u{a66f}'..='\u{a67d}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Returns whether anything of `text` is seen.
pub fn shows_something(text: &str) -> bool {
    text.chars().any(|c| !(c.is_whitespace() || c.is_control() || is_unseen(c) || is_mark(c)))
}

/// Returns whether so many marks stand on one character of `text` that they would reach into other
/// lines.
pub fn piles_up(text: &str) -> bool {
    let mut marks = 0;
    text.chars().any(|c| {
        marks = if is_mark(c) {
            marks + 1
        } else if is_unseen(c) {
            marks
        } else {
            0
        };
        marks > MAX_MARKS
    })
}

/// Returns whether `name` has a character that nobody sees, by which it could pass for another
/// name. What emoji and scripts are written with stays: joiners between their characters (RFC 5892,
/// appendix A), forms of what stands before, and the letters in a flag's tag.
pub fn hides_something(name: &str) -> bool {
    let (mut before, mut formed) = (None, false);
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let fits = match c {
            // Letters of Latin, Greek and Cyrillic script are not joined by them.
            '\u{200c}' | '\u{200d}' => {
                let joins = |it: char| it >= '\u{0590}' && !is_unseen(it);
                before.is_some_and(joins) && rest.peek().copied().is_some_and(joins)
            }
            '\u{fe0e}' | '\u{fe0f}' => !formed && before.is_some_and(has_two_faces),
            '\u{fe00}'..='\u{fe0d}' | '\u{e0100}'..='\u{e01ef}' => {
                !formed && before.is_some_and(is_ideograph)
            }
            '\u{e0020}'..='\u{e007f}' => before == Some('\u{1f3f4}'),
            c => !is_unseen(c),
        };
        if !fits {
            return true;
        }
        if !is_unseen(c) && !is_mark(c) {
            before = Some(c);
        }
        formed = is_unseen(c) && c != '\u{200c}' && c != '\u{200d}';
    }
    false
}

/// Characters that are text or emoji by the variation selector behind them.
fn has_two_faces(c: char) -> bool {
    matches!(c, '#' | '*' | '0'..='9' | '\u{a9}' | '\u{ae}' | '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A name as it is kept: no space around it, and one between its words, whatever spaces were typed
/// (RFC 8266, section 2.1).
pub fn tidy_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}
