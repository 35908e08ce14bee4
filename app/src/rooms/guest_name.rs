//! Name by which somebody without an account comes in.

use bandstand_domain::accounts::{AccountReason, Viewer, check_guest_name};
use leptos::prelude::*;

use crate::{
    accounts::api::enter_as_guest,
    failure::Failed,
    t,
    ui::{FormState, TextField},
    viewer::CurrentViewer,
    web,
};

/// Under this key the browser remembers how its guest is called.
const NAME: &str = "bandstand.name";

/// The name that a guest types; who is known needs none.
#[derive(Clone, Copy)]
pub(super) struct GuestName(RwSignal<String>);

impl GuestName {
    /// The name that was typed here before.
    pub fn new() -> Self {
        let name = RwSignal::new(String::new());
        Effect::new(move || {
            if let Some(remembered) = web::remembered(NAME)
                && name.get_untracked().is_empty()
            {
                name.set(remembered);
            }
        });
        Self(name)
    }

    /// The field.
    pub fn field(self, state: FormState) -> AnyView {
        view! {
            <TextField
                state name="name" label=t!(watch.your_name) value=self.0 autocomplete="nickname"
                hint=t!(rooms.name_is_seen)
            />
        }
        .into_any()
    }

    /// Checks it.
    pub fn check(self) -> Result<(), bandstand_domain::FieldErrors> {
        let complaint = check_guest_name(&self.0.get_untracked());
        bandstand_domain::FieldErrors::default().with("name", complaint).into_result()
    }

    /// Makes the viewer a guest of this name.
    pub async fn enter(self, viewer: CurrentViewer) -> Result<Viewer, Failed<AccountReason>> {
        let name = self.0.get_untracked().trim().to_owned();
        web::remember(NAME, &name);
        let guest = enter_as_guest(name).await?;
        viewer.set(Some(guest.clone()));
        Ok(guest)
    }
}
