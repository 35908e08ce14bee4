//! Files that the next message carries, and what attaches them: a room's page has it from above the chat.

use bandstand_domain::{chat::ChatMessage, uploads::RoomFileId};
use leptos::{html, prelude::*};

use super::ChatHandle;

/// File that is there, for a message that isn't posted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachedFile {
    /// Its identity.
    pub id: RoomFileId,
    /// Its name.
    pub name: String,
}

/// What attaches files to messages and shows those of a message.
#[derive(Clone, Copy)]
pub struct FileTools {
    /// True if the viewer may share files here.
    pub may_share: Signal<bool>,
    /// Button, and the files of the next message, beside the field.
    pub attach: fn(ChatHandle, FileTools, NodeRef<html::Textarea>) -> AnyView,
    /// Files that a message carries.
    pub carried: fn(ChatHandle, &ChatMessage) -> AnyView,
}

/// Files of the message that is being written.
#[derive(Clone, Copy)]
pub struct Attaching {
    /// Those that are there.
    pub files: RwSignal<Vec<AttachedFile>>,
    /// Number of those on their way.
    pub coming: RwSignal<usize>,
    /// True if the message was to be sent before they were there.
    pub is_early: RwSignal<bool>,
    /// None where messages carry no files, and until it is loaded.
    pub tools: RwSignal<Option<FileTools>>,
}

impl Attaching {
    pub(super) fn new() -> Self {
        Self {
            files: RwSignal::default(),
            coming: RwSignal::new(0),
            is_early: RwSignal::new(false),
            tools: RwSignal::new(None),
        }
    }

    /// Tells whether the message has a file, there or on its way.
    pub(super) fn has_any(self) -> bool {
        self.coming.get_untracked() > 0 || self.files.with_untracked(|files| !files.is_empty())
    }

    /// Tells whether the message has to wait for its files, and has that said.
    pub(super) fn waits(self) -> bool {
        let waits = self.coming.get_untracked() > 0;
        self.is_early.set(waits);
        waits
    }

    /// Takes the files for a message that is sent.
    pub(super) fn take(self) -> Vec<AttachedFile> {
        self.files.try_update(std::mem::take).unwrap_or_default()
    }
}
