//! Watch session: one person's visit to a show, which may outlast the page on which it began.

use bandstand_domain::{
    Millis, Refusal, ShowId,
    accounts::{Role, Viewer},
    channel::{Event, Topic},
    chat::ChatEvent,
    crowd::Gesture,
    field::FieldErrors,
    shows::{Section, ShowPage},
    stage::{StageError, StageReason, StageState, encore_until},
};
use gloo_timers::future::TimeoutFuture;
use leptos::{html, prelude::*, task::spawn_local};

use super::{dock::Dock, playback::Player, title_order::TitleOrder};
use crate::{
    channel::{Channel, Incoming, clock::venue_clock},
    chat::ChatHandle,
    crowd::{CrowdHandle, count_heart},
    shows::api::load_show,
    stage::{join::JoinTokens, live_show::LiveShow},
    viewer::CurrentViewer,
    web,
};

/// Phase of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the door; with what was wrong with the name, or with the try to come in.
    Outside {
        /// Complaint about the name.
        name: Option<String>,
        /// Refusal of the last attempt.
        why: Option<StageError>,
    },
    /// On the way in.
    Entering,
    /// In the crowd.
    Inside,
}

/// One person at a show, from the door on: a handle that all parts of the page hold, and the mini-player.
/// It belongs to the owner in which it was made, with all that goes on in it.
#[derive(Clone, Copy)]
pub struct WatchSession {
    /// Show.
    pub show: ShowId,
    /// The show as it is now.
    pub page: RwSignal<ShowPage>,
    /// True if the show was deleted meanwhile.
    pub gone: RwSignal<bool>,
    /// Phase of the session.
    pub phase: RwSignal<Phase>,
    /// True if the venue knows who the visitor is.
    pub known: RwSignal<bool>,
    /// The venue's time, from second to second.
    pub now: Signal<Millis>,
    /// Time until which hands and chat stay open, of a show that has just ended.
    pub encore: Memo<Option<Millis>>,
    /// True if nothing can happen at the show any more.
    pub over: Memo<bool>,
    /// State of the stage.
    pub stage: Memo<StageState>,
    /// Join tokens.
    pub join: JoinTokens,
    /// Crowd.
    pub crowd: CrowdHandle,
    /// Chat.
    pub chat: ChatHandle,
    /// Title that plays now; empty when nothing is known.
    pub title: RwSignal<String>,
    /// Wall-clock time that is played again, while the recording is.
    pub replayed: RwSignal<Option<Millis>>,
    /// Likes up to then, where they are known.
    pub likes_then: RwSignal<Option<u64>>,
    /// Picture and sound.
    pub player: Player,
    /// True while there is something to be played, and somebody who is (nearly) in.
    pub playing: Memo<bool>,
    /// Picture, crowd and gestures.
    pub scene: NodeRef<html::Section>,
    titles: StoredValue<TitleOrder>,
    live_show: LiveShow,
    channel: Channel,
    viewer: CurrentViewer,
    /// True for visitors without an account.
    pub guest: bool,
}

impl WatchSession {
    /// Begins at the door, or at once inside when the venue knows the visitor and lets them
    /// in.
    pub fn new(page: ShowPage, viewer: Option<&Viewer>) -> Self {
        let guest = viewer.is_none_or(|viewer| viewer.role == Role::Guest);
        let known = viewer.is_some();
        let welcome = known && !(guest && page.card.members_only);
        let show = page.card.id;
        let join = JoinTokens::new(show);
        let live_show = LiveShow::new(page);
        let LiveShow { page, gone, crowd, chat, .. } = live_show;
        let now = venue_clock(page.with_untracked(|page| page.now));
        let encore = Memo::new(move |_| encore_until(page.with(|page| page.ended_at), now.get()));
        let over = Memo::new(move |_| {
            let past = page.with(|page| page.card.section(now.get()) == Section::Past);
            past && encore.get().is_none()
        });
        let enters = welcome && !over.get_untracked();
        let outside = Phase::Outside { name: None, why: None };
        let phase = RwSignal::new(if enters { Phase::Entering } else { outside });
        let stage = Memo::new(move |_| page.with(|page| page.card.stage));
        let playing = Memo::new(move |_| {
            let coming = phase.with(|phase| !matches!(phase, Phase::Outside { .. }));
            coming && stage.get().is_on_air() && !gone.get()
        });
        let session = Self {
            show,
            page,
            gone,
            phase,
            known: RwSignal::new(known),
            now,
            encore,
            over,
            stage,
            join,
            crowd,
            chat,
            replayed: RwSignal::new(None),
            likes_then: RwSignal::new(None),
            player: Player::new(show, join, crowd),
            playing,
            scene: NodeRef::new(),
            title: live_show.title,
            titles: StoredValue::new(TitleOrder::default()),
            live_show,
            channel: Channel::expect(),
            viewer: CurrentViewer::expect(),
            guest,
        };
        session.listen();
        session.play();
        session.look_back();
        session.leave_when_shut();
        if enters {
            Effect::new(move || session.enter(None));
        }
        session
    }

    /// Returns whether the visitor is in.
    pub fn inside(self) -> bool {
        self.phase.with(|phase| *phase == Phase::Inside)
    }

    /// The most people at once. The page's numbers are those of the moment it was made; the crowd's are newer,
    /// when one was in.
    pub fn peak(self) -> u32 {
        self.page.with(|page| page.peak).max(self.crowd.peak().get())
    }

    /// Likes so far, or up to the time that is played again.
    pub fn likes(self) -> u64 {
        let now = || self.page.with(|page| page.likes).max(self.crowd.likes().get());
        self.likes_then.get().unwrap_or_else(now)
    }

    /// Returns whether the door is closed to the visitor, who has no account.
    pub fn shut(self) -> bool {
        self.guest && self.page.with(|page| page.card.members_only)
    }

    /// Comes in: as a guest called `name`, or as the person whom the venue knows.
    pub fn enter(self, name: Option<String>) {
        web::mark("bandstand:watch");
        let guest = name.is_some();
        // Begun before the player wakes up, which then waits for the same join token.
        let entering = self.join.enter(name);
        // A page that enters by itself was on its way from the beginning.
        let pressed = self.phase.with_untracked(|phase| *phase != Phase::Entering);
        self.phase.set(Phase::Entering);
        spawn_local(async move {
            let entered = entering.await;
            if entered.is_ok() {
                self.player.first_picture().await;
            }
            let phase = match entered {
                Ok(_) => {
                    self.known.try_set(true);
                    Phase::Inside
                }
                Err(Refusal::Invalid(errors)) => {
                    Phase::Outside { name: Some(first(errors)), why: None }
                }
                Err(why) => {
                    if why == Refusal::Gone {
                        self.gone.try_set(true);
                    }
                    self.refused(why)
                }
            };
            let inside = phase == Phase::Inside;
            if self.phase.try_set(phase).is_some() || !inside {
                return;
            }
            if pressed {
                // Once the door is gone, and the chat in its place.
                request_animation_frame(move || self.face_the_stage());
            }
            if guest {
                self.viewer.refetch();
            }
        });
    }

    /// Brings the stage into sight and the focus there, which would be lost with the door.
    fn face_the_stage(self) {
        if let Some(scene) = self.scene.try_get_untracked().flatten() {
            // With its title, where that stands above it.
            if let Some(show) = scene.parent_element() {
                show.scroll_into_view();
            }
            web::focus_in_place(&scene);
        }
    }

    /// Moves one's figure for everybody; a heart is a like as well.
    pub fn gesture(self, gesture: Gesture) {
        self.channel.gesture(self.show, gesture);
        if gesture == Gesture::Heart {
            count_heart(self.show, self.crowd);
        }
    }

    /// Follows the list of shows from the door, and the show's own topic inside.
    fn listen(self) {
        let channel = self.channel;
        Effect::new(move || channel.set_audience(self.crowd.count().get()));
        on_cleanup(move || channel.set_audience(0));
        let inside = Memo::new(move |_| self.inside());
        Effect::new(move || {
            if self.gone.get() {
                return;
            }
            if inside.get() {
                let tokens = Some(self.join.channel_tokens());
                channel.follow(Topic::Show(self.show), None, tokens, move |it| self.hear(it));
            } else {
                channel.follow(Topic::Shows, None, None, move |incoming| match incoming {
                    Incoming::Subscribed { reset: Some(_) } => self.reload(),
                    Incoming::Event(event) => self.live_show.happened(&event),
                    _ => {}
                });
                self.look_in();
            }
        });
    }

    /// Shows the crowd to who stands at the door.
    fn look_in(self) {
        if self.over.get() {
            return;
        }
        self.channel.follow(Topic::Door(self.show), None, None, move |incoming| match incoming {
            Incoming::Crowd(crowd) => self.crowd.reset(crowd),
            Incoming::CrowdChange(change) => self.crowd.change(change),
            _ => {}
        });
    }

    fn hear(self, incoming: Incoming) {
        if let Incoming::Playing(title) = incoming {
            return self.show_when_heard(title);
        }
        if let Incoming::Event(event) = &incoming {
            self.obey(event);
        }
        if let Some(why) = self.live_show.hear(incoming) {
            self.phase.set(self.refused(why));
        }
    }

    /// Shows a title when it is heard.
    fn show_when_heard(self, title: String) {
        let number = self.titles.try_update_value(TitleOrder::number);
        let show = move || {
            let is_next =
                number.and_then(|number| self.titles.try_update_value(|it| it.is_next(number)));
            if is_next == Some(true) {
                let _ = self.title.try_set(title);
            }
        };
        match self.player.behind() {
            0 => show(),
            wait => spawn_local(async move {
                TimeoutFuture::new(wait).await;
                show();
            }),
        }
    }

    /// Phase of a visitor who is refused, with what is known from that.
    fn refused(self, why: StageError) -> Phase {
        let nameless = why == Refusal::Because(StageReason::Nameless);
        if nameless || why == Refusal::NotLoggedIn {
            // Nobody is known after all: a guest's session may have ended meanwhile.
            self.known.try_set(false);
        } else if why == Refusal::Forbidden {
            // No guest any more: they have logged in elsewhere meanwhile, and need no name.
            self.known.try_set(true);
        }
        if why == Refusal::Because(StageReason::MembersOnly) {
            // The show is closed to guests, though no event told it.
            let _ = self.page.try_update(|page| page.card.members_only = true);
        }
        Phase::Outside { name: None, why: (!nameless).then_some(why) }
    }

    /// Tells the viewer when the artist mutes them.
    fn obey(self, event: &Event) {
        if let Event::Chat(ChatEvent::Muted { person, muted }) = event
            && self
                .join
                .join_token()
                .with_untracked(|it| it.as_ref().is_some_and(|it| it.person == *person))
        {
            self.join.set_muted(*muted);
        }
    }

    /// Guests find themselves at the door when the artist closes the show to them.
    fn leave_when_shut(self) {
        Effect::new(move || {
            if self.shut() && !self.phase.with_untracked(|it| matches!(it, Phase::Outside { .. })) {
                self.phase.set(Phase::Outside { name: None, why: None });
            }
        });
    }

    /// Loads the chat of a show that is over.
    fn look_back(self) {
        Effect::new(move || {
            if self.over.get() && !self.phase.with_untracked(|phase| *phase == Phase::Inside) {
                self.chat.look_back();
            }
        });
    }

    /// Asks for the page again: at the door nothing tells what was missed while the line was down.
    fn reload(self) {
        spawn_local(async move {
            match load_show(self.show).await {
                Ok(page) => {
                    self.page.try_set(page);
                }
                Err(failed) if failed.0 == Refusal::Gone => {
                    self.gone.try_set(true);
                }
                Err(_) => {}
            }
        });
    }

    /// Plays while there is something to be played and somebody who is (nearly) in.
    fn play(self) {
        let dock = Dock::expect();
        // Who stands before the door of a show that is on will press Watch.
        let likely = Memo::new(move |_| {
            let outside = self.phase.with(|phase| matches!(phase, Phase::Outside { .. }));
            outside && self.stage.get().is_on_air() && !self.gone.get() && !self.shut()
        });
        Effect::new(move || {
            let likely = likely.get();
            if self.playing.get() {
                // One show at a time.
                dock.leave_other(self.show);
                self.player.start();
                return;
            }
            let over = self.stage.get_untracked() == StageState::Ended;
            self.player.stop(over || self.gone.get_untracked());
            if likely {
                self.player.prepare();
            }
        });
    }
}

fn first(errors: FieldErrors) -> String {
    errors.0.into_iter().next().map(|error| error.message.to_string()).unwrap_or_default()
}
