//! Portrait: a small profile picture.

use bandstand_domain::people::Picture;
use leptos::prelude::*;

/// Somebody's picture, or the first letter of their name. It tells nothing that the name beside it
/// doesn't, so it isn't read out.
#[component]
pub fn Portrait(
    /// Their picture.
    picture: Option<Picture>,
    /// Their name.
    name: String,
    /// True if it is the large one.
    #[prop(default = false)]
    large: bool,
) -> impl IntoView {
    let class = if large { "portrait large" } else { "portrait" };
    match picture {
        Some(picture) => {
            let (source, side) =
                if large { (picture.large(), "512") } else { (picture.small(), "96") };
            view! { <img class=class src=source width=side height=side alt="" decoding="async"/> }
                .into_any()
        }
        None => {
            let letter = name.chars().find(|c| c.is_alphanumeric()).unwrap_or('♪').to_string();
            view! { <span class=class aria-hidden="true">{letter}</span> }.into_any()
        }
    }
}
