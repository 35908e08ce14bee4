//! Panel "Stream from OBS": the server's address and the stream keys.

use crate::t;
use bandstand_domain::{
    stage::StageReason,
    stream_keys::{MAX_NAME, NewStreamKey, StreamKey, check_key_name},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::api::{load_stream_keys, make_stream_key, revoke_stream_key};
use crate::{
    failure::Failed,
    ui::{Confirm, Copied, Form, FormState, Submit, TextField, TimeStyle, Toaster, local_text},
};

type Keys = RwSignal<Option<Result<Vec<StreamKey>, Failed<StageReason>>>>;

/// Server, keys, and how to use them. What belongs to it is loaded when it is opened.
#[component]
pub fn StreamFromObs() -> impl IntoView {
    let details = NodeRef::<html::Details>::new();
    let keys: Keys = RwSignal::new(None);
    let made = RwSignal::new(None::<NewStreamKey>);
    let server = RwSignal::new(String::new());
    let load = move || {
        spawn_local(async move {
            keys.try_set(Some(load_stream_keys().await));
        });
    };
    let toggled = move |_| {
        if details.get_untracked().is_some_and(|it| it.open()) {
            server.set(window().location().origin().unwrap_or_default() + "/whip");
            load();
        }
    };
    view! {
        <details class="panel studio-panel stream-keys" node_ref=details on:toggle=toggled>
            <summary><h2>{t!(stream_keys.from_obs)}</h2></summary>
            <p class="hint">
                {t!(stream_keys.how)}
            </p>
            <Copied id="whip-server" label=t!(stream_keys.server) value=server/>
            {move || made.get().map(|made| view! { <Made made/> })}
            {move || match keys.get() {
                None => view! { <p class="waiting">{t!(stream_keys.looking)}</p> }.into_any(),
                Some(Err(why)) => view! { <p class="notice bad">{why.to_string()}</p> }.into_any(),
                Some(Ok(list)) if list.is_empty() => ().into_any(),
                Some(Ok(list)) => {
                    view! {
                        <ul role="list">
                            {list.into_iter().map(|key| view! { <Row key keys made/> }).collect_view()}
                        </ul>
                    }
                    .into_any()
                }
            }}
            <NewKey made on_made=Callback::new(move |()| load())/>
            <p class="hint small">
                {t!(stream_keys.what_for)}
            </p>
            <p class="hint small">
                {t!(stream_keys.radio)}
            </p>
        </details>
    }
    .into_any()
}

/// A key that was just made, once.
#[component]
fn Made(made: NewStreamKey) -> impl IntoView {
    let secret = made.secret.reveal().to_owned();
    view! {
        <div class="notice" role="status">
            <Copied id="stream-key" label=t!(stream_keys.bearer) value=Signal::stored(secret)/>
            <p>{t!(stream_keys.shown_once)}</p>
        </div>
    }
    .into_any()
}

/// The way to a new key.
#[component]
fn NewKey(made: RwSignal<Option<NewStreamKey>>, on_made: Callback<()>) -> impl IntoView {
    let state = FormState::default();
    let name = RwSignal::new(String::new());
    let send = Callback::new(move |()| {
        let wanted = name.get_untracked();
        state.send(check_key_name(&wanted), make_stream_key(wanted), move |new| {
            made.set(Some(new));
            name.set(String::new());
            on_made.run(());
        });
    });
    view! {
        <Form state on_send=send>
            <TextField state name="key_name" label=t!(stream_keys.key_name) value=name hint=t!(stream_keys.key_name_hint) most=MAX_NAME/>
            <Submit state label=t!(stream_keys.make)/>
        </Form>
    }
    .into_any()
}

/// One key, and the way to revoke it.
#[component]
fn Row(key: StreamKey, keys: Keys, made: RwSignal<Option<NewStreamKey>>) -> impl IntoView {
    let asking = RwSignal::new(false);
    let toaster = Toaster::expect();
    let id = key.id;
    let revoke = Callback::new(move |()| {
        spawn_local(async move {
            match revoke_stream_key(id).await {
                Ok(()) => {
                    made.update(|made| {
                        made.take_if(|made| made.key.id == id);
                    });
                    keys.update(|keys| {
                        if let Some(Ok(keys)) = keys {
                            keys.retain(|key| key.id != id);
                        }
                    });
                    toaster.say(t!(stream_keys.revoked));
                }
                Err(why) => toaster.say(why.to_string()),
            }
        });
    });
    let when = |at| local_text(at, TimeStyle::Poster);
    let (ending, made_at) = (key.ending.clone(), when(key.made_at));
    let facts = match key.used_at {
        None => t!(stream_keys.never_used, ending = ending, made = made_at),
        Some(at) => t!(stream_keys.used, ending = ending, made = made_at, used = when(at)),
    };
    view! {
        <li>
            <span>
                <strong>{key.name.clone()}</strong>
                <span class="soft small">{facts}</span>
            </span>
            <button class="button" type="button" aria-label=t!(stream_keys.revoke_which, name = key.name.as_str()) on:click=move |_| asking.set(true)>{t!(stream_keys.revoke)}</button>
            <Confirm open=asking question=t!(stream_keys.revoke_question, name = key.name.as_str()) yes=t!(stream_keys.revoke) on_yes=revoke>
                <p>{t!(stream_keys.taken_off)}</p>
            </Confirm>
        </li>
    }
    .into_any()
}
