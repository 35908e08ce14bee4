//! Form of a room: what its owner decides.

use bandstand_domain::rooms::{Room, RoomForm};
use leptos::{html, prelude::*};

use crate::{
    t,
    ui::{FormState, TextArea, TextField},
};

/// Values of a room's form.
#[derive(Clone, Copy)]
pub(super) struct RoomFields {
    address: RwSignal<String>,
    title: RwSignal<String>,
    description: RwSignal<String>,
    public: RwSignal<bool>,
    guests: RwSignal<bool>,
    guest_uploads: RwSignal<bool>,
    knocking: RwSignal<bool>,
    kept_days: RwSignal<String>,
}

impl RoomFields {
    /// The form of a new room.
    pub fn empty() -> Self {
        Self::of(RoomForm::default())
    }

    /// The form of a room that there is.
    pub fn existing(room: &Room) -> Self {
        Self::of(RoomForm {
            address: room.address.clone(),
            title: room.title.clone(),
            description: room.description.clone(),
            public: room.public,
            guests: room.guests,
            guest_uploads: room.guest_uploads,
            knocking: room.knocking,
            kept_days: room.kept_days,
        })
    }

    fn of(form: RoomForm) -> Self {
        Self {
            address: RwSignal::new(form.address),
            title: RwSignal::new(form.title),
            description: RwSignal::new(form.description),
            public: RwSignal::new(form.public),
            guests: RwSignal::new(form.guests),
            guest_uploads: RwSignal::new(form.guest_uploads),
            knocking: RwSignal::new(form.knocking),
            kept_days: RwSignal::new(form.kept_days.map(|it| it.to_string()).unwrap_or_default()),
        }
    }

    /// The form as it is filled in.
    pub fn form(self) -> RoomForm {
        let kept = self.kept_days.get_untracked();
        let kept = kept.trim();
        RoomForm {
            address: self.address.get_untracked(),
            title: self.title.get_untracked(),
            description: self.description.get_untracked(),
            public: self.public.get_untracked(),
            guests: self.guests.get_untracked(),
            guest_uploads: self.guest_uploads.get_untracked(),
            knocking: self.knocking.get_untracked(),
            // What is no number is none that is taken.
            kept_days: (!kept.is_empty()).then(|| kept.parse().unwrap_or(0)),
        }
    }

    /// The fields.
    pub fn view(self, state: FormState, hint: &'static str) -> AnyView {
        view! {
            <TextField state name="address" label=t!(rooms.form.address) value=self.address hint most=32 exact=true/>
            <TextField state name="title" label=t!(rooms.form.title) value=self.title hint=t!(rooms.form.title_hint) most=80/>
            <TextArea state name="description" label=t!(rooms.form.description) value=self.description most=1_000/>
            <fieldset class="choices">
                <legend>{t!(rooms.form.who)}</legend>
                {self.choice(true)}
                {self.choice(false)}
            </fieldset>
            {switch("guests", self.guests, t!(rooms.form.guests), t!(rooms.form.guests_mean))}
            {switch("knocking", self.knocking, t!(rooms.form.knocking), t!(rooms.form.knocking_means))}
            {switch("guest_uploads", self.guest_uploads, t!(rooms.form.guest_uploads), t!(rooms.form.guest_uploads_mean))}
            <TextField
                state name="kept_days" label=t!(rooms.form.kept_days) value=self.kept_days
                hint=t!(rooms.form.kept_days_hint) kind="number"
            />
        }
        .into_any()
    }

    fn choice(self, value: bool) -> AnyView {
        let public = self.public;
        let (label, means) = if value {
            (t!(rooms.form.public), t!(rooms.form.public_means))
        } else {
            (t!(rooms.form.invited), t!(rooms.form.invited_means))
        };
        let field = NodeRef::<html::Input>::new();
        // What was chosen before the page came alive counts.
        Effect::new(move || {
            if field.get().is_some_and(|field| field.checked()) {
                public.set(value);
            }
        });
        view! {
            <label class="switch">
                <span>{label} " " <small class="soft">{means}</small></span>
                <input
                    type="radio" name="access" value=if value { "public" } else { "invited" } node_ref=field
                    checked=public.get_untracked() == value on:change=move |_| public.set(value)
                />
            </label>
        }
        .into_any()
    }
}

fn switch(
    name: &'static str,
    value: RwSignal<bool>,
    label: &'static str,
    means: &'static str,
) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    Effect::new(move || {
        if let Some(input) = field.get()
            && input.checked() != value.get_untracked()
        {
            value.set(input.checked());
        }
    });
    view! {
        <label class="switch">
            <span>{label} " " <small class="soft">{means}</small></span>
            <input
                type="checkbox" role="switch" name=name node_ref=field checked=value.get_untracked()
                on:change=move |event| value.set(event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
