//! `Upload-Metadata` of the tus protocol: keys, each with a value in base64.

use base64::{Engine, engine::general_purpose::STANDARD};

/// The value of `key`, if it is there and is text.
pub fn value(header: &str, key: &str) -> Option<String> {
    let mut pairs = header.split(',').map(str::trim);
    let encoded = pairs.find_map(|pair| {
        let (name, value) = pair.split_once(' ')?;
        (name == key).then(|| value.trim())
    })?;
    String::from_utf8(STANDARD.decode(encoded).ok()?).ok()
}

/// Tells whether `key` is there, with a value or without.
pub fn has(header: &str, key: &str) -> bool {
    header.split(',').any(|pair| pair.split_whitespace().next() == Some(key))
}

/// The header that gives `key` this value.
pub fn write(key: &str, value: &str) -> String {
    format!("{key} {}", STANDARD.encode(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_is_found_among_others() {
        let header =
            format!("is_confidential, filetype aW1hZ2U=,{}", write("filename", "Küche.jpg"));
        assert_eq!(value(&header, "filename").as_deref(), Some("Küche.jpg"));
        assert!(has(&header, "is_confidential") && has(&header, "filetype"));
        assert!(!has(&header, "is") && !has("", "filetype"));
        for wrong in ["", "filename", "filename ***", "filename /w==", "name YQ=="] {
            assert_eq!(value(wrong, "filename"), None, "{wrong}");
        }
    }
}
