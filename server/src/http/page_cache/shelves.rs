//! Pages by language and path, and those that are being rendered. Bounded: the oldest page goes first.

use std::{collections::HashMap, sync::Arc, time::Instant};

use bandstand_domain::Language;
use tokio::sync::watch;

use super::{MAX_AGE, Rendered, page::SharedPage};

/// The most pages that are kept.
const MAX_PAGES: usize = 512;
/// The most bytes that these take.
const MAX_BYTES: usize = 32 * 1024 * 1024;

/// The pages, by language.
#[derive(Debug, Default)]
pub(super) struct Shelves([HashMap<Box<str>, Shelf>; Language::ALL.len()]);

/// One path in one language.
#[derive(Debug, Default)]
struct Shelf {
    page: Option<Kept>,
    rendering: Option<Rendering>,
}

#[derive(Debug)]
struct Kept {
    page: Arc<SharedPage>,
    revision: u64,
    begun: Instant,
}

#[derive(Debug)]
struct Rendering {
    /// The revision at which it was begun.
    revision: u64,
    page: watch::Receiver<Option<Rendered>>,
}

/// State of a page on its shelf.
#[derive(Debug)]
pub(super) enum Found {
    /// The page.
    Page(Arc<SharedPage>),
    /// It is being rendered.
    Rendering(watch::Receiver<Option<Rendered>>),
    /// It is to be rendered now, by who has asked.
    Nothing(watch::Sender<Option<Rendered>>),
}

impl Kept {
    fn is_good(&self, revision: u64, now: Instant) -> bool {
        self.revision >= revision && now.saturating_duration_since(self.begun) < MAX_AGE
    }
}

impl Rendering {
    /// Tells whether it goes on; one that has panicked doesn't.
    fn is_alive(&self) -> bool {
        self.page.has_changed().is_ok()
    }
}

impl Shelves {
    /// Finds the page at `path` for somebody who asks at `revision`.
    pub(super) fn find(
        &mut self,
        path: &str,
        language: Language,
        revision: u64,
        now: Instant,
    ) -> Found {
        let shelves = &mut self.0[language as usize];
        if let Some(shelf) = shelves.get(path) {
            if let Some(kept) = shelf.page.as_ref().filter(|it| it.is_good(revision, now)) {
                return Found::Page(kept.page.clone());
            }
            let rendering = shelf.rendering.as_ref();
            if let Some(it) = rendering.filter(|it| it.revision >= revision && it.is_alive()) {
                return Found::Rendering(it.page.clone());
            }
        }
        let (sender, page) = watch::channel(None);
        let shelf = shelves.entry(path.into()).or_default();
        shelf.rendering = Some(Rendering { revision, page });
        Found::Nothing(sender)
    }

    /// Puts the page at `path` in its place, whose rendering was begun then and at `revision`; none when
    /// there is nothing to keep.
    pub(super) fn put(
        &mut self,
        path: &str,
        language: Language,
        page: Option<Arc<SharedPage>>,
        revision: u64,
        begun: Instant,
    ) {
        if let Some(page) = &page {
            self.make_room(page.max_bytes());
        }
        let shelves = &mut self.0[language as usize];
        let Some(shelf) = shelves.get_mut(path) else { return };
        // One that was begun later may be done already, or under way.
        if shelf.page.as_ref().is_none_or(|it| it.revision <= revision) {
            shelf.page = page.map(|page| Kept { page, revision, begun });
        }
        if shelf.rendering.as_ref().is_some_and(|it| it.revision <= revision) {
            shelf.rendering = None;
        }
        if shelf.page.is_none() && shelf.rendering.is_none() {
            shelves.remove(path);
        }
    }

    /// Lets go of what is not good any more.
    pub(super) fn tidy(&mut self, revision: u64, now: Instant) {
        for shelves in &mut self.0 {
            shelves.retain(|_, shelf| {
                shelf.page.take_if(|it| !it.is_good(revision, now));
                shelf.rendering.take_if(|it| !it.is_alive());
                shelf.page.is_some() || shelf.rendering.is_some()
            });
            shelves.shrink_to(MAX_PAGES);
        }
    }

    /// Number of the pages, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        let pages = || self.pages().map(|(_, _, kept)| kept);
        (pages().count(), pages().map(|kept| kept.page.bytes()).sum())
    }

    fn pages(&self) -> impl Iterator<Item = (usize, &str, &Kept)> {
        let all = self.0.iter().enumerate();
        all.flat_map(|(language, shelves)| {
            let pages = shelves.iter();
            pages.filter_map(move |(path, it)| Some((language, &**path, it.page.as_ref()?)))
        })
    }

    /// Makes room for one more page of so many bytes.
    fn make_room(&mut self, bytes: usize) {
        loop {
            let taken: usize = self.pages().map(|(_, _, kept)| kept.page.max_bytes()).sum();
            if self.pages().count() < MAX_PAGES && taken.saturating_add(bytes) <= MAX_BYTES {
                return;
            }
            let oldest = self.pages().min_by_key(|(_, _, kept)| kept.begun);
            let Some((language, path)) =
                oldest.map(|(language, path, _)| (language, path.to_owned()))
            else {
                return;
            };
            if let Some(shelf) = self.0[language].get_mut(&*path) {
                shelf.page = None;
                if shelf.rendering.is_none() {
                    self.0[language].remove(&*path);
                }
            }
        }
    }
}
