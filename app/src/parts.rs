//! Parts of the program: the base, which every page loads first, and what follows it.
//!
//! The build cuts the one program at the functions marked with `wasm_split`. All that only such a
//! function needs is loaded when it is first called, or ahead of that ([`load_ahead`]). Functions with
//! the same name of a part come together.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::{ev, prelude::*, task::spawn_local, wasm_split::SplitLoaderError};
use leptos_router::{
    ChooseView, NestedRoute, PartialPathMatch, PathSegment, PossibleRouteMatch, SsrMode,
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute},
    hooks::use_location,
};
use wasm_bindgen::JsCast;

use crate::{
    accounts::{ConfirmPage, ForgottenPage, LogInPage, RegisterPage, ResetPage, SettingsPage},
    api_tokens::DevicePage,
    archive::{RecordingPage, RecordingsPage},
    navigation::path_of,
    notifications::NotificationsPage,
    people::ArtistPageView,
    rooms::{InvitationPage, NewRoomPage, RoomPageView, RoomSettingsPage, RoomsPage},
    shows::{DashboardPage, EditShowPage, NewShowPage, WhatsOnPage},
    studio::{RehearsalPage, StudioPage},
    t,
    uploads::MyFilesPage,
    watch::ShowPageView,
    web,
};

/// Makes all that is to be known of the parts with pages out of one table: part, paths, components.
/// The function of each is called `page`, by which the build tells these parts from the others.
macro_rules! parts {
    ($($part:ident { $($path:literal => $view:ident,)+ })+) => {
        /// A page, by the component that shows it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum PageId {
            $($($view,)+)+
        }

        /// The parts with pages. The first page whose path fits an address is shown there.
        const PARTS: &[Part] = &[
            $(Part { name: stringify!($part), pages: &[$((Pattern($path), PageId::$view),)+] },)+
        ];

        $(
            mod $part {
                use super::*;

                #[leptos::wasm_split::wasm_split(
                    $part,
                    wasm_split_path = ::leptos::wasm_split,
                    preload(load),
                    fallible
                )]
                pub fn page(page: PageId) -> Result<AnyView, SplitLoaderError> {
                    Ok(match page {
                        $(PageId::$view => view! { <$view/> }.into_any(),)+
                        _ => ().into_any(),
                    })
                }
            }
        )+

        impl PageId {
            /// Loads the page's part.
            async fn load(self) -> Result<(), SplitLoaderError> {
                match self {
                    $($(Self::$view)|+ => $part::load().await,)+
                }
            }

            async fn view(self) -> Result<AnyView, SplitLoaderError> {
                match self {
                    $($(Self::$view)|+ => $part::page(self).await,)+
                }
            }
        }
    };
}

parts! {
    home {
        "/" => WhatsOnPage,
        "/artists/:handle" => ArtistPageView,
    }
    doors {
        "/join" => RegisterPage,
        "/log-in" => LogInPage,
    }
    shows {
        "/dashboard" => DashboardPage,
        "/shows/new" => NewShowPage,
        "/shows/:id/edit" => EditShowPage,
    }
    account {
        "/settings" => SettingsPage,
        "/forgotten" => ForgottenPage,
        "/reset" => ResetPage,
        "/confirm" => ConfirmPage,
    }
    device {
        "/device" => DevicePage,
    }
    archive {
        "/recordings" => RecordingsPage,
        "/shows/:id/recording" => RecordingPage,
    }
    room_settings {
        "/rooms/new" => NewRoomPage,
        "/rooms/files" => MyFilesPage,
        "/rooms/:name/settings" => RoomSettingsPage,
    }
    rooms {
        "/rooms" => RoomsPage,
        "/rooms/:name" => RoomPageView,
        "/invitations/:secret" => InvitationPage,
    }
    notices {
        "/notifications" => NotificationsPage,
    }
    watch {
        "/shows/:id" => ShowPageView,
    }
    studio {
        "/shows/:id/studio" => StudioPage,
        "/shows/:id/rehearsal" => RehearsalPage,
    }
}

/// A part with pages.
struct Part {
    name: &'static str,
    pages: &'static [(Pattern, PageId)],
}

/// The path of a page; a segment that begins with a colon stands for any one.
#[derive(Clone, Copy, Debug)]
struct Pattern(&'static str);

/// A page's part.
fn part_at(path: &str) -> Option<(usize, PageId)> {
    PARTS.iter().enumerate().find_map(|(number, part)| {
        let (_, page) = part.pages.iter().find(|(pattern, _)| pattern.fits(path))?;
        Some((number, *page))
    })
}

/// Name of the part that shows the page at `path`, if there is a page.
#[must_use]
pub fn part_of(path: &str) -> Option<&'static str> {
    part_at(path).map(|(number, _)| PARTS[number].name)
}

/// Names of all parts with pages.
pub fn part_names() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|part| part.name)
}

/// Loads the part that the page at `path` needs, so that it can be brought to life at once.
///
/// # Errors
/// Fails when it can't be loaded.
pub async fn load(path: &str) -> Result<(), SplitLoaderError> {
    match part_at(path) {
        Some((_, page)) => page.load().await,
        None => Ok(()),
    }
}

/// Routes to all pages.
pub(crate) fn routes() -> Vec<AnyNestedRoute> {
    let pages = PARTS.iter().flat_map(|part| part.pages);
    pages
        .map(|&(pattern, page)| {
            NestedRoute::new(pattern, page).ssr_mode(SsrMode::Async).into_any_nested_route()
        })
        .collect()
}

impl Pattern {
    fn fits(self, path: &str) -> bool {
        self.matched(path, |_, _| {})
    }

    /// Returns whether `path` fits, after it has told of what stands for the names in the pattern.
    fn matched<'a>(self, path: &'a str, mut tell: impl FnMut(&'static str, &'a str)) -> bool {
        let (mut wanted, mut found) = (self.0.split('/'), path.split('/'));
        loop {
            match (wanted.next(), found.next()) {
                (None, None) => return true,
                (Some(segment), Some(value)) => match segment.strip_prefix(':') {
                    Some(name) if !value.is_empty() => tell(name, value),
                    None if segment == value => {}
                    _ => return false,
                },
                _ => return false,
            }
        }
    }
}

impl PossibleRouteMatch for Pattern {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let mut values = Vec::new();
        let fits = self.matched(path, |name, value| values.push((name.into(), value.into())));
        fits.then(|| PartialPathMatch::new("", values, path))
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        for segment in self.0.split('/').filter(|segment| !segment.is_empty()) {
            path.push(match segment.strip_prefix(':') {
                Some(name) => PathSegment::Param(name.into()),
                None => PathSegment::Static(segment.into()),
            });
        }
    }
}

impl ChooseView for PageId {
    async fn choose(self) -> AnyView {
        match self.view().await {
            Ok(view) => view,
            Err(_) => view! { <PageLoad/> }.into_any(),
        }
    }

    async fn preload(&self) {
        // Tried once more when the page is shown, which says what there is to be said.
        let _ = self.load().await;
    }
}

/// Takes the place of a page whose part can't be loaded, as after a deployment, and has the page loaded
/// from the server instead. Only who goes somewhere from a living page gets here, so this can't begin
/// again by itself.
#[component]
fn PageLoad() -> impl IntoView {
    let address = address_here();
    let wanted = address.clone();
    Effect::new(move || {
        // As `shell.js` has found: the part was stopped because the person goes elsewhere.
        let root = document().document_element();
        if root.is_some_and(|root| root.has_attribute("data-leaving")) {
            return;
        }
        let wanted = wanted.clone();
        // When the router has put the address into the history; asked for the address where one is
        // already, a browser would go to a place in the page.
        set_timeout(
            move || {
                let location = window().location();
                let there = location.href().is_ok_and(|here| here == wanted);
                let _ = if there { location.reload() } else { location.assign(&wanted) };
            },
            std::time::Duration::ZERO,
        );
    });
    // Seen where the browser, or the person, refuses to leave the page, or goes elsewhere.
    view! {
        <section class="page narrow aside-page">
            <p class="lead" role="alert">{t!(ui.not_loaded)}</p>
            <a class="button primary" href=address rel="external">{t!(ui.load_again)}</a>
        </section>
    }
    .into_any()
}

/// Loads the parts of pages ahead, when a pointer, a finger or the focus comes to a link that leads there;
/// each once, and none for who wants to save data.
pub(crate) fn load_ahead() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let connection = web::get(&window().navigator(), "connection");
    if web::get(&connection, "saveData").is_truthy() {
        return;
    }
    let near = |target: Option<web_sys::EventTarget>| {
        let target = target.and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("a[href^='/']").ok().flatten());
        let Some(address) = link.and_then(|link| link.get_attribute("href")) else { return };
        let Some((number, page)) = part_at(path_of(&address)) else { return };
        let bit = 1_u32 << number;
        if ASKED.fetch_or(bit, Ordering::Relaxed) & bit == 0 {
            spawn_local(async move {
                // Who goes there will see.
                let _ = page.load().await;
            });
        }
    };
    window_event_listener(ev::pointerover, move |event| near(event.target()));
    window_event_listener(ev::focusin, move |event| near(event.target()));
}

/// The whole address that the router shows, or is about to. Within the router only.
pub(crate) fn address_here() -> String {
    let place = use_location();
    address_at(
        &window().location().origin().unwrap_or_default(),
        &place.pathname.get_untracked(),
        &place.search.get_untracked(),
        &place.hash.get_untracked(),
    )
}

/// The whole address of a place at `origin`. Never without the origin: a path that begins with `//` would
/// name another host by itself.
fn address_at(origin: &str, path: &str, search: &str, hash: &str) -> String {
    // The router keeps the query without its mark.
    let mark = if search.is_empty() { "" } else { "?" };
    format!("{origin}{path}{mark}{search}{hash}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_belongs_to_the_part_of_the_first_page_that_fits() {
        for (path, part) in [
            ("/", "home"),
            ("/artists/ada", "home"),
            ("/log-in", "doors"),
            ("/shows/new", "shows"),
            ("/shows/7/edit", "shows"),
            ("/settings", "account"),
            ("/device", "device"),
            ("/recordings", "archive"),
            ("/shows/7/recording", "archive"),
            ("/rooms", "rooms"),
            ("/rooms/new", "room_settings"),
            ("/rooms/tea", "rooms"),
            ("/rooms/tea/settings", "room_settings"),
            ("/invitations/x", "rooms"),
            ("/notifications", "notices"),
            ("/shows/7", "watch"),
            ("/shows/7/studio", "studio"),
            ("/shows/7/rehearsal", "studio"),
        ] {
            assert_eq!(part_of(path), Some(part), "{path}");
        }
        for path in
            ["", "/shows", "/shows/", "/shows/7/", "/shows/7/other", "//", "/settings/export"]
        {
            assert_eq!(part_of(path), None, "{path}");
        }
    }

    #[test]
    fn pattern_gives_the_router_what_stands_for_its_names() {
        let found = Pattern("/shows/:id/edit").test("/shows/7/edit").map(PartialPathMatch::params);
        assert_eq!(found, Some(vec![("id".into(), "7".into())]));
        let mut path = Vec::new();
        Pattern("/shows/:id").generate_path(&mut path);
        assert_eq!(path, [PathSegment::Static("shows".into()), PathSegment::Param("id".into())]);
    }

    #[test]
    fn an_address_elsewhere_in_the_app_stays_at_this_venue() {
        let at = |path, search, hash| address_at("https://venue.example", path, search, hash);
        assert_eq!(at("/settings", "", ""), "https://venue.example/settings");
        assert_eq!(at("/", "genre=folk", "#top"), "https://venue.example/?genre=folk#top");
        assert_eq!(at("//evil.example/x", "", ""), "https://venue.example//evil.example/x");
    }
}
