//! `Content-Disposition` (RFC 6266).

use std::fmt::Write;

use axum::http::HeaderValue;

/// The header of a file called `name`: shown in place, or saved.
pub fn disposition(name: &str, is_inline: bool) -> HeaderValue {
    let kind = if is_inline { "inline" } else { "attachment" };
    // What isn't ASCII stands in the second name alone, which every browser reads (RFC 8187).
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '_' }
        })
        .collect();
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    let header = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&header).unwrap_or(HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_cannot_leave_its_quotes() {
        let header = disposition("a\"; filename=\"b%2f.exe\\", false);
        assert_eq!(
            header,
            "attachment; filename=\"a_; filename=_b_2f.exe_\"; \
             filename*=UTF-8''a%22%3B%20filename%3D%22b%252f.exe%5C"
        );
        assert_eq!(
            disposition("Küche.jpg", true),
            "inline; filename=\"K_che.jpg\"; filename*=UTF-8''K%C3%BCche.jpg"
        );
        assert_eq!(disposition("a\r\nb", true).to_str().unwrap().matches('\n').count(), 0);
    }
}
