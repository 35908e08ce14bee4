//! Page of the programs that act for somebody: letting one in by its code, and the list of those that were.

use bandstand_domain::{
    accounts::{Role, Viewer},
    api_tokens::{ApiToken, ApiTokenReason, DeviceRequest, read_user_code},
};
use leptos::{prelude::*, task::spawn_local};

use super::api::{decide_device, load_api_tokens, look_up_device, revoke_api_token};
use crate::{
    failure::Failed,
    t,
    texts::word,
    ui::{About, Confirm, Form, FormState, LocalTime, Submit, TextField, TimeStyle, Toaster},
    viewer::{AccountNeeded, Unconfirmed},
    weave,
};

type Tokens = Resource<Result<Vec<ApiToken>, Failed<ApiTokenReason>>>;

/// Programs of one's own.
#[component]
pub fn DevicePage() -> impl IntoView {
    view! {
        <About title=t!(api_tokens.title) description=t!(api_tokens.about)/>
        <AccountNeeded children=Callback::new(|viewer: Viewer| match viewer.role {
            Role::Artist => view! { <Programs/> }.into_any(),
            _ => view! {
                <section class="page narrow">
                    <h1>{t!(api_tokens.title)}</h1>
                    <p class="notice">{t!(api_tokens.artists_only)}</p>
                </section>
            }
            .into_any(),
        })/>
    }
    .into_any()
}

#[component]
fn Programs() -> impl IntoView {
    let tokens: Tokens = Resource::new(|| (), |()| load_api_tokens());
    let asked = RwSignal::new(None::<DeviceRequest>);
    let decided = RwSignal::new(None::<&'static str>);
    let list = move || {
        Some(match tokens.get()? {
            Err(why) => view! { <p class="notice bad">{why.to_string()}</p> }.into_any(),
            Ok(list) if list.is_empty() => {
                view! { <p class="soft">{t!(api_tokens.none)}</p> }.into_any()
            }
            Ok(list) => {
                let rows =
                    list.into_iter().map(|token| view! { <Row token tokens/> }).collect_view();
                view! { <ul role="list" class="sessions">{rows}</ul> }.into_any()
            }
        })
    };
    view! {
        <section class="page narrow stack">
            <h1>{t!(api_tokens.title)}</h1>
            <Unconfirmed/>
            <section class="panel">
                <h2>{t!(api_tokens.let_in)}</h2>
                <div role="status">{move || decided.get().map(|text| view! { <p class="notice">{text}</p> })}</div>
                {move || match asked.get() {
                    None => view! { <CodeForm asked decided/> }.into_any(),
                    Some(request) => view! { <Decision request asked decided/> }.into_any(),
                }}
            </section>
            <section class="panel">
                <h2>{t!(api_tokens.list)}</h2>
                <Transition fallback=|| view! { <p class="waiting">{t!(ui.one_moment)}</p> }>{list}</Transition>
            </section>
        </section>
    }
    .into_any()
}

/// The code that the program shows. Typed, and not in the address: a link that somebody sends lets nothing in.
#[component]
fn CodeForm(
    asked: RwSignal<Option<DeviceRequest>>,
    decided: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    let state = FormState::default();
    let code = RwSignal::new(String::new());
    let send = Callback::new(move |()| {
        let typed = code.get_untracked();
        let checked = read_user_code(&typed).map(drop);
        state.send(checked, look_up_device(typed), move |request| {
            decided.set(None);
            asked.set(Some(request));
        });
    });
    view! {
        <Form state on_send=send>
            <TextField state name="user_code" label=t!(api_tokens.code) value=code hint=t!(api_tokens.code_hint) exact=true/>
            <Submit state label=t!(api_tokens.go_on)/>
        </Form>
    }
    .into_any()
}

/// Question of a program, from where it comes, and the two answers.
#[component]
fn Decision(
    request: DeviceRequest,
    asked: RwSignal<Option<DeviceRequest>>,
    decided: RwSignal<Option<&'static str>>,
) -> impl IntoView {
    let state = FormState::default();
    let DeviceRequest { code, program, scopes, same_network } = request;
    let shown = code.clone();
    let decide = move |allowed: bool| {
        state.send(Ok(()), decide_device(code.clone(), allowed), move |()| {
            asked.set(None);
            let text = if allowed { t!(api_tokens.was_let_in) } else { t!(api_tokens.was_refused) };
            decided.set(Some(text));
        });
    };
    let refuse = decide.clone();
    let scopes = scopes.into_iter().map(|scope| view! { <li>{word(scope.key())}</li> });
    let place =
        if same_network { t!(api_tokens.same_network) } else { t!(api_tokens.other_network) };
    view! {
        <Form state on_send=Callback::new(move |()| decide(true))>
            <p>{t!(api_tokens.question, program = program, code = shown)}</p>
            <ul>{scopes.collect_view()}</ul>
            <p class="notice" class:bad=!same_network>{place}</p>
            <div class="row">
                <button class="button" type="button" on:click=move |_| refuse(false)>{t!(api_tokens.refuse)}</button>
                <Submit state label=t!(api_tokens.allow) class="button primary"/>
            </div>
        </Form>
    }
    .into_any()
}

/// A program that was let in.
#[component]
fn Row(token: ApiToken, tokens: Tokens) -> impl IntoView {
    let asking = RwSignal::new(false);
    let toaster = Toaster::expect();
    let id = token.id;
    let revoke = Callback::new(move |()| {
        spawn_local(async move {
            match revoke_api_token(id).await {
                Ok(()) => {
                    tokens.refetch();
                    toaster.say(t!(api_tokens.revoked));
                }
                Err(why) => toaster.say(why.to_string()),
            }
        });
    });
    // Told by the browser's clock and zone, which the server doesn't know.
    let when = |at| view! { <LocalTime at fallback="" style=TimeStyle::Poster/> };
    let (ending, made) = (token.ending.clone(), when(token.made_at));
    let facts = match token.used_at {
        None => weave!(api_tokens.never_used, ending = ending, made = made).into_any(),
        Some(at) => {
            weave!(api_tokens.used, ending = ending, made = made, used = when(at)).into_any()
        }
    };
    let label = t!(stream_keys.revoke_which, name = &token.name);
    let question = t!(stream_keys.revoke_question, name = &token.name);
    view! {
        <li>
            <div>
                <strong>{token.name}</strong>
                <p class="soft small">{facts}</p>
            </div>
            <button class="button" type="button" aria-label=label on:click=move |_| asking.set(true)>{t!(stream_keys.revoke)}</button>
            <Confirm open=asking question yes=t!(stream_keys.revoke) on_yes=revoke>
                <p>{t!(api_tokens.taken_off)}</p>
            </Confirm>
        </li>
    }
    .into_any()
}
