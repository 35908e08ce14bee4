//! Buffer of a browser's media source (Media Source Extensions): it takes the bytes of one group of files after the
//! other.

use std::{cell::Cell, cell::RefCell, rc::Rc};

use futures::channel::oneshot;
use js_sys::{Array, ArrayBuffer, Function, Reflect, Uint8Array};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlMediaElement, MediaSource, SourceBuffer, TimeRanges, Url};

use super::{media_boxes::MediaBoxes, timeline::TimelineFile};
use crate::web::{self, Listener};

/// Media type of frames that don't say their times: the buffer counts them.
const UNTIMED: &str = "audio/mpeg";
/// Media type of the same in MP4, which Firefox takes; Chromium takes the frames alone.
const MP3: &str = "audio/mp4; codecs=\"mp3\"";

/// Reason why bytes weren't taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppendError {
    /// There is no room.
    Full,
    /// The browser can't make anything of them.
    Damaged,
}

/// Constructor of media sources. An iPhone has another one, which asks for data itself.
fn constructor() -> Option<(Function, bool)> {
    [("MediaSource", false), ("ManagedMediaSource", true)].into_iter().find_map(
        |(name, managed)| Some((web::get(&window(), name).dyn_into::<Function>().ok()?, managed)),
    )
}

/// Returns whether this browser plays files of a media type, as they are or without their boxes.
pub fn plays(media_type: &str) -> bool {
    takes(appended_as(media_type))
}

/// Media type under which files of one are appended: their frames alone where the browser doesn't take the boxes.
fn appended_as(media_type: &str) -> &str {
    if media_type == MP3 && !takes(MP3) { UNTIMED } else { media_type }
}

fn takes(media_type: &str) -> bool {
    let Some((kind, _)) = constructor() else { return false };
    let answer = web::call_now(&kind, "isTypeSupported", &[media_type.into()]);
    answer.is_ok_and(|it| it.is_truthy())
}

/// An event that is waited for.
struct NextEvent {
    _listener: Listener,
    told: oneshot::Receiver<()>,
}

impl NextEvent {
    fn of(target: &JsValue, names: &'static [&'static str]) -> Self {
        let (tell, told) = oneshot::channel();
        let mut tell = Some(tell);
        let _listener = web::listen(target, names, move || {
            if let Some(tell) = tell.take() {
                // Nobody waits any more.
                let _ = tell.send(());
            }
        });
        Self { _listener, told }
    }

    async fn wait(self) {
        // Its sender lives as long as the listener.
        let _ = self.told.await;
    }
}

/// Address of a media source, until it is opened.
struct ObjectUrl(String);

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}

/// Media source of an element, with its one buffer.
pub struct MediaBuffer {
    /// Number of the group whose files it takes.
    pub group: usize,
    media: MediaSource,
    buffer: SourceBuffer,
    media_type: RefCell<String>,
    /// Unpacker of frames from their boxes, where only the frames are appended.
    boxes: RefCell<Option<MediaBoxes>>,
}

impl MediaBuffer {
    /// Opens a source in the element, for files like `file`; `attached` is called at once. `end` is the last second
    /// of the recording.
    ///
    /// # Errors
    /// The browser's exception.
    pub async fn open(
        video: &HtmlMediaElement,
        file: &TimelineFile,
        end: f64,
        attached: impl FnOnce(),
    ) -> Result<Self, JsValue> {
        let (kind, managed) = constructor().ok_or(JsValue::UNDEFINED)?;
        let media: MediaSource = Reflect::construct(&kind, &Array::new())?.unchecked_into();
        if managed {
            // It isn't opened without.
            web::set(video, "disableRemotePlayback", &JsValue::TRUE);
        }
        let opened = NextEvent::of(&media, &["sourceopen"]);
        let address = ObjectUrl(Url::create_object_url_with_source(&media)?);
        video.set_src(&address.0);
        attached();
        opened.wait().await;
        web::set(&media, "duration", &end.into());
        let media_type = appended_as(&file.media_type).to_owned();
        let buffer = media.add_source_buffer(&media_type)?;
        let (media_type, boxes) = (RefCell::new(media_type), RefCell::default());
        Ok(Self { group: file.group, media, buffer, media_type, boxes })
    }

    /// Drops all that is buffered, and what was begun.
    ///
    /// # Errors
    /// The browser's exception, if the source is closed.
    pub async fn clear(&self) -> Result<(), JsValue> {
        if self.buffer.updating() {
            // It refuses while something is dropped.
            let _ = self.buffer.abort();
            self.settled().await;
        }
        self.drop_range(0.0, f64::INFINITY).await
    }

    /// Waits until it is at rest. An event that is heard may be that of what was done before.
    async fn settled(&self) {
        while self.buffer.updating() {
            NextEvent::of(&self.buffer, &["updateend"]).wait().await;
        }
    }

    /// Drops what is buffered between two seconds.
    ///
    /// # Errors
    /// The browser's exception, if the source is closed.
    pub async fn drop_range(&self, from: f64, to: f64) -> Result<(), JsValue> {
        self.buffer.remove(from, to)?;
        self.settled().await;
        Ok(())
    }

    /// Begins with a file of the group, at the seek point at a time. What is behind the second `end` is left out.
    ///
    /// # Errors
    /// The browser's exception.
    pub fn begin(&self, file: &TimelineFile, time: u64, end: f64) -> Result<(), JsValue> {
        // What was cut off is forgotten, and times may be changed. It refuses after the end of the stream, when
        // there is nothing of that.
        let _ = self.buffer.abort();
        let media_type = appended_as(&file.media_type);
        let timed = media_type != UNTIMED;
        self.boxes.replace((media_type != file.media_type).then(MediaBoxes::default));
        if *self.media_type.borrow() != media_type {
            self.buffer.change_type(media_type)?;
            self.media_type.replace(media_type.to_owned());
            if timed {
                web::set(&self.buffer, "mode", &"segments".into());
            }
        }
        let offset = if timed { file.begins } else { time };
        web::set(&self.buffer, "timestampOffset", &(offset as f64 / 1_000.0).into());
        web::set(&self.buffer, "appendWindowEnd", &end.into());
        Ok(())
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// [`AppendError`].
    pub async fn append(&self, bytes: &ArrayBuffer) -> Result<(), AppendError> {
        let media = self.boxes.borrow_mut().as_mut().map(|boxes| {
            let media = boxes.take(&Uint8Array::new(bytes).to_vec());
            Uint8Array::from(&media[..]).buffer()
        });
        let bytes = media.as_ref().unwrap_or(bytes);
        let failed = Rc::new(Cell::new(false));
        let _failing = web::listen(&self.buffer, &["error"], {
            let failed = failed.clone();
            move || failed.set(true)
        });
        self.buffer.append_buffer_with_array_buffer(bytes).map_err(
            |error| match web::error_name(&error).as_str() {
                "QuotaExceededError" => AppendError::Full,
                _ => AppendError::Damaged,
            },
        )?;
        self.settled().await;
        if failed.get() { Err(AppendError::Damaged) } else { Ok(()) }
    }

    /// Says that nothing follows in the group.
    pub fn end(&self) {
        // It is refused where it has been said.
        let _ = self.media.end_of_stream();
    }

    /// Seconds that are buffered: beginnings and ends, in order.
    pub fn buffered(&self) -> Vec<(f64, f64)> {
        let Ok(ranges) = self.buffer.buffered() else { return Vec::new() };
        let range = |ranges: &TimeRanges, at| Some((ranges.start(at).ok()?, ranges.end(at).ok()?));
        (0..ranges.length()).filter_map(|at| range(&ranges, at)).collect()
    }

    /// False while the browser wants no more, which some say.
    pub fn wants_more(&self) -> bool {
        web::get(&self.media, "streaming") != JsValue::FALSE
    }
}
