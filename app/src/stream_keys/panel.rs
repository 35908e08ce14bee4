//! "Stream from OBS": where a program sends to, and the keys by which it may.

use bandstand_domain::{
    stage::StageReason,
    stream_keys::{LONGEST_NAME, NewStreamKey, StreamKey, check_key_name},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::api::{load_stream_keys, make_stream_key, revoke_stream_key};
use crate::{
    failure::Failed,
    ui::{Confirm, Form, FormState, Submit, TextField, TimeStyle, Toaster, local_text},
    web,
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
            <summary><h2>"Stream from OBS"</h2></summary>
            <p class="hint">
                "In OBS, open Settings, then Stream. Choose WHIP as the service, and paste what stands here. Then press Start Streaming."
            </p>
            <Copied id="whip-server" label="Server" value=server/>
            {move || made.get().map(|made| view! { <Made made/> })}
            {move || match keys.get() {
                None => view! { <p class="waiting">"Looking for your keys…"</p> }.into_any(),
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
                "A key is yours alone and works for all your shows: for the one that is on, else for the next one within two hours. Whoever has it can go on your stage, so revoke it when you no longer need it."
            </p>
        </details>
    }
    .into_any()
}

/// A line to be copied into another program.
#[component]
fn Copied(
    id: &'static str,
    label: &'static str,
    #[prop(into)] value: Signal<String>,
) -> impl IntoView {
    let toaster = Toaster::expect();
    let field = NodeRef::<html::Input>::new();
    let copy = move |_| {
        spawn_local(async move {
            let clipboard = web::get(&window().navigator(), "clipboard");
            let text = value.get_untracked().into();
            if web::call(&clipboard, "writeText", &[text]).await.is_ok() {
                toaster.say("Copied.");
            } else if let Some(field) = field.get_untracked() {
                // Not every browser lets pages copy: then the person does.
                field.select();
                toaster.say("Selected. Copy it with your keyboard.");
            }
        });
    };
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <div class="copied">
                <input class="input" id=id readonly node_ref=field prop:value=value/>
                <button class="button" type="button" aria-label=format!("Copy: {label}") on:click=copy>"Copy"</button>
            </div>
        </div>
    }
    .into_any()
}

/// A key that was just made, once.
#[component]
fn Made(made: NewStreamKey) -> impl IntoView {
    let secret = made.secret.reveal().to_owned();
    view! {
        <div class="notice" role="status">
            <Copied id="stream-key" label="Bearer Token (your stream key)" value=Signal::stored(secret)/>
            <p>"Copy it now: it is shown this once."</p>
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
            <TextField state name="key_name" label="What is the key for?" value=name hint="Such as “OBS on my laptop”" most=LONGEST_NAME/>
            <Submit state label="Make a stream key"/>
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
                    toaster.say("Revoked. The key opens nothing any more.");
                }
                Err(why) => toaster.say(why.to_string()),
            }
        });
    });
    let when = |at| local_text(at, TimeStyle::Poster);
    let used = key.used_at.map_or_else(|| "never used".into(), |at| format!("used {}", when(at)));
    view! {
        <li>
            <span>
                <strong>{key.name.clone()}</strong>
                <span class="soft small">{format!("…{} · made {} · {used}", key.ending, when(key.made_at))}</span>
            </span>
            <button class="button" type="button" aria-label=format!("Revoke {}", key.name) on:click=move |_| asking.set(true)>"Revoke"</button>
            <Confirm open=asking question=format!("Revoke “{}”?", key.name) yes="Revoke" on_yes=revoke>
                <p>"A program that is on your stage with this key is taken off at once."</p>
            </Confirm>
        </li>
    }
    .into_any()
}
