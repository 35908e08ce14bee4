//! Rehearsal, in the studio and on the artist's other devices: what the venue gets, seen and heard from there.

use bandstand_domain::{
    ShowId,
    stage::{PublishToken, StageState},
};
use futures::{
    FutureExt,
    future::{LocalBoxFuture, abortable, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::JsValue;
use web_sys::{MediaStream, RtcPeerConnection};

use super::{questions::Questions, session::Studio, state::StudioStatus};
use crate::{
    channel::{Channel, backoff::Backoff, is_transient},
    stage::api::take_rehearsal,
    t,
    ui::later,
    web,
    webrtc::{signalling::SignallingError, stats::reports, whep::WhepOffer},
};

/// Milliseconds between two looks at what comes.
const LOOK: u32 = 1_000;

/// Panel of a rehearsal, and the questions: the studio is alive without them.
#[wasm_split(panels, wasm_split_path = ::leptos::wasm_split, fallible)]
pub fn rehearsing_and_questions(studio: Studio) -> Result<AnyView, SplitLoaderError> {
    Ok(view! {
        <RehearsalPanel studio/>
        <Questions studio/>
    }
    .into_any())
}

/// Sound and picture that the venue gets from a rehearsal, as its audience would.
#[wasm_split(panels, wasm_split_path = ::leptos::wasm_split, fallible)]
pub fn monitor_of(show: ShowId) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <RehearsalMonitor show/> }.into_any())
}

#[component]
fn RehearsalPanel(studio: Studio) -> impl IntoView {
    let show = studio.page.with_untracked(|page| page.card.id);
    let path = format!("/shows/{show}/rehearsal");
    let address = window().location().origin().unwrap_or_default() + &path;
    let open = RwSignal::new(false);
    let rehearsing = Memo::new(move |_| studio.status.get() == StudioStatus::Rehearsing);
    Effect::new(move || {
        if !rehearsing.get() {
            open.set(false);
        }
    });
    let elsewhere = move || {
        let empty = studio.page.with(|page| page.card.stage == StageState::Empty);
        empty && studio.status.get() == StudioStatus::NotLive
    };
    view! {
        <p class="hint" hidden=move || !elsewhere()>
            <a href=path>{t!(studio.rehearsal_link)}</a>
        </p>
        <Show when=move || rehearsing.get()>
            <section class="panel studio-panel stack" aria-labelledby="rehearsal-title">
                <h2 id="rehearsal-title">{t!(studio.rehearsal)}</h2>
                <p>{t!(studio.rehearsal_what)}</p>
                <p class="hint">{t!(studio.rehearsal_elsewhere)} " " <span class="address">{address.clone()}</span></p>
                <div class="row">
                    <button
                        class="button" type="button" aria-expanded=move || open.get().to_string()
                        on:click=move |_| open.update(|open| *open = !*open)
                    >
                        {move || if open.get() { t!(studio.hide_monitor) } else { t!(studio.see_monitor) }}
                    </button>
                </div>
                <Show when=move || open.get()>{later(move || monitor_of(show))}</Show>
            </section>
        </Show>
    }
    .into_any()
}

/// State of what comes back from the venue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Reception {
    /// On the way to the venue.
    #[default]
    Coming,
    /// Nobody rehearses.
    Nothing,
    /// A picture of this size comes, or sound alone; with its frames and kilobits a second.
    Flowing { width: u32, height: u32, frames: u32, kilobits: u32 },
    /// It can't come; why.
    Refused(String),
}

#[component]
fn RehearsalMonitor(show: ShowId) -> impl IntoView {
    let video = NodeRef::<html::Video>::new();
    let state = RwSignal::new(Reception::default());
    let loud = RwSignal::new(false);
    let channel = Channel::expect();
    Effect::new(move || {
        let Some(video) = video.get() else { return };
        let play = move |stream: &MediaStream| video.set_src_object(Some(stream));
        let (run, handle) = abortable(receive(show, channel, state, play));
        spawn_local(async move {
            // Aborted or refused: both end here.
            let _ = run.await;
        });
        on_cleanup(move || handle.abort());
    });
    let words = move || match state.get() {
        Reception::Coming => t!(studio.rehearsal_coming).to_owned(),
        Reception::Nothing => t!(studio.rehearsal_nothing).into(),
        Reception::Refused(why) => why,
        Reception::Flowing { height: 0, .. } => t!(studio.rehearsal_sound_only).into(),
        Reception::Flowing { .. } => String::new(),
    };
    let flow = move || match state.get() {
        Reception::Flowing { width, height, frames, kilobits } => {
            let rate = t!(studio.rehearsal_rate, rate = kilobits);
            if height == 0 {
                return rate;
            }
            let (width, height) = (width.to_string(), height.to_string());
            t!(studio.picture_size, width = width, height = height, frames = frames) + " · " + &rate
        }
        _ => String::new(),
    };
    view! {
        <div class="preview monitor">
            <video
                node_ref=video prop:muted=move || !loud.get() autoplay playsinline
                aria-label=t!(studio.what_venue_gets)
            ></video>
            <p class="curtain" role="status" hidden=move || words().is_empty()>{words}</p>
        </div>
        <div class="row">
            <button
                class="button" type="button" aria-pressed=move || loud.get().to_string()
                on:click=move |_| loud.update(|loud| *loud = !*loud)
            >
                {move || if loud.get() { t!(studio.monitor_quiet) } else { t!(studio.monitor_loud) }}
            </button>
            <span class="hint">{flow}</span>
        </div>
        <p class="hint small">{t!(studio.monitor_headphones)}</p>
    }
    .into_any()
}

/// Gets the rehearsal of `show` until it is refused, and tells how that goes by `state`.
async fn receive(
    show: ShowId,
    channel: Channel,
    state: RwSignal<Reception>,
    play: impl Fn(&MediaStream),
) {
    let mut backoff = Backoff::default();
    loop {
        let seen = channel.returns();
        match take_rehearsal(show).await {
            Ok(token) => match received(show, token).await {
                Ok(Ok(received)) => {
                    backoff.reset();
                    play(&received.stream);
                    let looking = look(received.connection, state).boxed_local();
                    select(received.lost, looking).await;
                }
                Ok(Err(SignallingError::Browser)) => {
                    state.try_set(Reception::Refused(t!(watch.no_webrtc).into()));
                    return;
                }
                _ => {}
            },
            Err(failed) if is_transient(&failed.0) => {}
            Err(failed) => {
                state.try_set(Reception::Refused(failed.to_string()));
                return;
            }
        }
        state.try_set(Reception::Coming);
        backoff.wait(channel.returned(seen)).await;
    }
}

/// A rehearsal that comes from the venue, until it is lost or dropped.
struct Received {
    stream: MediaStream,
    connection: RtcPeerConnection,
    lost: LocalBoxFuture<'static, ()>,
}

async fn received(
    show: ShowId,
    token: PublishToken,
) -> Result<Result<Received, SignallingError>, SplitLoaderError> {
    Ok(receiving(show, token).await?.await)
}

/// Comes with the part by which audiences get theirs.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn receiving(
    show: ShowId,
    token: PublishToken,
) -> Result<LocalBoxFuture<'static, Result<Received, SignallingError>>, SplitLoaderError> {
    let opening = async move {
        let offer = WhepOffer::new().await?;
        let endpoint = format!("/whep/{show}/rehearsal");
        let session = offer.begin(&endpoint, token.token, token.ice_servers).await?;
        // The objects themselves: a stream's own method `clone` would make another one.
        let stream = Clone::clone(&session.stream);
        let connection = Clone::clone(&session.peer.connection);
        let lost = async move {
            if session.peer.connected().await.is_ok() {
                session.peer.lost().await;
            }
        };
        Ok(Received { stream, connection, lost: lost.boxed_local() })
    };
    Ok(opening.boxed_local())
}

/// Counts of a connection that receives.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    packets: f64,
    bytes: f64,
    pictures: f64,
    width: f64,
    height: f64,
    frames: f64,
}

/// Tells by `state` what comes over `connection`.
async fn look(connection: RtcPeerConnection, state: RwSignal<Reception>) {
    let mut before = Counts::default();
    loop {
        TimeoutFuture::new(LOOK).await;
        let Some(reports) = reports(&connection).await else { continue };
        let now = reports.iter().fold(Counts::default(), count);
        // Small numbers, all of them.
        let seen = if now.pictures > before.pictures { now } else { Counts::default() };
        let flowing = Reception::Flowing {
            width: seen.width as u32,
            height: seen.height as u32,
            frames: seen.frames as u32,
            kilobits: ((now.bytes - before.bytes) * 8.0 / f64::from(LOOK)) as u32,
        };
        let flows = now.packets > before.packets;
        state.try_set(if flows { flowing } else { Reception::Nothing });
        before = now;
    }
}

fn count(mut counts: Counts, report: JsValue) -> Counts {
    if web::get(&report, "type") != "inbound-rtp" {
        return counts;
    }
    let number = |key| web::get(&report, key).as_f64().unwrap_or(0.0);
    counts.packets += number("packetsReceived");
    counts.bytes += number("bytesReceived");
    if web::get(&report, "kind") == "video" {
        counts.pictures = number("framesDecoded");
        (counts.width, counts.height) = (number("frameWidth"), number("frameHeight"));
        counts.frames = number("framesPerSecond");
    }
    counts
}
