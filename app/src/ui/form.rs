//! Form that is checked before it is sent, marks each wrong field, and loses nothing.

use bandstand_domain::{FieldErrors, Refusal, refusal::Reason};
use leptos::{ev::SubmitEvent, html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use crate::{failure::Failed, texts::say};

/// State of a form besides its values: complaints, whether it is under way, and whether something was typed.
#[derive(Clone, Copy)]
pub struct FormState {
    errors: RwSignal<FieldErrors>,
    message: RwSignal<Option<String>>,
    pending: RwSignal<bool>,
    touched: RwSignal<bool>,
    element: NodeRef<html::Form>,
}

impl Default for FormState {
    fn default() -> Self {
        Self {
            errors: RwSignal::default(),
            message: RwSignal::default(),
            pending: RwSignal::new(false),
            touched: RwSignal::new(false),
            element: NodeRef::new(),
        }
    }
}

impl FormState {
    /// The complaint about a field, if there is one.
    pub fn of(self, field: &str) -> Option<String> {
        self.errors.with(|errors| errors.of(field).map(say))
    }

    /// Returns whether the form is under way.
    pub fn pending(self) -> bool {
        self.pending.get()
    }

    /// Returns whether something was typed or chosen since the form was sent with success.
    pub fn is_touched(self) -> bool {
        self.touched.get()
    }

    /// Sends the form unless `checked` has complaints or it is under way already; `done` gets the
    /// answer, complaints go to their fields.
    pub fn send<T: 'static, E: Reason + 'static>(
        self,
        checked: Result<(), FieldErrors>,
        request: impl Future<Output = Result<T, Failed<E>>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.pending.get_untracked() {
            return;
        }
        self.message.set(None);
        if let Err(errors) = checked {
            return self.complain(errors);
        }
        self.errors.set(FieldErrors::default());
        self.pending.set(true);
        spawn_local(async move {
            let answer = request.await;
            self.pending.try_set(false);
            match answer {
                Ok(value) => {
                    self.touched.try_set(false);
                    done(value);
                }
                Err(Failed(Refusal::Invalid(errors))) => self.complain(errors),
                Err(refused) => {
                    self.message.try_set(Some(refused.to_string()));
                }
            }
        });
    }

    /// Shows complaints, and leads to the first field that has one.
    pub fn complain(self, errors: FieldErrors) {
        self.errors.try_set(errors);
        request_animation_frame(move || {
            let bad = self.element.try_get_untracked().flatten().and_then(|form| {
                form.query_selector("[aria-invalid=true],[data-invalid] input").ok().flatten()
            });
            match bad.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok()) {
                Some(field) => drop(field.focus()),
                // A complaint without a field of its own still has to be seen.
                None => {
                    let words = self.errors.try_get_untracked().unwrap_or_default();
                    self.message
                        .try_set(words.0.into_iter().next().map(|error| say(&error.message)));
                }
            }
        });
    }
}

/// A form around its fields; what is wrong with it as a whole stands on top.
#[component]
pub fn Form(
    /// Its state.
    state: FormState,
    /// Called when the person sends it.
    on_send: Callback<()>,
    /// Fields and buttons.
    children: Children,
) -> impl IntoView {
    let send = move |event: SubmitEvent| {
        event.prevent_default();
        on_send.run(());
    };
    let touch = move |_| {
        if !state.touched.get_untracked() {
            state.touched.set(true);
        }
    };
    // `post`: should it ever be sent without the script, nothing typed shows up in the address.
    view! {
        <form class="form" method="post" novalidate node_ref=state.element on:submit=send on:input=touch>
            <div role="alert">
                {move || state.message.get().map(|text| view! { <p class="notice bad">{text}</p> })}
            </div>
            {children()}
        </form>
    }
    .into_any()
}

/// The button that sends a form. It works once the page is alive, and shows that it is at work.
#[component]
pub fn Submit(
    /// The form's state.
    state: FormState,
    /// Label of the button.
    #[prop(into)]
    label: Signal<String>,
    /// Its looks.
    #[prop(default = "button primary big")]
    class: &'static str,
) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move || alive.set(true));
    view! {
        <button
            class=class
            type="submit"
            disabled=move || !alive.get()
            aria-busy=move || state.pending().then_some("true")
        >
            {label}
        </button>
    }
    .into_any()
}
