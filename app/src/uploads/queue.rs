//! Files on their way to a room: two at a time, the others wait.

use bandstand_domain::{RoomId, uploads::RoomFileId};
use leptos::{__reexports::send_wrapper::SendWrapper, prelude::*, task::spawn_local};
use web_sys::{AbortController, File};

use super::{
    interrupted::{self, Interrupted},
    sending::{self, Ended},
    tus,
};
use crate::{t, ui::Toaster};

/// Files that are sent at once.
const MAX_AT_ONCE: usize = 2;

/// State of a file on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UploadState {
    /// Others come first.
    Waiting,
    /// It is being sent.
    Sending,
    /// The line is bad; it is tried again by itself.
    Retrying,
    /// All is sent; the venue looks at it.
    Finishing,
    /// Its person has halted it.
    Paused,
    /// It is refused, in these words, or given up after many tries.
    Failed(String),
}

/// A file on its way.
#[derive(Clone, Copy)]
pub(super) struct Outgoing {
    /// Its number in the queue.
    pub number: u32,
    /// Its file.
    pub file: StoredValue<SendWrapper<File>>,
    /// Its length.
    pub bytes: u64,
    /// Bytes that the venue has.
    pub sent: RwSignal<u64>,
    /// State.
    pub state: RwSignal<UploadState>,
    /// Its address, once it has one.
    pub path: StoredValue<Option<String>>,
    /// What ends the request that is under way.
    pub abort: StoredValue<Option<SendWrapper<AbortController>>>,
}

impl Outgoing {
    /// Name of the file.
    pub fn name(self) -> String {
        self.file.try_with_value(|file| file.name()).unwrap_or_default()
    }

    /// Its identity, once it has an address.
    fn id(self) -> Option<RoomFileId> {
        let path = self.path.try_get_value().flatten()?;
        path.rsplit('/').next()?.parse().ok()
    }

    /// Ends the request that is under way.
    fn halt(self) {
        if let Some(Some(abort)) = self.abort.try_update_value(Option::take) {
            abort.abort();
        }
    }

    /// Tells whether it takes one of the places of those that are sent.
    fn is_running(self) -> bool {
        use UploadState::{Finishing, Retrying, Sending};
        self.state
            .try_with_untracked(|state| matches!(state, Sending | Retrying | Finishing))
            .unwrap_or(false)
    }
}

/// Queue of a room's page.
#[derive(Clone, Copy)]
pub(super) struct UploadQueue {
    /// The room.
    pub room: RoomId,
    /// All that are neither done nor cancelled.
    pub files: RwSignal<Vec<Outgoing>>,
    /// What this browser remembers of before.
    pub interrupted: RwSignal<Vec<Interrupted>>,
    /// The most bytes of a file.
    pub max_bytes: RwSignal<u64>,
    /// Called with each file that is there, and its name, where a message is to carry it.
    pub for_message: Option<Callback<(RoomFileId, String)>>,
    next: StoredValue<u32>,
    toaster: Toaster,
}

impl UploadQueue {
    /// An empty queue of files for the room's list.
    pub fn new(room: RoomId) -> Self {
        Self::made(room, interrupted::remembered(room), None)
    }

    /// An empty queue of files that a message is to carry. After the page nobody sends that: they aren't remembered.
    pub fn for_message(room: RoomId, on_there: Callback<(RoomFileId, String)>) -> Self {
        Self::made(room, Vec::new(), Some(on_there))
    }

    fn made(
        room: RoomId,
        interrupted: Vec<Interrupted>,
        for_message: Option<Callback<(RoomFileId, String)>>,
    ) -> Self {
        let queue = Self {
            room,
            files: RwSignal::default(),
            interrupted: RwSignal::new(interrupted),
            max_bytes: RwSignal::new(u64::MAX),
            for_message,
            next: StoredValue::new(0),
            toaster: Toaster::expect(),
        };
        // With the page, nobody would hear of them any more. They go on when their files are chosen again.
        on_cleanup(move || {
            for file in queue.files.try_get_untracked().unwrap_or_default() {
                file.halt();
            }
        });
        queue
    }

    /// Takes in a file. One that was interrupted goes on.
    pub fn add(self, file: File) {
        use bandstand_domain::uploads::UploadReason;
        let (name, bytes, changed) = (file.name(), file.size() as u64, file.last_modified());
        let most = self.max_bytes.get_untracked();
        let refused = match bytes {
            0 => Some(UploadReason::Empty),
            bytes if bytes > most => Some(UploadReason::TooLarge { most }),
            _ => None,
        };
        let before = self.interrupted.with_untracked(|all| {
            all.iter().find(|it| it.is_of(&name, bytes, changed)).map(|it| it.path.clone())
        });
        let is_known = self.files.with_untracked(|files| {
            let same = |it: &Outgoing| before.is_some() && it.path.get_value() == before;
            files.iter().any(same)
        });
        if is_known {
            return;
        }
        let state = match refused {
            Some(reason) => UploadState::Failed(crate::texts::told(&reason)),
            None => UploadState::Waiting,
        };
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        let outgoing = Outgoing {
            number,
            file: StoredValue::new(SendWrapper::new(file)),
            bytes,
            sent: RwSignal::new(0),
            state: RwSignal::new(state),
            path: StoredValue::new(before),
            abort: StoredValue::new(None),
        };
        self.files.update(|files| files.push(outgoing));
        self.go_on();
    }

    /// Sends those that wait, as far as there is a place.
    fn go_on(self) {
        let Some(files) = self.files.try_get_untracked() else { return };
        let mut running = files.iter().filter(|it| it.is_running()).count();
        for file in files {
            let waits = file.state.with_untracked(|it| *it == UploadState::Waiting);
            if running == MAX_AT_ONCE {
                break;
            }
            if waits {
                running += 1;
                self.send(file);
            }
        }
    }

    fn send(self, file: Outgoing) {
        let Ok(abort) = AbortController::new() else { return };
        let signal = abort.signal();
        file.abort.set_value(Some(SendWrapper::new(abort)));
        file.state.set(UploadState::Sending);
        spawn_local(async move {
            let for_message = self.for_message.is_some();
            match sending::send(self.room, file, for_message, &signal).await {
                Ended::Done => {
                    match self.for_message {
                        Some(on_there) => {
                            file.id().map(|id| on_there.try_run((id, file.name())));
                        }
                        None => self.toaster.say(t!(uploads.is_shared, name = file.name())),
                    }
                    self.forget(file);
                }
                Ended::Refused(words) => {
                    let (name, why) = (file.name(), words.clone());
                    self.toaster.say(match for_message {
                        true => t!(attaching.not_added, name = name, why = why),
                        false => t!(uploads.not_shared, name = name, why = why),
                    });
                    file.state.try_set(UploadState::Failed(words));
                    self.forget_path(file);
                }
                Ended::GivenUp => {
                    let words: String = t!(uploads.line_failed).into();
                    file.state.try_set(UploadState::Failed(words));
                }
                // By its person, who has said how it stands.
                Ended::Halted => {}
            }
            self.go_on();
        });
    }

    /// Halts a file until it is resumed.
    pub fn pause(self, file: Outgoing) {
        file.state.set(UploadState::Paused);
        file.halt();
        self.go_on();
    }

    /// Sends a file on that was halted, or failed.
    pub fn resume(self, file: Outgoing) {
        file.state.set(UploadState::Waiting);
        self.go_on();
    }

    /// Gives a file up.
    pub fn cancel(self, file: Outgoing) {
        file.state.set(UploadState::Paused);
        file.halt();
        if let Some(path) = file.path.get_value() {
            spawn_local(async move { tus::give_up(&path).await });
        }
        self.forget(file);
        self.go_on();
    }

    /// Gives up all that was interrupted.
    pub fn cancel_interrupted(self) {
        for upload in self.interrupted.get_untracked() {
            interrupted::forget(self.room, &upload.path);
            spawn_local(async move { tus::give_up(&upload.path).await });
        }
        self.interrupted.set(Vec::new());
    }

    fn forget(self, file: Outgoing) {
        self.forget_path(file);
        self.files.try_update(|files| files.retain(|it| it.number != file.number));
    }

    fn forget_path(self, file: Outgoing) {
        if let Some(Some(path)) = file.path.try_update_value(Option::take) {
            interrupted::forget(self.room, &path);
            self.interrupted.try_update(|all| all.retain(|it| it.path != path));
        }
    }
}
