//! Page of the programs that act for somebody: letting one in by its code, and the list of those that were.

use std::time::Duration;

use bandstand_domain::{
    FieldErrors, Refusal,
    accounts::{Role, Viewer},
    api_tokens::{ApiToken, ApiTokenReason, DeviceNetwork, DeviceRequest, read_user_code},
    texts::Tell,
};
use leptos::{html, prelude::*, task::spawn_local};

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

/// Times after a yes at which the list is loaded anew: the token is made when the program asks next, which it
/// does every five seconds, or every ten.
const LOOKS: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(6), Duration::from_secs(12)];

/// Letting a program in: the form of the code, what the program asks for, and what was decided.
#[derive(Clone, Copy)]
struct Admission {
    form: FormState,
    code: RwSignal<String>,
    asked: RwSignal<Option<DeviceRequest>>,
    decided: RwSignal<Option<&'static str>>,
    tokens: Tokens,
    heading: NodeRef<html::H2>,
}

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
    let admission = Admission {
        form: FormState::default(),
        code: RwSignal::default(),
        asked: RwSignal::default(),
        decided: RwSignal::default(),
        tokens,
        heading: NodeRef::new(),
    };
    let Admission { asked, decided, heading, .. } = admission;
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
                <h2 tabindex="-1" node_ref=heading>{t!(api_tokens.let_in)}</h2>
                <div role="status">{move || decided.get().map(|text| view! { <p class="notice">{text}</p> })}</div>
                {move || match asked.get() {
                    None => view! { <CodeForm admission/> }.into_any(),
                    Some(request) => view! { <Decision request admission/> }.into_any(),
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

/// A code with which no program waits is a complaint about its field.
fn at_field(refused: Failed<ApiTokenReason>) -> Failed<ApiTokenReason> {
    match refused {
        Failed(Refusal::Because(reason @ ApiTokenReason::NoSuchCode)) => {
            Failed(Refusal::Invalid(FieldErrors::one("user_code", reason.text())))
        }
        other => other,
    }
}

/// The code that the program shows. Typed, and not in the address: a link that somebody sends lets nothing in.
#[component]
fn CodeForm(admission: Admission) -> impl IntoView {
    let Admission { form: state, code, asked, decided, .. } = admission;
    let send = Callback::new(move |()| {
        let typed = code.get_untracked();
        let checked = read_user_code(&typed).map(drop);
        let request = async move { look_up_device(typed).await.map_err(at_field) };
        state.send(checked, request, move |request| {
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

impl Admission {
    /// Goes back to the form: somebody has decided, or the code is good no more, which is said beside it.
    fn leave(self, outcome: Result<&'static str, FieldErrors>) {
        self.asked.set(None);
        match outcome {
            Ok(text) => {
                self.code.set(String::new());
                self.decided.set(Some(text));
                // The button that had the focus is gone.
                if let Some(heading) = self.heading.get_untracked() {
                    let _ = heading.focus();
                }
            }
            Err(errors) => self.form.complain(errors),
        }
    }
}

/// Question of a program, from where it comes, and the two answers.
#[component]
fn Decision(request: DeviceRequest, admission: Admission) -> impl IntoView {
    let state = FormState::default();
    let DeviceRequest { code, program, scopes, network } = request;
    let shown = code.clone();
    let decide = move |allowed: bool| {
        let decision = decide_device(code.clone(), allowed);
        let request = async move {
            match decision.await.map_err(at_field) {
                // It has expired, or was decided about elsewhere.
                Err(Failed(Refusal::Invalid(errors))) => Ok(Err(errors)),
                other => other.map(Ok),
            }
        };
        state.send(Ok(()), request, move |done| {
            if allowed && done.is_ok() {
                for after in LOOKS {
                    set_timeout(move || admission.tokens.refetch(), after);
                }
            }
            let said = if allowed { t!(api_tokens.was_let_in) } else { t!(api_tokens.was_refused) };
            admission.leave(done.map(|()| said));
        });
    };
    let refuse = decide.clone();
    let scopes = scopes.into_iter().map(|scope| view! { <li>{word(scope.key())}</li> });
    let place = match network {
        DeviceNetwork::Same => t!(api_tokens.same_network),
        DeviceNetwork::Other => t!(api_tokens.other_network),
        DeviceNetwork::Unknown => t!(api_tokens.unknown_network),
    };
    let is_elsewhere = network == DeviceNetwork::Other;
    // The form before is gone with what had the focus in it. Read out are its name and the warning.
    let question = NodeRef::<html::Div>::new();
    Effect::new(move || {
        if let Some(question) = question.get() {
            request_animation_frame(move || drop(question.focus()));
        }
    });
    view! {
        <Form state on_send=Callback::new(move |()| decide(true))>
            <div
                class="stack" role="group" tabindex="-1" node_ref=question
                aria-labelledby="device-question" aria-describedby="device-place"
            >
                <p id="device-question">{t!(api_tokens.question, program = program, code = shown)}</p>
                <ul>{scopes.collect_view()}</ul>
                <p id="device-place" class="notice" class:bad=is_elsewhere>{place}</p>
            </div>
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
