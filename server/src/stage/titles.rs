//! Titles: what plays now on each stage, told to who follows its show.
//!
//! They are kept in memory, and go over the live channel to every page that follows the show, also to those
//! that come later. A source may send as many as it likes: who notes one does no more than that, and pages are
//! told the latest, a second after the one before at the earliest.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bandstand_domain::{ShowId, channel::ServerFrame};
use tokio::time::sleep;

use super::lasting_titles::LastingTitles;
use crate::{
    background::tasks::TaskGroup,
    channel::{encoded_frame::EncodedFrame, hub::Outbox},
};

/// Time from one title to the next, for those who follow a show.
const PAUSE: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 1_000 });

/// Titles that play. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct Titles(Arc<Shared>);

/// **Invariant:** whoever has both locks took that of the followers first, and who notes a title takes that of
/// the titles alone.
#[derive(Debug, Default)]
struct Shared {
    playing: Mutex<Playing>,
    followers: Mutex<HashMap<ShowId, HashMap<u64, Follower>>>,
    tasks: TaskGroup,
    lasting: Option<LastingTitles>,
}

#[derive(Debug, Default)]
struct Playing {
    /// Those that are known; never empty.
    titles: HashMap<ShowId, String>,
    /// Shows whose followers are about to be told, or were told within the pause.
    told: HashSet<ShowId>,
    /// Those of them whose title has changed since.
    changed: HashSet<ShowId>,
}

/// An open page.
#[derive(Debug)]
struct Follower {
    outbox: Outbox,
    /// The title that it was told.
    told: String,
}

/// A page that is told titles; dropped, it isn't any more.
#[derive(Debug)]
pub struct TitleFollower {
    titles: Titles,
    show: ShowId,
    subscription: u64,
}

impl Titles {
    /// None known yet; those who tell are among `tasks`, and what lasts is noted by `lasting`.
    pub fn new(tasks: TaskGroup, lasting: LastingTitles) -> Self {
        Self(Arc::new(Shared { tasks, lasting: Some(lasting), ..Shared::default() }))
    }

    /// Notes what plays from now on; an empty text when nothing is known. Pages are told by a task.
    pub fn tell(&self, show: ShowId, title: &str) {
        let mut playing = self.playing();
        let before = if title.is_empty() {
            playing.titles.remove(&show)
        } else {
            playing.titles.insert(show, title.to_owned())
        };
        if before.unwrap_or_default() == title {
            return;
        }
        playing.changed.insert(show);
        if playing.told.insert(show) {
            self.0.tasks.spawn(self.clone().tell_followers(show));
        }
        // Under the lock, so that both know the same as the latest.
        if let Some(lasting) = &self.0.lasting {
            lasting.hear(show, title);
        }
    }

    /// Tells the followers of `show` until there is nothing new for a while.
    async fn tell_followers(self, show: ShowId) {
        while self.told_all(show) {
            sleep(PAUSE).await;
        }
    }

    /// Tells the followers of `show` what they don't know. Returns whether to look again; else whoever notes
    /// the next title begins anew.
    fn told_all(&self, show: ShowId) -> bool {
        let mut followers = self.followers();
        let mut playing = self.playing();
        if !playing.changed.remove(&show) {
            playing.told.remove(&show);
            return false;
        }
        let title = playing.titles.get(&show).cloned().unwrap_or_default();
        drop(playing);
        let Some(followers) = followers.get_mut(&show) else { return true };
        let encoded = frame(show, &title);
        let mut missed = false;
        for (subscription, follower) in followers.iter_mut().filter(|it| it.1.told != title) {
            if follower.outbox.ephemeral(*subscription, encoded.clone()) {
                follower.told.clone_from(&title);
            } else {
                missed = true;
            }
        }
        if missed {
            // A page without room for it hears of it when it has some.
            self.playing().changed.insert(show);
        }
        true
    }

    /// Somebody follows `show` as `subscription`; what plays goes there first, if it is known.
    pub fn follow(&self, show: ShowId, subscription: u64, outbox: Outbox) -> TitleFollower {
        let mut followers = self.followers();
        let title = self.playing().titles.get(&show).cloned().unwrap_or_default();
        let told = title.is_empty() || outbox.ephemeral(subscription, frame(show, &title));
        let follower = Follower { outbox, told: if told { title } else { String::new() } };
        followers.entry(show).or_default().insert(subscription, follower);
        drop(followers);
        TitleFollower { titles: self.clone(), show, subscription }
    }

    fn playing(&self) -> MutexGuard<'_, Playing> {
        self.0.playing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn followers(&self) -> MutexGuard<'_, HashMap<ShowId, HashMap<u64, Follower>>> {
        self.0.followers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn frame(show: ShowId, title: &str) -> EncodedFrame {
    EncodedFrame::text(&ServerFrame::Playing { show, title: title.to_owned() })
}

impl Drop for TitleFollower {
    fn drop(&mut self) {
        let mut all = self.titles.followers();
        if let Some(followers) = all.get_mut(&self.show) {
            followers.remove(&self.subscription);
            if followers.is_empty() {
                all.remove(&self.show);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::mpsc::Receiver, time::sleep};
    use tokio_util::sync::CancellationToken;
    use uuid::Uuid;

    use super::*;
    use crate::channel::hub::Frame;

    const SHOW: ShowId = ShowId(Uuid::from_u128(1));

    /// The titles that a page was told.
    fn told(frames: &mut Receiver<Frame>) -> Vec<String> {
        let told = std::iter::from_fn(|| frames.try_recv().ok());
        told.map(|it| match it {
            Frame::Ephemeral { subscription: 7, encoded } => match encoded.decode() {
                ServerFrame::Playing { title, .. } => title,
                other => panic!("{other:?}"),
            },
            _ => panic!("another frame"),
        })
        .collect()
    }

    #[tokio::test]
    async fn titles_go_to_who_follows_the_show_and_once() {
        let titles = Titles::default();
        let other = ShowId(Uuid::from_u128(2));
        let (outbox, mut frames) = Outbox::new(CancellationToken::new());
        titles.tell(SHOW, "One");
        let follower = titles.follow(SHOW, 7, outbox);
        assert_eq!(told(&mut frames), ["One"]);
        for (show, title, expected) in [
            (SHOW, "One", None),
            (other, "Elsewhere", None),
            (SHOW, "Two", Some("Two")),
            (SHOW, "", Some("")),
            (SHOW, "", None),
        ] {
            titles.tell(show, title);
            sleep(3 * PAUSE).await;
            assert_eq!(told(&mut frames), Vec::from_iter(expected), "{title}");
        }
        drop(follower);
        titles.tell(SHOW, "Three");
        sleep(3 * PAUSE).await;
        assert!(told(&mut frames).is_empty() && titles.followers().is_empty());
        assert!(titles.playing().told.is_empty() && titles.playing().changed.is_empty());
    }

    #[tokio::test]
    async fn of_many_titles_the_last_one_is_told() {
        let titles = Titles::default();
        let (outbox, mut frames) = Outbox::new(CancellationToken::new());
        let _follower = titles.follow(SHOW, 7, outbox);
        for number in 0..10_000 {
            titles.tell(SHOW, &number.to_string());
            if number % 100 == 0 {
                tokio::task::yield_now().await;
            }
        }
        sleep(3 * PAUSE).await;
        let told = told(&mut frames);
        assert!(told.len() < 50 && told.last().is_some_and(|it| it == "9999"), "{told:?}");
    }

    #[tokio::test]
    async fn a_page_without_room_is_told_when_it_has_some() {
        let titles = Titles::default();
        let (outbox, mut frames) = Outbox::new(CancellationToken::new());
        let _follower = titles.follow(SHOW, 7, outbox.clone());
        while outbox.ephemeral(7, frame(SHOW, "something")) {}
        titles.tell(SHOW, "One");
        sleep(PAUSE).await;
        assert!(!told(&mut frames).contains(&"One".to_owned()));
        sleep(2 * PAUSE).await;
        assert_eq!(told(&mut frames), ["One"]);
    }
}
