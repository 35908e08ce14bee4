//! The display: a line that is written over on a terminal, and what happens above it.

use std::io::{IsTerminal, Write, stderr};

use crate::{
    level::bar,
    venue_client::{ChatLine, OwnShowState},
};

/// The most characters of a message.
const MAX_MESSAGE: usize = 200;

/// The display.
#[derive(Debug)]
pub struct StatusDisplay {
    is_terminal: bool,
    said: Option<ChatLine>,
}

impl StatusDisplay {
    /// A display of standard error.
    pub fn new() -> Self {
        Self { is_terminal: stderr().is_terminal(), said: None }
    }

    /// Says something, in a line of its own.
    pub fn say(&self, text: &str) {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        eprintln!("{clear}{text}");
    }

    /// Shows how it goes; messages that are new are said.
    pub fn show(&mut self, level: f32, state: Option<&OwnShowState>) {
        let chat = state.and_then(|it| it.chat.as_ref());
        if let Some(line) = chat.filter(|it| self.said.as_ref() != Some(*it)) {
            self.say(&message(line));
            self.said = Some(line.clone());
        }
        if self.is_terminal {
            eprint!("\r\x1b[K{}", status(level, state));
            let _ = stderr().flush();
        }
    }
}

/// A message as it is said. What comes from others can't write to the terminal as it likes.
fn message(line: &ChatLine) -> String {
    let plain = |text: &str| -> String {
        let shown = text.chars().map(|it| if it.is_control() { ' ' } else { it });
        shown.take(MAX_MESSAGE).collect()
    };
    format!("{}: {}", plain(&line.name), plain(&line.text))
}

fn status(level: f32, state: Option<&OwnShowState>) -> String {
    let there = match state {
        Some(OwnShowState { stage, crowd, listeners, likes, .. }) => {
            format!("{stage} · {crowd} here, {listeners} by radio · {likes} likes")
        }
        None => "…".to_owned(),
    };
    format!("{} {level:5.1} dB · {there}", bar(level))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_has_no_control_characters() {
        let line =
            ChatLine { name: "Bob\r".into(), text: "\x1b[2Jhello\nthere".into(), sent_at: 0 };
        assert_eq!(message(&line), "Bob :  [2Jhello there");
        let long = ChatLine { text: "x".repeat(1_000), ..line };
        assert_eq!(message(&long).chars().count(), 6 + MAX_MESSAGE);
    }

    #[test]
    fn status_tells_level_listeners_and_likes() {
        let state = OwnShowState {
            stage: "live".into(),
            over: false,
            crowd: 12,
            listeners: 300,
            likes: 3,
            chat: None,
        };
        let told = status(-6.0, Some(&state));
        assert!(told.ends_with(" -6.0 dB · live · 12 here, 300 by radio · 3 likes"), "{told}");
        assert!(status(-60.0, None).ends_with("-60.0 dB · …"));
    }
}
