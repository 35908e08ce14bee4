//! Monitor: five seconds of the microphone are recorded as they would be sent, and played back.

use futures::channel::oneshot;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AudioBuffer, AudioContext, BlobEvent, MediaRecorder, MediaStream, MediaStreamTrack};

/// Progress of the monitor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MonitorState {
    /// Not begun.
    #[default]
    Idle,
    /// Seconds still to be recorded.
    Recording(u32),
    /// Playing.
    Playing,
    /// Done once.
    Heard,
    /// This browser can't.
    Failed,
}

/// Records `track` for five seconds and plays that back, through `state`.
pub async fn monitor(track: MediaStreamTrack, state: RwSignal<MonitorState>) {
    let end = match record_and_play(&track, state).await {
        Ok(()) => MonitorState::Heard,
        Err(_) => MonitorState::Failed,
    };
    state.try_set(end);
}

async fn record_and_play(
    track: &MediaStreamTrack,
    state: RwSignal<MonitorState>,
) -> Result<(), JsValue> {
    // Made within the press, or the browser wouldn't let it sound.
    let context = AudioContext::new()?;
    let stream = MediaStream::new()?;
    stream.add_track(track);
    let recorder = MediaRecorder::new_with_media_stream(&stream)?;
    let (tell, told) = oneshot::channel();
    let mut tell = Some(tell);
    let recorded = Closure::<dyn FnMut(BlobEvent)>::new(move |event: BlobEvent| {
        if let Some(tell) = tell.take() {
            let _ = tell.send(event.data());
        }
    });
    recorder.set_ondataavailable(Some(recorded.as_ref().unchecked_ref()));
    recorder.start()?;
    for left in (1..=5).rev() {
        state.try_set(MonitorState::Recording(left));
        TimeoutFuture::new(1_000).await;
    }
    recorder.stop()?;
    let blob = told.await.ok().flatten().ok_or(JsValue::UNDEFINED)?;

    state.try_set(MonitorState::Playing);
    let bytes = JsFuture::from(blob.array_buffer()).await?.unchecked_into();
    let sound: AudioBuffer =
        JsFuture::from(context.decode_audio_data(&bytes)?).await?.unchecked_into();
    let source = context.create_buffer_source()?;
    source.set_buffer(Some(&sound));
    source.connect_with_audio_node(&context.destination())?;
    source.start()?;
    TimeoutFuture::new((sound.duration() * 1_000.0) as u32 + 200).await;
    let _ = context.close();
    Ok(())
}
