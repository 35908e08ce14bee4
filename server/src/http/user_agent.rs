//! Browser and system by `User-Agent`, as people call them.

use bandstand_domain::{Text, text};

const NO_BROWSER: &str = "Something else than a browser";

/// A browser and its system, from a `User-Agent` header (RFC 9110 section 10.1.5). Nothing depends on
/// it: it only helps people to tell their sessions apart.
pub fn describe(user_agent: Option<&str>) -> String {
    // Browsers name those whom they resemble as well: the first that is found is the one.
    const BROWSERS: [(&str, &str); 8] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let text = user_agent.unwrap_or_default();
    let find = |names: &[(&str, &'static str)]| {
        names.iter().find(|(sign, _)| text.contains(sign)).map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) => name.into(),
        (None, Some(system)) => format!("Something on {system}"),
        (None, None) => NO_BROWSER.into(),
    }
}

/// Reads a description by [`describe`] into a text, in no language yet.
pub fn text(description: &str) -> Text {
    match description.split_once(" on ") {
        Some(("Something", system)) => text!(server.user_agent.unknown_browser, system = system),
        Some((browser, system)) => {
            text!(server.user_agent.known, browser = browser, system = system)
        }
        None if description == NO_BROWSER => text!(server.user_agent.no_browser),
        None => Text::Said(description.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{describe, text};

    #[test]
    fn devices_as_people_call_them() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36 Edg/130.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("curl/8.0", "Something else than a browser"),
        ] {
            assert_eq!(describe(Some(agent)), name);
            assert_eq!(text(name).to_string(), name);
        }
        assert_eq!(describe(None), "Something else than a browser");
    }
}
