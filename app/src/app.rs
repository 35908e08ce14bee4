//! The frame around all pages: document, routes, who is looking.

use leptos::prelude::*;
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};

use crate::{
    accounts::{CurrentViewer, LogInPage, RegisterPage},
    live::{ShowPageView, StudioPage},
    shows::{DashboardPage, EditShowPage, NewShowPage, WhatsOnPage},
    ui::{Toaster, Toasts},
};

/// What the build of the browser's side wants in the document's head (hashed names of styles,
/// script and WASM), as HTML. Made by the build, never by a person.
#[derive(Clone, Debug)]
pub struct Head(pub String);

/// The document around the app, as the server sends it.
pub fn shell(head: Head) -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                {leptos::tachys::html::InertElement::new(head.0)}
                <MetaTags/>
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
    CurrentViewer::provide();
    let toaster = Toaster::provide();
    view! {
        <Title formatter=|text: String| if text.is_empty() { "Bandstand".into() } else { format!("{text} · Bandstand") }/>
        <Router>
            <main>
                <Routes fallback=|| "Not found">
                    <Route path=path!("/") view=WhatsOnPage/>
                    <Route path=path!("/join") view=RegisterPage/>
                    <Route path=path!("/log-in") view=LogInPage/>
                    <Route path=path!("/dashboard") view=DashboardPage/>
                    <Route path=path!("/shows/new") view=NewShowPage/>
                    <Route path=path!("/shows/:id") view=ShowPageView/>
                    <Route path=path!("/shows/:id/edit") view=EditShowPage/>
                    <Route path=path!("/shows/:id/studio") view=StudioPage/>
                </Routes>
            </main>
        </Router>
        <Toasts toaster/>
    }
}
