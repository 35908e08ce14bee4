//! What a link from a mail holds.

use bandstand_domain::accounts::Secret;
use leptos::prelude::*;

/// What stands behind the `#` of the page's address, once the page is alive. Browsers keep it to
/// themselves, so it is in no log; and it is taken out of the address at once, so it isn't in the
/// history either.
pub(super) fn link_in_mail() -> RwSignal<Option<Secret>> {
    let link = RwSignal::new(None);
    Effect::new(move || {
        let location = window().location();
        let held = location.hash().unwrap_or_default();
        link.set(Some(Secret::new(held.trim_start_matches('#'))));
        if !held.is_empty()
            && let Ok(history) = window().history()
        {
            // Where that is refused, the address keeps a link that works once.
            let path = location.pathname().unwrap_or_default();
            let _ = history.replace_state_with_url(
                &history.state().unwrap_or_default(),
                "",
                Some(&path),
            );
        }
    });
    link
}
