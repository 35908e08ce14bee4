//! Form of how somebody wants to be told: ways of each kind, mails, quiet hours.

use bandstand_domain::{
    FieldErrors,
    notifications::{
        Delivery, NotificationKind, NotificationSettings, QuietHours, read_minute, write_minute,
    },
    text,
};
use leptos::prelude::*;

use super::api::save_notification_settings;
use crate::{
    t,
    texts::told,
    ui::{Form, FormState, Submit, TextField, TimeZoneField, Toaster},
};

/// Form of how somebody is told.
#[component]
pub(super) fn NotificationForm(
    /// The settings so far.
    settings: NotificationSettings,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let state = FormState::default();
    let deliveries = StoredValue::new(
        NotificationKind::KNOWN.map(|kind| (kind, settings.delivery(kind))).to_vec(),
    );
    let mails = RwSignal::new(settings.mails);
    let quiet = RwSignal::new(settings.quiet.is_some());
    let hours = settings.quiet.unwrap_or_default();
    let from = RwSignal::new(write_minute(hours.from));
    let to = RwSignal::new(write_minute(hours.to));
    // Who has chosen nothing yet is where their browser is.
    let chosen = settings.quiet.is_some() || settings.time_zone != "UTC";
    let time_zone = RwSignal::new(if chosen { settings.time_zone } else { String::new() });
    let send = move |()| {
        let hours = hours_of(&from.get_untracked(), &to.get_untracked());
        let hours = match (quiet.get_untracked(), hours) {
            (true, Err(errors)) => return state.complain(errors),
            (true, Ok(hours)) => Some(hours),
            (false, _) => None,
        };
        let settings = NotificationSettings {
            deliveries: deliveries.get_value(),
            mails: mails.get_untracked(),
            quiet: hours,
            time_zone: time_zone.get_untracked(),
        };
        let checked = settings.check();
        state.send(checked, save_notification_settings(settings), move |()| {
            toaster.say(t!(notifications.saved));
        });
    };
    let kinds = NotificationKind::KNOWN.map(|kind| view! { <KindChoice kind deliveries/> });
    let hours = move || {
        quiet.get().then(|| {
            view! {
                <div class="pair">
                    <TextField state name="quiet_from" label=t!(notifications.quiet_from) value=from kind="time"/>
                    <TextField state name="quiet_to" label=t!(notifications.quiet_to) value=to kind="time"/>
                </div>
            }
        })
    };
    view! {
        <section class="panel" aria-labelledby="ways-title">
            <h2 id="ways-title">{t!(notifications.ways)}</h2>
            <Form state on_send=Callback::new(send)>
                {kinds.into_iter().collect_view()}
                <Switch label=t!(notifications.mails) detail=t!(notifications.mails_why) on=mails/>
                <Switch label=t!(notifications.quiet) detail=t!(notifications.quiet_why) on=quiet/>
                {hours}
                <TimeZoneField state value=time_zone/>
                <Submit state label=t!(notifications.save)/>
            </Form>
        </section>
    }
    .into_any()
}

/// Reads the two fields of the quiet hours.
fn hours_of(from: &str, to: &str) -> Result<QuietHours, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut read = |field: &str, text: &str| {
        let minute = read_minute(text);
        if minute.is_none() {
            errors.add(field, text!(complaint.quiet_hours));
        }
        minute.unwrap_or_default()
    };
    let hours = QuietHours { from: read("quiet_from", from), to: read("quiet_to", to) };
    errors.into_result().map(|()| hours)
}

type Deliveries = StoredValue<Vec<(NotificationKind, Delivery)>>;

/// Choice of the way of one kind.
#[component]
fn KindChoice(kind: NotificationKind, deliveries: Deliveries) -> impl IntoView {
    let now = deliveries.with_value(|all| all.iter().find(|it| it.0 == kind).map(|it| it.1));
    let choose = move |event| {
        if let Some(delivery) = Delivery::named(&event_target_value(&event)) {
            deliveries.update_value(|all| {
                for (_, chosen) in all.iter_mut().filter(|(other, _)| *other == kind) {
                    *chosen = delivery;
                }
            });
        }
    };
    let options = Delivery::ALL.map(|delivery| {
        view! { <option value=delivery.name() selected=now == Some(delivery)>{told(&delivery)}</option> }
    });
    let id = format!("way-{}", kind.name());
    view! {
        <div class="field way">
            <label for=id.clone()>{told(&kind)}</label>
            <select class="input" id=id autocomplete="off" on:change=choose>{options.into_iter().collect_view()}</select>
        </div>
    }
    .into_any()
}

/// Switch with a word on what it does.
#[component]
fn Switch(label: &'static str, detail: &'static str, on: RwSignal<bool>) -> impl IntoView {
    let field = NodeRef::<leptos::html::Input>::new();
    // What was switched before the page came alive counts.
    Effect::new(move || {
        if let Some(input) = field.get()
            && input.checked() != on.get_untracked()
        {
            on.set(input.checked());
        }
    });
    view! {
        <label class="switch">
            <span>{label} " " <small class="soft">{detail}</small></span>
            <input
                type="checkbox" role="switch" node_ref=field checked=on.get_untracked()
                on:change=move |event| on.set(event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
