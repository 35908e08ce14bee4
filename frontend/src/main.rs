//! Brings the page that the server rendered to life.

fn main() {
    leptos::mount::hydrate_body(bandstand_app::App);
}
