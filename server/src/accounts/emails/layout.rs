//! Layout of e-mails: as text, and as HTML that needs nothing from elsewhere.

use bandstand_domain::Language;

use super::texts::LetterWords;
use crate::mail::html::escape;

/// Every address stands on a line of its own, so that programs for reading mails see it whole.
pub(super) fn plain(greeting: &str, words: &LetterWords) -> String {
    let mut lines = vec![greeting.to_owned()];
    lines.extend(words.before.iter().cloned());
    if let Some((label, address)) = &words.action {
        lines.push(format!("{label}:\n{address}"));
    }
    lines.extend(words.after.iter().cloned());
    lines.push("Bandstand".into());
    lines.join("\n\n") + "\n"
}

pub(super) fn html(language: Language, greeting: &str, words: &LetterWords) -> String {
    const BUTTON: &str = "display:inline-block;padding:12px 24px;border-radius:24px;\
                          background:#ffb454;color:#14121f;font-weight:bold;text-decoration:none";
    let paragraph = |text: &String| format!("<p>{}</p>", escape(text));
    let mut body = paragraph(&greeting.to_owned());
    body.extend(words.before.iter().map(paragraph));
    if let Some((label, address)) = &words.action {
        let (label, address) = (escape(label), escape(address));
        body.push_str(&format!("<p><a href=\"{address}\" style=\"{BUTTON}\">{label}</a></p>"));
    }
    body.extend(words.after.iter().map(paragraph));
    format!(
        "<!DOCTYPE html><html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{}</title></head>\
         <body style=\"margin:0;padding:24px;background:#fbf7f0;color:#14121f;\
         font:16px/1.5 sans-serif\"><div style=\"max-width:560px;margin:0 auto\">{body}\
         <p style=\"color:#6b6580\">Bandstand</p></div></body></html>",
        language.tag(),
        escape(&words.subject)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_stays_text() {
        let words = LetterWords {
            subject: "<b>".into(),
            before: vec!["<script>alert('1')</script> & \"more\"".into()],
            action: Some(("Go".into(), "https://a.example/?a=1&b=\"".into())),
            after: Vec::new(),
        };
        let html = html(Language::English, "Hello <i>,", &words);
        assert!(!html.contains("<script") && !html.contains("<i>") && !html.contains("<b>"));
        assert!(html.contains("&lt;script&gt;alert(&#39;1&#39;)"), "{html}");
        assert!(html.contains("href=\"https://a.example/?a=1&amp;b=&quot;\""), "{html}");
        assert!(plain("Hello,", &words).contains("\nhttps://a.example/?a=1&b=\"\n"));
    }
}
