//! Player of a show, in the page of a viewer.

use std::{pin::pin, rc::Rc};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{AbortHandle, Either, LocalBoxFuture, abortable, join, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    html,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlVideoElement, MediaStream, MediaStreamTrack};

use bandstand_domain::ShowId;

use super::{
    picture::{LatePicture, on_next_frame},
    preconnect::Preconnection,
    viewport::Viewport,
};
use crate::{
    channel::{Channel, backoff::Backoff, is_transient},
    crowd::CrowdHandle,
    stage::{join::JoinTokens, presence::forgotten},
    web,
    webrtc::{
        level_meter::{LevelMeter, share},
        signalling::SignallingError,
        stats::pictures_decoded,
        whep::{WhepOffer, WhepSession},
    },
};

/// Milliseconds after which a stage that sends no picture is taken for one of sound alone; the picture
/// is looked at as often from then on.
const PICTURE_BY: u32 = 2_500;
/// Milliseconds for which the page waits with whatever would hold up the picture.
const HOLD: u32 = 400;
/// Looks at the same frame after which the picture counts as gone: screens send one a second even
/// when nothing moves on them.
const STILL: u32 = 2;

/// State of the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PictureState {
    /// Nothing is played.
    #[default]
    Off,
    /// On its way.
    Coming,
    /// The stage.
    Shown,
    /// Nothing, but the stage is heard.
    SoundOnly,
    /// The connection is lost, and on its way back.
    Lost,
    /// Nothing: this browser has no way to the stage (WebRTC).
    Impossible,
}

/// State of the sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SoundState {
    /// The stage.
    #[default]
    On,
    /// Nothing: the person wants it so.
    Muted,
    /// Nothing: the browser wants a press first.
    Held,
    /// Not even the picture runs before a press.
    Refused,
}

/// The player of one page.
#[derive(Clone, Copy)]
pub struct Player {
    /// The element that it plays in.
    pub video: NodeRef<html::Video>,
    show: ShowId,
    join: JoinTokens,
    crowd: CrowdHandle,
    channel: Channel,
    picture: RwSignal<PictureState>,
    sound: RwSignal<SoundState>,
    running: StoredValue<Option<AbortHandle>>,
    preconnection: StoredValue<Option<SendWrapper<Preconnection>>>,
    /// Waits for the first picture.
    awaited: StoredValue<Option<SendWrapper<oneshot::Sender<()>>>>,
    meter: StoredValue<Option<SendWrapper<LevelMeter>>>,
    session: StoredValue<Option<SendWrapper<Rc<WhepSession>>>>,
}

impl Player {
    /// A player at rest.
    pub fn new(show: ShowId, join: JoinTokens, crowd: CrowdHandle) -> Self {
        let player = Self {
            video: NodeRef::new(),
            show,
            join,
            crowd,
            channel: Channel::expect(),
            picture: RwSignal::default(),
            sound: RwSignal::default(),
            running: StoredValue::new(None),
            preconnection: StoredValue::new(None),
            awaited: StoredValue::new(None),
            meter: StoredValue::new(None),
            session: StoredValue::new(None),
        };
        on_cleanup(move || player.stop(false));
        player
    }

    /// State of the picture.
    pub fn picture(self) -> Signal<PictureState> {
        self.picture.into()
    }

    /// State of the sound.
    pub fn sound(self) -> Signal<SoundState> {
        self.sound.into()
    }

    /// The session that is played, if there is one.
    pub fn session(self) -> Option<Rc<WhepSession>> {
        self.session.try_get_value()?.map(SendWrapper::take)
    }

    /// Makes a connection ready for somebody who is likely to come in.
    pub fn prepare(self) {
        if self.running.with_value(Option::is_none)
            && self.preconnection.with_value(Option::is_none)
        {
            self.preconnection.set_value(Some(SendWrapper::new(Preconnection::when_idle())));
        }
    }

    /// The connection that was made ready, or a new one.
    async fn offered(self) -> Result<WhepOffer, JsValue> {
        let preconnection = self.preconnection.try_update_value(Option::take).flatten();
        let offered = match preconnection {
            Some(preconnection) => SendWrapper::take(preconnection).take().await,
            None => None,
        };
        match offered {
            Some(offered) => Ok(offered),
            None => WhepOffer::new().await,
        }
    }

    /// Waits for the picture that is on its way, if there is one, and not for long: whatever the page
    /// draws meanwhile holds it up.
    pub async fn first_picture(self) {
        if self.running.with_value(Option::is_none) || self.session().is_some() {
            return;
        }
        let (tell, told) = oneshot::channel();
        self.awaited.set_value(Some(SendWrapper::new(tell)));
        select(told, TimeoutFuture::new(HOLD)).await;
    }

    /// Begins to play, and keeps at it until it is stopped.
    pub fn start(self) {
        if self.running.with_value(Option::is_some) {
            return;
        }
        let (run, handle) = abortable(self.load_and_run());
        self.running.set_value(Some(handle));
        self.picture.set(PictureState::Coming);
        spawn_local(async move {
            // Aborted or given up: both end here.
            let _ = run.await;
        });
    }

    /// Stops playing, and leaves the session, unless it is `over` with the show.
    pub fn stop(self, over: bool) {
        if let Some(Some(session)) = self.session.try_update_value(Option::take)
            && over
        {
            session.resource.abandon();
        }
        if let Some(handle) = self.running.try_update_value(Option::take).flatten() {
            handle.abort();
        }
        let _ = self.preconnection.try_update_value(Option::take);
        let _ = self.meter.try_update_value(Option::take);
        let _ = self.picture.try_set(PictureState::Off);
        if let Some(video) = self.video.try_get_untracked().flatten() {
            video.set_src_object(None);
        }
    }

    /// Lets the element play with sound later, when its stream comes; called within a press (iOS
    /// forgets it until then).
    pub fn bless(self) {
        if let Some(video) = self.video.get_untracked()
            && let Ok(played) = video.play()
        {
            spawn_local(async move {
                // There is nothing to play yet, so it never succeeds.
                let _ = wasm_bindgen_futures::JsFuture::from(played).await;
            });
        }
    }

    /// Sound on or off, as the person wants it; within a press it also releases held sound.
    pub fn toggle_sound(self) {
        let Some(video) = self.video.get_untracked() else { return };
        if self.sound.get_untracked() == SoundState::On {
            video.set_muted(true);
            self.sound.set(SoundState::Muted);
            self.meter.set_value(None);
        } else {
            spawn_local(self.play(video, true));
        }
    }

    /// The volume, 0 to 1.
    pub fn set_volume(self, volume: f64) {
        let Some(video) = self.video.get_untracked() else { return };
        video.set_volume(volume.clamp(0.0, 1.0));
        if (volume > 0.0) != (self.sound.get_untracked() == SoundState::On) {
            self.toggle_sound();
        }
    }

    /// Plays, once the part that does is there; until then it is as with any connection.
    async fn load_and_run(self) {
        let mut backoff = Backoff::default();
        loop {
            match running(self).await {
                Ok(run) => return run.await,
                Err(_) => self.picture.set(PictureState::Lost),
            }
            backoff.wait().await;
        }
    }

    async fn run(self) {
        let mut backoff = Backoff::default();
        let end = loop {
            let seen = self.channel.returns();
            // The offer is made while the token is on its way.
            match join(self.offered(), self.join.media_token()).await {
                (Ok(offered), Ok(token)) => {
                    let servers = self.join.ice_servers();
                    match offered.begin(self.show, token, servers).await {
                        Ok(session) => {
                            let session = Rc::new(session);
                            self.session.set_value(Some(SendWrapper::new(session.clone())));
                            let forgotten = self.play_until_lost(&session, &mut backoff).await;
                            // The venue notices by itself, and may have ended the session itself.
                            session.resource.abandon();
                            self.session.set_value(None);
                            self.picture.set(PictureState::Lost);
                            if forgotten {
                                continue;
                            }
                        }
                        // Gone for good; the live channel tells the rest.
                        Err(SignallingError::Refused(404 | 410)) => break PictureState::Off,
                        Err(SignallingError::Browser) => break PictureState::Impossible,
                        Err(_) => {}
                    }
                }
                (Err(_), _) => break PictureState::Impossible,
                (_, Err(why)) if is_transient(&why) => {}
                _ => break PictureState::Off,
            }
            backoff.wait(self.channel.returned(seen)).await;
        };
        self.running.set_value(None);
        self.picture.set(end);
    }

    /// Plays a session until it is lost; tells whether the venue has forgotten it.
    async fn play_until_lost(self, session: &WhepSession, backoff: &mut Backoff) -> bool {
        let forgotten = pin!(forgotten(&session.resource, self.channel));
        let watched = pin!(self.watch(session, backoff));
        matches!(select(watched, forgotten).await, Either::Right(_))
    }

    /// Plays a session until it is lost.
    async fn watch(self, session: &WhepSession, backoff: &mut Backoff) {
        let Some(video) = self.video.get_untracked() else { return };
        video.set_src_object(Some(&session.stream));
        on_next_frame(&video, move || {
            web::mark("bandstand:first-frame");
            self.shown();
        });
        spawn_local(self.play(video.clone(), self.wants_sound()));
        if session.peer.connected().await.is_err() {
            return;
        }
        backoff.reset();
        let _room = Viewport::watch(&video, &session.resource);
        let mut lost = pin!(session.peer.lost());
        let mut without_picture = None;
        let mut still = Still::default();
        while let Either::Right(_) = select(lost.as_mut(), TimeoutFuture::new(PICTURE_BY)).await {
            without_picture =
                without_picture.or_else(|| self.without_picture(&video, &session.stream));
            self.look(session, &video, &mut still).await;
        }
    }

    /// A picture that stands still is none: the camera is gone while the sound goes on.
    async fn look(self, session: &WhepSession, video: &HtmlVideoElement, still: &mut Still) {
        // The element's own count stays at nothing for streams in some browsers.
        let Some(frames) = pictures_decoded(&session.peer.connection).await else { return };
        // A page that nobody sees gets no frames.
        let same = frames == still.frames && !document().hidden();
        *still = Still { frames, looks: if same { still.looks + 1 } else { 0 } };
        match self.picture.try_get_untracked() {
            Some(PictureState::Shown) if still.looks >= STILL => {
                self.picture.set(PictureState::SoundOnly);
                on_next_frame(video, move || self.shown());
            }
            Some(PictureState::SoundOnly) if !same && video.video_width() > 0 => self.shown(),
            _ => {}
        }
    }

    /// Plays the sound alone when no picture has come, for an element that waits for a picture may
    /// stay silent; and the picture, should one come later.
    fn without_picture(
        self,
        video: &HtmlVideoElement,
        stream: &MediaStream,
    ) -> Option<LatePicture> {
        let tracks = stream.get_video_tracks();
        let track: MediaStreamTrack = tracks.get(0).dyn_into().ok()?;
        if video.video_width() > 0 || !track.muted() {
            return None;
        }
        self.picture.set(PictureState::SoundOnly);
        let sound = MediaStream::new().ok()?;
        stream
            .get_audio_tracks()
            .for_each(&mut |track, _, _| sound.add_track(track.unchecked_ref()));
        video.set_src_object(Some(&sound));
        spawn_local(self.play(video.clone(), self.wants_sound()));
        // The stream itself: its own method `clone` would make another one.
        let (video, stream) = (video.clone(), Clone::clone(stream));
        Some(LatePicture::new(track, move || {
            video.set_src_object(Some(&stream));
            on_next_frame(&video, move || self.shown());
            spawn_local(self.play(video.clone(), self.wants_sound()));
        }))
    }

    /// There is a first frame, unless the player was stopped meanwhile.
    fn shown(self) {
        if self.picture.try_get_untracked().is_some_and(|it| it != PictureState::Off) {
            self.picture.set(PictureState::Shown);
        }
        if let Some(Some(tell)) = self.awaited.try_update_value(Option::take) {
            // The page may have lost its patience.
            let _ = SendWrapper::take(tell).send(());
        }
    }

    fn wants_sound(self) -> bool {
        self.sound.try_get_untracked() != Some(SoundState::Muted)
    }

    /// Plays with sound where the browser allows it, else without, else not at all.
    async fn play(self, video: HtmlVideoElement, with_sound: bool) {
        let tried = |muted: bool| {
            video.set_muted(muted);
            let video = video.clone();
            async move { web::call(&video, "play", &[]).await }
        };
        let refused = |error: &JsValue| web::error_name(error) == "NotAllowedError";
        let sound = match tried(!with_sound).await {
            Ok(_) if with_sound => SoundState::On,
            Ok(_) => SoundState::Muted,
            // Another stream took this one's place, and is played by its own call.
            Err(error) if !refused(&error) => return,
            Err(_) => match tried(true).await {
                Ok(_) => SoundState::Held,
                Err(error) if !refused(&error) => return,
                Err(_) => SoundState::Refused,
            },
        };
        if self.sound.try_set(sound).is_some() {
            return;
        }
        let stream = web::get(&video, "srcObject").dyn_into::<MediaStream>();
        let (SoundState::On, Ok(stream)) = (sound, stream) else { return };
        let crowd = self.crowd;
        let meter = LevelMeter::new(&stream, move |decibels| crowd.set_level(share(decibels))).ok();
        let _ = self.meter.try_update_value(|it| *it = meter.map(SendWrapper::new));
    }
}

/// Connections are a part of their own: a page is alive without one.
#[wasm_split(media, wasm_split_path = ::leptos::wasm_split, fallible)]
fn running(player: Player) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    Ok(player.run().boxed_local())
}

/// Count of looks at the same frame.
#[derive(Default)]
struct Still {
    frames: f64,
    looks: u32,
}
