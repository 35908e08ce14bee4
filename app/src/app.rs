//! Frame around all pages: document, routes, viewer.

use bandstand_domain::Language;
use leptos::{prelude::*, tachys::view::iterators::StaticVec};
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    any_nested_route::{AnyNestedRoute, IntoAnyNestedRoute},
    components::{A, Router, Routes},
    hooks::use_location,
};

use crate::{
    accounts::PersonMenu,
    channel::Channel,
    navigation::{Leaving, keep_scroll},
    parts,
    player::Dock,
    shows::ListMemory,
    t,
    texts::language,
    ui::{Logo, NotFound, Toaster, Toasts},
    viewer::CurrentViewer,
    web,
};

/// Head of the document as the build of the pages makes it (hashed names of styles, script and
/// WASM), as HTML. Made by the build, never by a person.
#[derive(Clone, Debug)]
pub struct Head(pub String);

/// The document around the app, as the server sends it; `texts` is the address of the catalogue in its
/// language.
#[cfg(feature = "ssr")]
pub fn shell(head: Head, texts: &'static str) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html
            lang=language().tag()
            data-texts=texts
            data-times=crate::ui::time_patterns()
            data-not-loaded=t!(ui.not_loaded)
            data-load-again=t!(ui.load_again)
        >
            <head>
                <meta charset="utf-8"/>
                <meta name="theme-color" content="#14102e"/>
                <script nonce=use_nonce()>{include_str!("shell.js")}</script>
                {leptos::tachys::html::InertElement::new(head.0)}
                <leptos_meta::MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// All pages.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let viewer = CurrentViewer::provide();
    Channel::provide();
    let dock = Dock::provide();
    Leaving::provide();
    ListMemory::provide();
    let keep_scroll = keep_scroll();
    let toaster = Toaster::provide();
    let alive = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    Effect::new(parts::load_ahead);
    let title = |text: String| {
        if text.is_empty() { "Bandstand".into() } else { titled(&text) + " · Bandstand" }
    };
    // Whole pages from the server: they read without a script, and can still be redirections.
    view! {
        <Title formatter=title/>
        <Router>
            <a class="skip" href="#main">{t!(app.to_the_page)}</a>
            {keep_scroll(use_location().pathname.into())}
            <Masthead viewer/>
            <Main>
                <Routes fallback=move || view! { <Elsewhere alive/> }>
                    <Pages/>
                </Routes>
            </Main>
            {move || dock.view()}
            <Footer/>
        </Router>
        <Toasts toaster/>
    }
    .into_any()
}

/// A title as the framework wants it: into the HTML that the server sends it puts what it is given as it
/// is, and people write titles.
fn titled(text: &str) -> String {
    if cfg!(feature = "ssr") {
        text.replace('&', "&amp;").replace('<', "&lt;")
    } else {
        text.to_owned()
    }
}

/// Routes to all pages.
#[component(transparent)]
fn Pages() -> AnyNestedRoute {
    StaticVec::from(parts::routes()).into_any_nested_route()
}

/// An address that the app doesn't know. When the server has said that there is no such
/// page, that is what is shown; when the person went there from a living page, it may be no
/// page of the app, and is asked of the server.
#[component]
fn Elsewhere(
    /// True if the page is alive already.
    alive: RwSignal<bool>,
) -> impl IntoView {
    if !alive.get_untracked() {
        return view! { <NotFound/> }.into_any();
    }
    // Refused, it would stay on an empty page, as with any link that can't be followed.
    let _ = window().location().replace(&parts::address_here());
    ().into_any()
}

/// The sign, the places, the person.
#[component]
fn Masthead(viewer: CurrentViewer) -> impl IntoView {
    view! {
        <header class="masthead page">
            <a class="logo" href="/"><Logo/><span>"Bandstand"</span></a>
            <nav class="places" aria-label=t!(app.places)>
                <A href="/" exact=true>{t!(app.whats_on)}</A>
                <A href="/rooms">{t!(rooms.rooms)}</A>
                <Transition>
                    {move || viewer.is_artist().then(|| view! { <A href="/dashboard">{t!(app.my_shows)}</A> })}
                </Transition>
            </nav>
            <nav class="you" aria-label=t!(app.you)><PersonMenu viewer/></nav>
        </header>
    }
    .into_any()
}

/// The page itself. Going to another one takes the focus there, as loading it would.
#[component]
fn Main(children: Children) -> impl IntoView {
    let main = NodeRef::<leptos::html::Main>::new();
    let path = use_location().pathname;
    Effect::new(move |before: Option<String>| {
        let path = path.get();
        if before.is_some_and(|before| before != path)
            && let Some(main) = main.get_untracked()
        {
            // From now on pages fade in; the first one was there at once.
            let _ = main.set_attribute("data-turned", "");
            // Where it is scrolled to is the router's.
            web::focus_in_place(&main);
        }
        path
    });
    view! { <main id="main" tabindex="-1" node_ref=main>{children()}</main> }.into_any()
}

/// The end of the page, with the choice of its light and its language; `shell.js` does what the first
/// says, the server what the second does.
#[component]
fn Footer() -> impl IntoView {
    let choice = |value: &'static str, label: &'static str| {
        view! {
            <label class="chip"><input type="radio" name="theme" value=value autocomplete="off"/>{label}</label>
        }
    };
    let current = language();
    let languages = Language::ALL.map(|language| {
        let tag = language.tag();
        let current = (language == current).then_some("true");
        view! { <button class="chip" name="language" value=tag lang=tag aria-current=current>{language.name()}</button> }
    });
    view! {
        <footer class="page">
            <div class="footer">
                <p>{t!(app.motto)}</p>
                <form class="theme-choice" method="post" action="/language" aria-label=t!(app.language)>
                    {languages.into_iter().collect_view()}
                </form>
                <fieldset class="theme-choice">
                    <legend class="unseen">{t!(app.light)}</legend>
                    {choice("auto", t!(app.my_sky))}
                    {choice("light", t!(app.day))}
                    {choice("dark", t!(app.night))}
                </fieldset>
            </div>
        </footer>
    }
    .into_any()
}
