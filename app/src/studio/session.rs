//! Studio session: the state that the parts of the studio's page share.

use crate::t;
use std::time::Duration;

use bandstand_domain::{
    Millis,
    channel::{Event, Notice, Snapshot, Topic},
    shows::{Medium, ShowPage},
    stage::{StageEvent, StageState},
};
use leptos::{__reexports::send_wrapper::SendWrapper, ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;

use super::{
    monitor::MonitorState,
    publisher::Publisher,
    questions::Question,
    state::{SendMeter, StudioState, StudioStatus, is_early},
    wellbeing::Fault,
};
use crate::{
    channel::{Channel, Incoming, clock::venue_clock},
    chat::ChatHandle,
    crowd::CrowdHandle,
    stage::{join::JoinTokens, live_show::LiveShow},
    web,
    webrtc::devices::Devices,
};

/// The studio of one show: a handle that all parts of the page hold.
#[derive(Clone, Copy)]
pub struct Studio {
    /// The show as it is now.
    pub page: RwSignal<ShowPage>,
    /// True if the show was deleted meanwhile.
    pub gone: RwSignal<bool>,
    /// Camera, microphone, screen.
    pub devices: Devices,
    /// Publisher.
    pub publisher: Publisher,
    /// State of the studio.
    pub status: Memo<StudioStatus>,
    /// The venue's clock.
    pub now: Signal<Millis>,
    /// The question that is asked, if one is.
    pub question: RwSignal<Option<Question>>,
    /// True if the show was over when the studio was opened, in which there are no devices then.
    pub opened_late: bool,
    /// Join tokens.
    pub join: JoinTokens,
    live_show: LiveShow,
    /// Crowd.
    pub crowd: CrowdHandle,
    /// Chat.
    pub chat: ChatHandle,
    /// Title that plays now; empty when nothing is known.
    pub title: RwSignal<String>,
    /// Problems of what programs send, or tried to.
    pub notices: RwSignal<Vec<Notice>>,
    /// True if the microphone is off.
    pub muted: RwSignal<bool>,
    /// True if the camera is off.
    pub dark: RwSignal<bool>,
    /// True if the microphone was loud enough once.
    pub heard: RwSignal<bool>,
    /// True if the microphone has given nothing at all for a while.
    pub silent: RwSignal<bool>,
    /// Fault on stage.
    pub fault: RwSignal<Option<Fault>>,
    /// True if the level can be measured here.
    pub measured: RwSignal<bool>,
    /// State of the monitor.
    pub listened: RwSignal<MonitorState>,
}

impl Studio {
    /// Comes into the studio.
    pub fn new(page: ShowPage) -> Self {
        let show = page.card.id;
        let ended = page.card.stage == StageState::Ended;
        let devices = Devices::new();
        let publisher = Publisher::new(show, devices);
        if ended {
            publisher.state.update(|state| state.announced(StageState::Ended, 0));
        }
        let now = venue_clock(page.now);
        let live_show = LiveShow::new(page);
        let LiveShow { page, gone, crowd, chat, title } = live_show;
        let studio = Self {
            page,
            gone,
            devices,
            publisher,
            status: Memo::new(move |_| publisher.state.with(|state| state.status())),
            now,
            question: RwSignal::new(None),
            opened_late: ended,
            join: JoinTokens::new(show),
            live_show,
            crowd,
            chat,
            title,
            notices: RwSignal::default(),
            muted: RwSignal::new(false),
            dark: RwSignal::new(false),
            heard: RwSignal::new(false),
            silent: RwSignal::new(false),
            fault: RwSignal::new(None),
            measured: RwSignal::new(true),
            listened: RwSignal::default(),
        };
        studio.enter();
        if ended {
            Effect::new(move || chat.look_back());
        } else {
            Effect::new(move || publisher.load_ahead());
            studio.open_devices();
            studio.listen();
            studio.keep_watch();
        }
        studio
    }

    /// Medium of the show.
    pub fn medium(self) -> Medium {
        self.page.with_untracked(|page| page.card.medium)
    }

    /// Returns whether the artist is on stage or on the way there.
    pub fn on_stage(self) -> bool {
        self.publisher.state.with(|state| state.on_stage())
    }

    /// Returns whether somebody plays: from here, or from another tab or program.
    pub fn on_air(self) -> bool {
        self.on_stage() || self.page.with(|page| page.card.stage.is_on_air())
    }

    /// Goes live, once the artist has said that they mean it where nobody expects it yet.
    pub fn go_live(self) {
        if self.page.with_untracked(|page| is_early(&page.card, self.now.get_untracked())) {
            self.question.set(Some(Question::Early));
        } else {
            self.publisher.go();
        }
    }

    fn open_devices(self) {
        let (devices, medium) = (self.devices, self.medium());
        Effect::new(move || {
            spawn_local(devices.open(medium));
            let Ok(media) = window().navigator().media_devices() else { return };
            let changed = wasm_bindgen::closure::Closure::<dyn FnMut()>::new(move || {
                spawn_local(devices.plugged());
            });
            web::set(&media, "ondevicechange", changed.as_ref());
            let held = SendWrapper::new((media, changed));
            let seen = window_event_listener_untyped("visibilitychange", move |_| {
                if !document().hidden() {
                    devices.look_again();
                }
            });
            on_cleanup(move || {
                seen.remove();
                web::set(&held.0, "ondevicechange", &JsValue::NULL);
                drop(held);
            });
        });
        // A new track is as silent and as dark as the one before.
        Effect::new(move || {
            if let Some(track) = devices.sound.get() {
                track.set_enabled(!self.muted.get());
            }
        });
        Effect::new(move || {
            if let Some(track) = devices.picture.get() {
                track.set_enabled(!self.dark.get());
            }
        });
    }

    fn listen(self) {
        let channel = Channel::expect();
        let show = self.page.with_untracked(|page| page.card.id);
        Effect::new(move || {
            let tokens = Some(self.join.channel_tokens());
            channel.follow(Topic::Show(show), None, tokens, move |incoming| {
                match &incoming {
                    Incoming::Subscribed { reset: Some(present) } => {
                        if let Snapshot::Show { page, publication, .. } = &**present {
                            self.announced(page.card.stage, *publication);
                        }
                    }
                    Incoming::Event(Event::Stage(StageEvent::Changed {
                        state,
                        publication,
                        ..
                    })) => {
                        self.announced(*state, *publication);
                    }
                    Incoming::Notices(notices) => self.notices.set(notices.clone()),
                    _ => {}
                }
                if let Some(why) = self.live_show.hear(incoming) {
                    self.publisher.trouble.set(Some(why.to_string()));
                }
            });
        });
    }

    /// Comes in, also to what was said at a show that is over.
    fn enter(self) {
        Effect::new(move || {
            spawn_local(async move {
                if let Err(why) = self.join.enter(None).await {
                    self.publisher.trouble.try_set(Some(why.to_string()));
                }
            });
        });
    }

    fn announced(self, state: StageState, publication: i64) {
        self.publisher.state.update(|it| it.announced(state, publication));
    }

    /// While something is sent: measures, keeps the screen awake, and warns before the stage is left.
    fn keep_watch(self) {
        let sends = Memo::new(move |_| self.publisher.state.with(StudioState::sends));
        let meter = StoredValue::new(SendMeter::default());
        Effect::new(move || {
            if !sends.get() {
                return;
            }
            let measure = move || spawn_local(self.publisher.measure(meter));
            let every = set_interval_with_handle(measure, Duration::from_secs(2));
            let warning = window_event_listener(ev::beforeunload, move |event| {
                if self.publisher.state.with_untracked(StudioState::on_stage) {
                    event.prevent_default();
                    event.set_return_value(t!(studio.you_are_on_stage));
                }
            });
            let awake = StoredValue::new(None::<SendWrapper<JsValue>>);
            let wake = move || {
                spawn_local(async move {
                    let lock = web::get(&window().navigator(), "wakeLock");
                    // Without it (or when the battery is low) the screen does as it likes.
                    if let Ok(sentinel) = web::call(&lock, "request", &["screen".into()]).await {
                        awake.try_set_value(Some(SendWrapper::new(sentinel)));
                    }
                });
            };
            wake();
            // The browser lets go of it whenever the page is hidden.
            let seen = window_event_listener(ev::focus, move |_| wake());
            on_cleanup(move || {
                if let Ok(every) = every {
                    every.clear();
                }
                warning.remove();
                seen.remove();
                if let Some(Some(sentinel)) = awake.try_update_value(Option::take) {
                    let _ = web::call_now(&sentinel, "release", &[]);
                }
            });
        });
    }
}
