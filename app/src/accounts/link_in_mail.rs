//! Secret of a link from a mail.

use bandstand_domain::{
    FieldErrors, Secret,
    accounts::{AccountReason, link_in},
    text,
};
use leptos::{ev::hashchange, prelude::*};

use crate::{
    failure::Failed,
    t,
    ui::{Form, FormState, Submit, TextField},
};

/// Secret of a link from a mail, once the page is alive.
#[derive(Clone, Copy)]
pub(super) struct LinkInMail {
    held: RwSignal<Option<Secret>>,
    /// The page was opened without it.
    lost: RwSignal<bool>,
}

impl LinkInMail {
    /// Takes it from behind the `#` of the page's address. Browsers keep that to themselves, so it is in
    /// no log; and it is taken out of the address at once, so it isn't in the history either. `on_another`
    /// is called when a further link is opened in the same page.
    pub fn take(on_another: impl Fn() + Clone + 'static) -> Self {
        let link = Self { held: RwSignal::new(None), lost: RwSignal::new(false) };
        Effect::new(move || {
            link.read();
            let on_another = on_another.clone();
            let listener = window_event_listener(hashchange, move |_| {
                if link.read() {
                    on_another();
                }
            });
            on_cleanup(move || listener.remove());
        });
        link
    }

    /// Reads the address; whether it held something.
    fn read(self) -> bool {
        let location = window().location();
        let hash = location.hash().unwrap_or_default();
        if !hash.is_empty()
            && let Ok(history) = window().history()
        {
            // Where that is refused, the address keeps a link that works once.
            let path = location.pathname().unwrap_or_default();
            let state = history.state().unwrap_or_default();
            let _ = history.replace_state_with_url(&state, "", Some(&path));
        }
        let held = link_in(&hash);
        let is_there = held.is_some();
        if is_there || self.held.with_untracked(Option::is_none) {
            self.lost.set(!is_there);
            self.held.set(held);
        }
        is_there
    }

    /// Secret; empty when it was lost on the way.
    pub fn get(self) -> Secret {
        self.held.get_untracked().unwrap_or_default()
    }

    /// Returns whether it was lost on the way.
    pub fn is_lost(self) -> bool {
        self.lost.get()
    }
}

/// The words to who has come without what the link holds, and a field for the whole address.
#[component]
pub(super) fn LostLink(link: LinkInMail) -> impl IntoView {
    let state = FormState::default();
    let address = RwSignal::new(String::new());
    let send = move |()| {
        let held = link_in(&address.get_untracked());
        let complaint = held.is_none().then(|| text!(accounts.lost_link.not_whole));
        let errors = FieldErrors::default().with("link", complaint);
        // Nothing is sent: what it holds goes with the next form.
        let nothing = async { Ok::<(), Failed<AccountReason>>(()) };
        state.send(errors.into_result(), nothing, move |()| {
            link.held.set(held);
            link.lost.set(false);
        });
    };
    view! {
        <Form state on_send=Callback::new(send)>
            <p role="status">{t!(accounts.lost_link.incomplete)}</p>
            <TextField state name="link" label=t!(accounts.lost_link.label) value=address autocomplete="off" exact=true/>
            <Submit state label=t!(accounts.lost_link.go_on)/>
        </Form>
    }
    .into_any()
}
