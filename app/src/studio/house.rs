//! The house as one on stage sees it: the crowd's faces, who they are, how many, how loud.

use std::time::Duration;

use bandstand_domain::PersonId;
use leptos::{
    ev, html,
    leptos_dom::helpers::TimeoutHandle,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};

use super::{
    applause::{Applause, Loudness},
    session::Studio,
};
use crate::{
    accounts::api::load_helpers,
    crowd::{CrowdView, FigureStep, Somebody, now},
    quality::api::load_stage_figures,
    t,
    ui::every,
};

/// Interval at which the applause is measured.
const MEASURED: Duration = Duration::from_millis(125);
/// Interval at which radios are counted.
const COUNTED: Duration = Duration::from_secs(10);
/// Time for which a name stands that was touched.
const NAMED: Duration = Duration::from_secs(4);

/// The house is a part of its own: a studio is alive without it.
#[wasm_split(house, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(super) fn house(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <House studio/> }.into_any())
}

/// The crowd from the stage.
#[component]
fn House(studio: Studio) -> impl IntoView {
    let crowd = studio.crowd;
    crowd.face();
    Effect::new(move || {
        spawn_local(async move {
            // Without an answer nobody is marked.
            if let Ok(helpers) = load_helpers().await {
                crowd.mark(helpers.into_iter().map(|helper| helper.person).collect());
            }
        });
    });
    let people = crowd.count();
    let radios = radios(studio);
    view! {
        <section class="house" aria-label=t!(studio.house.title)>
            <Faces studio/>
            <p class="house-empty" hidden=move || { people.get() > 0 }>{t!(studio.house.empty)}</p>
            <div class="house-front">
                <p class="house-count">
                    <strong>{move || people.get().to_string()}</strong>
                    " "
                    <span>{move || match (people.get(), studio.on_air()) {
                        (_, false) => t!(studio.in_the_lobby),
                        (1, true) => t!(studio.house.person_here),
                        (_, true) => t!(studio.people_here),
                    }}</span>
                    <span class="house-radios" hidden=move || radios.get() == 0>
                        {move || t!(studio.house.by_radio, count = radios.get())}
                    </span>
                </p>
                <Clapping studio/>
            </div>
        </section>
    }
    .into_any()
}

/// The number of those who listen by HTTP, and aren't in the crowd.
fn radios(studio: Studio) -> RwSignal<u32> {
    let radios = RwSignal::new(0);
    let ask = move || {
        let show = studio.page.with_untracked(|page| page.card.id);
        spawn_local(async move {
            if let Ok(figures) = load_stage_figures(show).await {
                radios.try_set(figures.listeners);
            }
        });
    };
    let on_air = Memo::new(move |_| studio.on_air());
    Effect::new(move || {
        radios.set(0);
        if on_air.get() {
            ask();
            every(COUNTED, ask);
        }
    });
    radios
}

/// The crowd itself. Whoever is pointed at, touched, or reached by the arrow keys is named.
#[component]
fn Faces(studio: Studio) -> impl IntoView {
    let crowd = studio.crowd;
    let room = NodeRef::<html::Div>::new();
    let label = NodeRef::<html::P>::new();
    let nobody = Signal::stored(None::<PersonId>);
    let named = RwSignal::new(None::<Somebody>);
    let touched = StoredValue::new(None::<TimeoutHandle>);
    let tell = move |found: Option<Option<Somebody>>| {
        let Some(somebody) = found else { return };
        if let (Some(label), Some(somebody)) = (label.get_untracked(), &somebody) {
            let style = web_sys::HtmlElement::style(&label);
            let (x, y) = somebody.at;
            let _ = style.set_property("--x", &(x as i32).to_string());
            let _ = style.set_property("--y", &(y as i32).to_string());
        }
        named.set(somebody);
    };
    let keep = move || {
        if let Some(Some(timer)) = touched.try_update_value(Option::take) {
            timer.clear();
        }
    };
    on_cleanup(keep);
    let forget = move || {
        keep();
        tell(crowd.point(None));
    };
    let at = move |event: &ev::PointerEvent| {
        let room = room.get_untracked()?.get_bounding_client_rect();
        let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
        Some(((x - room.left()) as f32, (y - room.top()) as f32))
    };
    let key = move |event: ev::KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowLeft" => FigureStep::Left,
            "ArrowRight" => FigureStep::Right,
            "ArrowUp" => FigureStep::Back,
            "ArrowDown" => FigureStep::Front,
            "Escape" => return forget(),
            _ => return,
        };
        event.prevent_default();
        tell(crowd.step(step));
    };
    view! {
        <div
            class="house-crowd" role="group" tabindex="0" aria-label=t!(studio.house.keys) node_ref=room
            on:pointermove=move |event: ev::PointerEvent| if event.pointer_type() == "mouse" { tell(crowd.point(at(&event))) }
            on:pointerleave=move |event: ev::PointerEvent| if event.pointer_type() == "mouse" { forget() }
            on:pointerdown=move |event: ev::PointerEvent| if event.pointer_type() != "mouse" {
                keep();
                tell(crowd.point(at(&event)));
                touched.set_value(set_timeout_with_handle(forget, NAMED).ok());
            }
            on:keydown=key
            on:blur=move |_| forget()
        >
            <CrowdView crowd me=nobody/>
            <p class="house-name" role="status" node_ref=label>
                {move || named.get().map(|Somebody { name, marked, .. }| view! {
                    <bdi>{name}</bdi>
                    {marked.then(|| view! { <span class="chat-badge">{t!(studio.house.helper)}</span> })}
                })}
            </p>
        </div>
    }
    .into_any()
}

/// The applause meter. Its level is drawn past the reactive graph.
#[component]
fn Clapping(studio: Studio) -> impl IntoView {
    let crowd = studio.crowd;
    let bar = NodeRef::<html::Div>::new();
    let loudness = RwSignal::new(Loudness::default());
    Effect::new(move || {
        let applause = StoredValue::new(Applause::new(crowd.cheers(), now()));
        let drawn = StoredValue::new(-1);
        every(MEASURED, move || {
            let (cheers, people) = (crowd.cheers(), crowd.count().get_untracked());
            let level = applause.try_update_value(|it| it.level(cheers, people, now()));
            let Some((level, bar)) = level.zip(bar.get_untracked()) else { return };
            let percent = (level * 100.0) as i32;
            if drawn.try_get_value() == Some(percent) {
                return;
            }
            drawn.set_value(percent);
            let _ = web_sys::HtmlElement::style(&bar).set_property("--level", &percent.to_string());
            let _ = bar.set_attribute("aria-valuenow", &percent.to_string());
            loudness.maybe_update(|old| std::mem::replace(old, Loudness::at(level)) != *old);
        });
    });
    let word = move || match loudness.get() {
        Loudness::Quiet => t!(studio.house.quiet),
        Loudness::Warm => t!(studio.house.warm),
        Loudness::Loud => t!(studio.house.loud),
        Loudness::Roaring => t!(studio.house.roaring),
    };
    view! {
        <div class="applause">
            <div
                class="applause-level" role="meter" aria-label=t!(studio.house.applause) node_ref=bar
                aria-valuemin="0" aria-valuemax="100" aria-valuenow="0" aria-valuetext=word
            ></div>
            <span aria-hidden="true">{word}</span>
        </div>
    }
    .into_any()
}
