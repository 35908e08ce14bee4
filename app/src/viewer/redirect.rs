//! Redirects to log-in and back (no open redirects).

use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_location, use_query_map},
};

use super::CurrentViewer;
use crate::t;
use bandstand_domain::accounts::{Role, Viewer};

/// `next` when it is a path of this venue that one can be led to without harm. Browsers drop tabs
/// and line breaks from addresses, take `\` for `/`, and remove dot segments (RFC 3986, section 5.2.4):
/// behind each of these could hide `//elsewhere.example`, which is another host.
fn local_path(next: &str) -> Option<&str> {
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let local = path.starts_with('/')
        && !path.contains("//")
        && !path.split('/').any(is_dot_segment)
        && next.len() <= 512
        && !next.contains('\\')
        && !next.chars().any(|c| c.is_whitespace() || c.is_control());
    local.then_some(next)
}

/// A segment that browsers remove from a path, written out or percent-encoded.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}

/// The address of `page` (`/log-in` or `/join`) that leads on to `next`.
pub fn address_with_next(page: &str, next: &str) -> String {
    let mut address = format!("{page}?next=");
    for byte in next.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            address.push(byte as char);
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

/// Path that the visitor wanted to go to before they were asked to log in.
pub fn next_in_query() -> Option<String> {
    use_query_map().with(|query| query.get_str("next").and_then(local_path).map(Into::into))
}

/// Leads away for good: "back" does not return to here.
#[component]
pub fn Onward(
    /// Path.
    to: String,
) -> impl IntoView {
    // Who has logged in may have brought another language.
    if crate::texts::is_other_language_chosen() {
        // Refused, it would stay on this page, as with any link that can't be followed.
        let _ = window().location().replace(&to);
        return ().into_any();
    }
    view! { <Redirect path=to options=NavigateOptions { replace: true, ..Default::default() }/> }
        .into_any()
}

/// A page for people with an account; others are led to log in, and back to it.
#[component]
pub fn AccountNeeded(
    /// Makes the page for the one who looks; anew only for somebody else, so that what is typed into it
    /// stays when they change their name or picture.
    children: Callback<Viewer, AnyView>,
) -> impl IntoView {
    view! {
        <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>
            <Guarded children/>
        </Transition>
    }
    .into_any()
}

#[component]
fn Guarded(children: Callback<Viewer, AnyView>) -> impl IntoView {
    let viewer = CurrentViewer::expect();
    let path = use_location().pathname;
    // In here, and not around it, so that the server waits for the viewer.
    let who = Memo::new(move |_| {
        Some(
            viewer
                .load()?
                .map(|viewer| (viewer.person, viewer.role))
                .filter(|it| it.1 != Role::Guest),
        )
    });
    move || {
        let known = who.get()?;
        Some(match known.and_then(|_| untrack(move || viewer.get())) {
            Some(viewer) => children.run(viewer),
            None => {
                let to = address_with_next("/log-in", &path.get_untracked());
                view! { <Onward to/> }.into_any()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leads_only_to_pages_of_this_venue() {
        for good in
            ["/", "/dashboard", "/shows/1/edit", "/?genre=folk#top", "/artists/a..b", "/?a=//b"]
        {
            assert_eq!(local_path(good), Some(good));
        }
        for bad in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "\\/evil",
            "https://evil.example",
            "javascript:alert(1)",
            "/\n/evil.example",
            // What is left of these is `//evil.example/x`.
            "/.//evil.example/x",
            "/..//evil.example/x",
            "/x/..//evil.example/x",
            "/%2e//evil.example/x",
            "/x/.%2E//evil.example/x",
            "/a//evil.example",
            // And these lead elsewhere than they say.
            "/shows/..",
            "/shows/%2e%2e/settings",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_way_back_survives_the_address() {
        assert_eq!(
            address_with_next("/log-in", "/shows/a?b=c&d"),
            "/log-in?next=/shows/a%3Fb%3Dc%26d"
        );
    }
}
