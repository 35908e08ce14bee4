//! How the picture gets to the audience: what leaves this browser, what comes to the venue, and how the
//! audience gets it.

use std::time::Duration;

use bandstand_domain::{
    quality::{Flow, Layer, StageQuality, percent},
    stage::StageState,
};
use leptos::{prelude::*, task::spawn_local};

use super::{session::Studio, state::QualityLimit};
use crate::{quality::api::load_stage_figures, ui::every};

/// How often the venue is asked.
const EVERY: Duration = Duration::from_secs(5);

/// Figures of the line, while anybody is on stage: this page or another program.
#[component]
pub(super) fn StatsPanel(
    /// The studio.
    studio: Studio,
) -> impl IntoView {
    let figures = RwSignal::new(StageQuality::default());
    let sending = studio.publisher.sending;
    let on_air = Memo::new(move |_| {
        let stage = studio.page.with(|page| page.card.stage);
        studio.on_stage() || matches!(stage, StageState::Live | StageState::Paused)
    });
    let ask = move || {
        let show = studio.page.with_untracked(|page| page.card.id);
        spawn_local(async move {
            // When it fails, the figures of before stand; the channel tells when the venue is away.
            if let Ok(now) = load_stage_figures(show).await {
                figures.try_set(now);
            }
        });
    };
    Effect::new(move || {
        if on_air.get() {
            ask();
            every(EVERY, ask);
        }
    });
    let picture = move || {
        let sending = sending.get();
        (sending.height > 0).then(|| {
            format!("{} × {}, {} frames a second", sending.width, sending.height, sending.frames)
        })
    };
    let limit = move || match sending.get().limit {
        QualityLimit::None => None,
        QualityLimit::Line => {
            Some("Your line carries no more, so your browser sends a smaller picture.")
        }
        QualityLimit::Device => {
            Some("Your device is busy, so your browser sends a smaller picture.")
        }
    };
    let arriving = move || figures.get().arriving.map(flow_text);
    let layers = move || {
        let layers: Vec<_> = figures.get().layers.iter().filter_map(layer_text).collect();
        layers.join(" · ")
    };
    let advice = Memo::new(move |_| figures.with(|figures| figures.advice.join("\n")));
    let audience = move || {
        let StageQuality { viewers, in_trouble, .. } = figures.get();
        match (viewers, in_trouble) {
            (0, _) => "Nobody watches yet.".into(),
            (1, 0) => "One connection, and it is fine.".into(),
            (1, _) => "One connection, and it is in trouble.".into(),
            (viewers, 0) => format!("{viewers} connections, all fine."),
            (viewers, bad) => format!("{viewers} connections, {bad} of them in trouble."),
        }
    };
    view! {
        <section class="panel studio-panel" aria-labelledby="line-title" hidden=move || !on_air.get()>
            <h2 id="line-title">"On the line"</h2>
            <dl class="line-figures">
                <div hidden=move || picture().is_none()><dt>"Your picture"</dt><dd>{picture}</dd></div>
                <div><dt>"Comes to the venue"</dt><dd>{move || arriving().unwrap_or_else(|| "Nothing at the moment.".into())}</dd></div>
                <div hidden=move || layers().is_empty()><dt>"Sizes of your picture"</dt><dd>{layers}</dd></div>
                <div><dt>"Your audience"</dt><dd>{audience}</dd></div>
            </dl>
            <p class="hint" hidden=move || limit().is_none()>{limit}</p>
            <div class="hint" role="status">
                {move || {
                    let advice = advice.get();
                    advice.lines().map(|words| view! { <p>{words.to_owned()}</p> }).collect_view()
                }}
            </div>
        </section>
    }
    .into_any()
}

fn layer_text(layer: &Layer) -> Option<String> {
    Some(format!("{} lines: {} kbit/s", layer.height?, layer.kilobits))
}

fn flow_text(flow: Flow) -> String {
    let mut text = format!("{} kbit/s, {} lost", flow.kilobits, percent(flow.lost));
    if let Some(millis) = flow.round_trip {
        text += &format!(", {millis} ms there and back");
    }
    if let Some(millis) = flow.jitter {
        text += &format!(", {millis} ms jitter");
    }
    text
}
