//! Statistics of the studio: what this browser sends, what the venue receives, and how the audience
//! receives it.

use crate::{t, texts::language};
use std::time::Duration;

use bandstand_domain::{
    quality::{Flow, Layer, StageQuality, percent},
    stage::StageState,
};
use leptos::{prelude::*, task::spawn_local};

use super::{fold::Fold, session::Studio, state::QualityLimit, wellbeing::Panel};
use crate::{quality::api::load_stage_figures, ui::every};

/// Interval at which the venue is asked.
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
            let (width, height) = (sending.width.to_string(), sending.height.to_string());
            let frames = sending.frames;
            t!(studio.picture_size, width = width, height = height, frames = frames)
        })
    };
    let limit = move || match sending.get().limit {
        QualityLimit::None => None,
        QualityLimit::Line => Some(t!(studio.line_limit)),
        QualityLimit::Device => Some(t!(studio.device_limit)),
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
            (0, _) => t!(studio.nobody_watches).into(),
            (1, 0) => t!(studio.one_fine).into(),
            (1, _) => t!(studio.one_in_trouble).into(),
            (viewers, 0) => t!(studio.all_fine, viewers = viewers),
            (viewers, bad) => t!(studio.some_in_trouble, viewers = viewers, bad = bad),
        }
    };
    view! {
        <div class="studio-connection" hidden=move || !on_air.get()>
        <Fold studio title=t!(studio.on_the_line) helps=Panel::Connection>
            <dl class="line-figures">
                <div hidden=move || picture().is_none()><dt>{t!(studio.your_picture)}</dt><dd>{picture}</dd></div>
                <div><dt>{t!(studio.comes_to_venue)}</dt><dd>{move || arriving().unwrap_or_else(|| t!(studio.nothing_now).into())}</dd></div>
                <div hidden=move || layers().is_empty()><dt>{t!(studio.sizes)}</dt><dd>{layers}</dd></div>
                <div><dt>{t!(studio.your_audience)}</dt><dd>{audience}</dd></div>
            </dl>
            <p class="hint" hidden=move || limit().is_none()>{limit}</p>
            <div class="hint" role="status">
                {move || {
                    let advice = advice.get();
                    advice.lines().map(|words| view! { <p>{words.to_owned()}</p> }).collect_view()
                }}
            </div>
        </Fold>
        </div>
    }
    .into_any()
}

/// A rate as people read it: `840 kbit/s`, `1.5 Mbit/s`.
pub(super) fn rate(kilobits: u32) -> String {
    if kilobits < 1_000 {
        return format!("{kilobits} kbit/s");
    }
    format!("{}{}{} Mbit/s", kilobits / 1_000, language().decimal(), kilobits % 1_000 / 100)
}

fn layer_text(layer: &Layer) -> Option<String> {
    Some(t!(studio.layer, lines = layer.height?.to_string(), rate = rate(layer.kilobits)))
}

fn flow_text(flow: Flow) -> String {
    let mut text =
        t!(studio.flow, rate = rate(flow.kilobits), lost = percent(flow.lost, language()));
    if let Some(millis) = flow.round_trip {
        text += &t!(studio.flow_round_trip, millis = millis);
    }
    if let Some(millis) = flow.jitter {
        text += &t!(studio.flow_jitter, millis = millis);
    }
    text
}
