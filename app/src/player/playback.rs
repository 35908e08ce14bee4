//! Playback of a show: from the stage into a picture that goes wherever its viewer looks.

use std::{pin::pin, rc::Rc};

use futures::{
    FutureExt,
    channel::oneshot,
    future::{AbortHandle, Either, LocalBoxFuture, abortable, join, pending, select},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{
    __reexports::send_wrapper::SendWrapper,
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlVideoElement, MediaStream, MediaStreamTrack};

use bandstand_domain::ShowId;

use super::{
    lock_screen::leave_lock_screen,
    picture::{LatePicture, is_dark, on_next_frame},
    preconnect::Preconnection,
    screen::Screen,
    sound::SoundState,
    viewport::Viewport,
};
use crate::{
    channel::{Channel, backoff::Backoff, is_transient},
    crowd::CrowdHandle,
    stage::{join::JoinTokens, presence::ends_forgotten},
    web,
    webrtc::{
        level_meter::LevelMeter,
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

/// The player of one show.
#[derive(Clone, Copy)]
pub struct Player {
    pub(super) screen: Screen,
    pub(super) show: ShowId,
    join: JoinTokens,
    pub(super) crowd: CrowdHandle,
    channel: Channel,
    pub(super) picture: RwSignal<PictureState>,
    /// True while the picture is black, as one that its artist has turned off.
    dark: RwSignal<bool>,
    /// True while no sound comes from the stage.
    pub(super) silent: RwSignal<bool>,
    pub(super) sound: RwSignal<SoundState>,
    /// True while the person wants nothing to be played.
    pub(super) paused: RwSignal<bool>,
    /// Percent.
    pub(super) volume: RwSignal<u32>,
    /// True while sound comes by HTTP, and WebRTC brings nothing.
    pub(super) by_http: StoredValue<bool>,
    /// The crowd that sways to the music is in sight.
    pub(super) listened: StoredValue<bool>,
    pub(super) running: StoredValue<Option<AbortHandle>>,
    preconnection: StoredValue<Option<SendWrapper<Preconnection>>>,
    /// Waits for the first picture.
    awaited: StoredValue<Option<SendWrapper<oneshot::Sender<()>>>>,
    pub(super) meter: StoredValue<Option<SendWrapper<LevelMeter>>>,
    session: StoredValue<Option<SendWrapper<Rc<WhepSession>>>>,
    /// Goes on with playing in another place; there since something is played.
    pub(super) going_on: StoredValue<Option<fn(Player)>>,
}

impl Player {
    /// A player at rest.
    pub fn new(show: ShowId, join: JoinTokens, crowd: CrowdHandle) -> Self {
        let player = Self {
            screen: Screen::new(),
            show,
            join,
            crowd,
            channel: Channel::expect(),
            picture: RwSignal::default(),
            dark: RwSignal::new(false),
            silent: RwSignal::new(false),
            sound: RwSignal::default(),
            paused: RwSignal::new(false),
            volume: RwSignal::new(100),
            by_http: StoredValue::new(false),
            listened: StoredValue::new(true),
            running: StoredValue::new(None),
            preconnection: StoredValue::new(None),
            awaited: StoredValue::new(None),
            meter: StoredValue::new(None),
            session: StoredValue::new(None),
            going_on: StoredValue::new(None),
        };
        on_cleanup(move || player.stop(false));
        player.screen.mark(player.picture);
        player
    }

    /// The element that it plays in.
    pub fn video(self) -> Option<HtmlVideoElement> {
        self.screen.video()
    }

    /// Brings the picture to where it is looked at, without an interruption. Where it is `large`, the crowd
    /// sways to the music.
    pub fn show_in(self, place: &Element, large: bool) {
        self.screen.move_to(place);
        self.listened.set_value(large);
        if large {
            self.paused.set(false);
        } else {
            self.meter.set_value(None);
        }
        // What plays brings with it how it goes on.
        if let Some(go_on) = self.going_on.get_value() {
            go_on(self);
        }
    }

    /// State of the picture.
    pub fn picture(self) -> RwSignal<PictureState> {
        self.picture
    }

    /// True if the picture is black, as one that its artist has turned off.
    pub fn dark(self) -> RwSignal<bool> {
        self.dark
    }

    /// True if no sound comes from the stage.
    pub fn silent(self) -> RwSignal<bool> {
        self.silent
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
        let _ = self.dark.try_set(false);
        let _ = self.silent.try_set(false);
        leave_lock_screen();
        if let Some(video) = self.video() {
            self.forget_http(&video);
            video.set_src_object(None);
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
            backoff.wait(pending()).await;
        }
    }

    /// Plays by WebRTC until that makes no sense any more; returns what the picture is then.
    pub(super) async fn run_webrtc(self) -> PictureState {
        let mut backoff = Backoff::default();
        loop {
            let seen = self.channel.returns();
            // The offer is made while the token is on its way.
            match join(self.offered(), self.join.media_token()).await {
                (Ok(offered), Ok(token)) => {
                    let servers = self.join.ice_servers();
                    let endpoint = format!("/whep/{}", self.show);
                    match offered.begin(&endpoint, token, servers).await {
                        Ok(session) => {
                            let session = Rc::new(session);
                            self.session.set_value(Some(SendWrapper::new(session.clone())));
                            let watched = self.watch(&session, &mut backoff);
                            let forgotten =
                                ends_forgotten(&session.resource, self.channel, watched).await;
                            // The venue notices by itself, and may have ended the session itself.
                            session.resource.abandon();
                            self.session.set_value(None);
                            self.tell(PictureState::Lost);
                            if forgotten {
                                continue;
                            }
                        }
                        // Gone for good; the live channel tells the rest.
                        Err(SignallingError::Refused(404 | 410)) => return PictureState::Off,
                        Err(SignallingError::Browser) => return PictureState::Impossible,
                        Err(_) => {}
                    }
                }
                (Err(_), _) => return PictureState::Impossible,
                (_, Err(why)) if is_transient(&why) => {}
                _ => return PictureState::Off,
            }
            backoff.wait(self.channel.returned(seen)).await;
        }
    }

    /// Plays a session until it is lost.
    async fn watch(self, session: &WhepSession, backoff: &mut Backoff) {
        let Some(video) = self.video() else { return };
        if !self.by_http.get_value() {
            video.set_src_object(Some(&session.stream));
            on_next_frame(&video, move || {
                web::mark("bandstand:first-frame");
                self.shown();
            });
            spawn_local(self.play(video.clone(), self.wants_sound()));
        }
        if session.peer.connected().await.is_err() {
            return;
        }
        backoff.reset();
        let _room = Viewport::watch(&video, &session.resource);
        let mut lost = pin!(session.peer.lost());
        let mut without_picture = None;
        let mut still = Still::default();
        while let Either::Right(_) = select(lost.as_mut(), TimeoutFuture::new(PICTURE_BY)).await {
            if self.by_http.get_value() {
                without_picture = None;
                continue;
            }
            without_picture =
                without_picture.or_else(|| self.without_picture(&video, &session.stream));
            self.look(session, &video, &mut still).await;
        }
    }

    /// A picture that stands still is none: the camera is gone while the sound goes on.
    async fn look(self, session: &WhepSession, video: &HtmlVideoElement, still: &mut Still) {
        // The element's own count stays at nothing for streams in some browsers.
        let Some(frames) = pictures_decoded(&session.peer.connection).await else { return };
        // A page that nobody sees gets no frames, and a picture that is held none either.
        let held = document().hidden() || self.paused.try_get_untracked() == Some(true);
        if !held && let Some(dark) = is_dark(video) {
            self.dark.maybe_update(|before| std::mem::replace(before, dark) != dark);
        }
        let same = frames == still.frames && !held;
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
    pub(super) fn shown(self) {
        if self.picture.try_get_untracked().is_some_and(|it| it != PictureState::Off) {
            self.picture.set(PictureState::Shown);
        }
        if let Some(Some(tell)) = self.awaited.try_update_value(Option::take) {
            // The page may have lost its patience.
            let _ = SendWrapper::take(tell).send(());
        }
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
