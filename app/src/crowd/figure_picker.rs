//! Choice of what one's figure wears.

use bandstand_domain::{
    crowd::{ChosenLook, CrowdReason, Figure, LOOK_CHOICES},
    texts::Key,
};
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsCast;
use web_sys::{CanvasRenderingContext2d as Context, HtmlCanvasElement};

use super::{
    api::{load_figure, wear},
    figure::{self, HALF_WIDTH, HEADROOM},
    layout::Side,
    look::{HAIRS, Look, SHIRTS, SKINS},
};
use crate::{
    failure::Failed,
    t,
    texts::{keys, word},
    ui::{Toaster, later, modal_while},
};

/// Choices of which a figure is made, as they are asked for.
const GROUPS: [(Key, Group); 7] = [
    (
        keys::crowd::figure::hair,
        Group::Words(
            2,
            &[
                keys::crowd::hair::short,
                keys::crowd::hair::bob,
                keys::crowd::hair::long,
                keys::crowd::hair::bun,
                keys::crowd::hair::tail,
                keys::crowd::hair::braids,
                keys::crowd::hair::afro,
                keys::crowd::hair::spikes,
                keys::crowd::hair::mohawk,
                keys::crowd::hair::bald,
            ],
        ),
    ),
    (
        keys::crowd::figure::hair_colour,
        Group::Colours(
            1,
            &HAIRS,
            &[
                keys::crowd::colours::black,
                keys::crowd::colours::darkest_brown,
                keys::crowd::colours::dark_brown,
                keys::crowd::colours::brown,
                keys::crowd::colours::chestnut,
                keys::crowd::colours::dark_blond,
                keys::crowd::colours::blond,
                keys::crowd::colours::silver,
                keys::crowd::colours::red,
                keys::crowd::colours::violet,
                keys::crowd::colours::pink,
            ],
        ),
    ),
    (keys::crowd::figure::skin, Group::Colours(0, &SKINS, &[])),
    (
        keys::crowd::figure::hat,
        Group::Words(
            3,
            &[
                keys::crowd::hats::none,
                keys::crowd::hats::cap,
                keys::crowd::hats::beanie,
                keys::crowd::hats::bucket,
                keys::crowd::hats::straw,
                keys::crowd::hats::headphones,
                keys::crowd::hats::flowers,
                keys::crowd::hats::ears,
            ],
        ),
    ),
    (keys::crowd::figure::hat_colour, Group::Colours(4, &SHIRTS, &SHIRT_NAMES)),
    (
        keys::crowd::figure::clothes,
        Group::Words(
            6,
            &[
                keys::crowd::clothes::plain,
                keys::crowd::clothes::stripes,
                keys::crowd::clothes::dot,
                keys::crowd::clothes::dates,
                keys::crowd::clothes::hood,
                keys::crowd::clothes::backpack,
                keys::crowd::clothes::straps,
            ],
        ),
    ),
    (keys::crowd::figure::shirt_colour, Group::Colours(5, &SHIRTS, &SHIRT_NAMES)),
];

const SHIRT_NAMES: [Key; 14] = [
    keys::crowd::colours::coral,
    keys::crowd::colours::amber,
    keys::crowd::colours::yellow,
    keys::crowd::colours::lime,
    keys::crowd::colours::green,
    keys::crowd::colours::mint,
    keys::crowd::colours::blue,
    keys::crowd::colours::lavender,
    keys::crowd::colours::violet,
    keys::crowd::colours::pink,
    keys::crowd::colours::white,
    keys::crowd::colours::slate,
    keys::crowd::colours::purple,
    keys::crowd::colours::wine,
];

/// The choices of one part of a look, which has this number in it.
#[derive(Clone, Copy)]
enum Group {
    /// Told by words.
    Words(usize, &'static [Key]),
    /// Shown; with their names, else they are numbered.
    Colours(usize, &'static [(&'static str, &'static str)], &'static [Key]),
}

/// The way to the choice, from the buttons that move the figure.
#[component]
pub(super) fn FigureButton(
    /// True if one has a figure.
    enabled: Signal<bool>,
) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    let open = RwSignal::new(false);
    let on_close = modal_while(dialog, open.into(), move || open.set(false));
    let done = Callback::new(move |()| open.set(false));
    view! {
        <button
            type="button" class="gesture gesture-figure" aria-label=t!(crowd.figure.title) title=t!(crowd.figure.title)
            disabled=move || !enabled.get() on:click=move |_| open.set(true)
        >
            <svg class="gesture-picture" viewBox="0 0 24 24" aria-hidden="true">
                <path d="M9 3.5 4 6.2l1.6 4.3 2.2-.7V20h8.4V9.8l2.2.7L20 6.2 15 3.5c-.5 1.5-1.5 2.3-3 2.3S9.5 5 9 3.5z"></path>
            </svg>
        </button>
        <dialog class="wardrobe" node_ref=dialog aria-label=t!(crowd.figure.title) on:close=on_close>
            <Show when=move || open.get()>
                <h2>{t!(crowd.figure.title)}</h2>
                {later(move || picker(Some(done)))}
            </Show>
        </dialog>
    }
    .into_any()
}

/// The choice, for the settings.
#[component]
pub fn FigureSection() -> impl IntoView {
    view! {
        <section id="figure" class="panel" aria-labelledby="figure-title">
            <h2 id="figure-title">{t!(crowd.figure.title)}</h2>
            <p class="soft">{t!(crowd.figure.about)}</p>
            {later(|| picker(None))}
        </section>
    }
    .into_any()
}

/// Loaded when somebody wants to choose; `done` is called when they have.
#[wasm_split(figure, wasm_split_path = ::leptos::wasm_split, fallible)]
fn picker(done: Option<Callback<()>>) -> Result<AnyView, SplitLoaderError> {
    let found = RwSignal::new(None::<Result<Figure, Failed<CrowdReason>>>);
    spawn_local(async move {
        found.try_set(Some(load_figure().await));
    });
    let view = move || match found.get() {
        None => view! { <p class="waiting">{t!(ui.one_moment)}</p> }.into_any(),
        Some(Err(why)) => view! { <p class="notice bad">{why.to_string()}</p> }.into_any(),
        Some(Ok(figure)) => view! { <Wardrobe figure done/> }.into_any(),
    };
    Ok(view.into_any())
}

#[component]
fn Wardrobe(figure: Figure, done: Option<Callback<()>>) -> impl IntoView {
    let toaster = Toaster::expect();
    let seed = figure.person.seed();
    let parts = RwSignal::new(Look::of(seed, figure.look).parts());
    let canvas = NodeRef::<html::Canvas>::new();
    Effect::new(move || {
        if let Some(canvas) = canvas.get() {
            portray(&canvas, &Look::of(seed, ChosenLook::of(parts.get())));
        }
    });
    let pending = RwSignal::new(false);
    let choose = move |look: Option<ChosenLook>| {
        if pending.get_untracked() {
            return;
        }
        pending.set(true);
        spawn_local(async move {
            match wear(look).await {
                Ok(()) => {
                    parts.try_set(Look::of(seed, look).parts());
                    toaster.say(t!(crowd.figure.worn));
                    if let Some(done) = done {
                        done.try_run(());
                    }
                }
                Err(refused) => toaster.say(refused.to_string()),
            }
            pending.try_set(false);
        });
    };
    let by_chance = move |_| {
        let dice = |choices: u8| (js_sys::Math::random() * f64::from(choices)) as u8;
        parts.set(LOOK_CHOICES.map(dice));
    };
    let groups = GROUPS.map(|(title, group)| view! { <Choices title group parts/> });
    view! {
        <div class="figure-picker">
            <canvas node_ref=canvas width="320" height="272" role="img" aria-label=t!(crowd.figure.preview)></canvas>
            <div class="figure-parts">{groups.into_iter().collect_view()}</div>
            <div class="row">
                <button
                    class="button primary" type="button" aria-busy=move || pending.get().then_some("true")
                    on:click=move |_| choose(ChosenLook::of(parts.get_untracked()))
                >
                    {t!(crowd.figure.wear)}
                </button>
                <button class="button" type="button" on:click=by_chance>{t!(crowd.figure.surprise)}</button>
                <button class="button quiet" type="button" on:click=move |_| choose(None)>{t!(crowd.figure.by_chance)}</button>
            </div>
        </div>
    }
    .into_any()
}

/// Draws a figure from both sides, beside each other.
fn portray(canvas: &HtmlCanvasElement, look: &Look) {
    let pen = canvas.get_context("2d").ok().flatten().map(JsCast::dyn_into::<Context>);
    let Some(Ok(pen)) = pen else { return };
    let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
    let tall = f64::min(height / (HEADROOM + 1.0), width / (4.0 * HALF_WIDTH));
    let _ = pen.set_transform(1.0, 0.0, 0.0, 1.0, 0.0, 0.0);
    pen.clear_rect(0.0, 0.0, width, height);
    for (side, middle) in [(Side::Back, 0.25), (Side::Front, 0.75)] {
        let crown = height - tall;
        let _ = pen.set_transform(tall, 0.0, 0.0, tall, middle * width, crown);
        figure::draw(&pen, look, 1.0, true, side);
    }
}

/// The choices of one part: arrow keys go from one to the next.
#[component]
fn Choices(title: Key, group: Group, parts: RwSignal<[u8; 7]>) -> impl IntoView {
    let (part, count) = match group {
        Group::Words(part, names) => (part, names.len()),
        Group::Colours(part, colours, _) => (part, colours.len()),
    };
    let choices = (0..count).map(move |number| {
        let input = move |label: Option<String>| {
            view! {
                <input
                    type="radio"
                    name=format!("figure-{part}")
                    aria-label=label
                    prop:checked=move || parts.with(|parts| usize::from(parts[part]) == number)
                    on:change=move |_| parts.update(|parts| parts[part] = number as u8)
                />
            }
        };
        match group {
            Group::Words(_, names) => {
                view! { <label class="chip">{input(None)}{word(names[number])}</label> }.into_any()
            }
            Group::Colours(_, colours, names) => {
                let name = match names.get(number) {
                    Some(name) => word(*name).to_owned(),
                    None => t!(crowd.figure.tone, number = number + 1),
                };
                let title = name.clone();
                view! {
                    <label class="swatch" title=title>
                        {input(Some(name))}
                        <svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="9" fill=colours[number].0></circle></svg>
                    </label>
                }
                .into_any()
            }
        }
    });
    view! {
        <fieldset class="field">
            <legend>{word(title)}</legend>
            <div class="chips">{choices.collect_view()}</div>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_can_be_chosen() {
        let mut seen = [0; LOOK_CHOICES.len()];
        for (_, group) in GROUPS {
            let (part, count) = match group {
                Group::Words(part, names) => (part, names.len()),
                Group::Colours(part, colours, names) => {
                    assert!(names.is_empty() || names.len() == colours.len());
                    (part, colours.len())
                }
            };
            seen[part] = count as u8;
        }
        assert_eq!(seen, LOOK_CHOICES);
    }
}
