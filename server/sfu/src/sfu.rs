//! The handle to the media core.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::audio::{AudioPublisher, LocalWake, MAX_WAITING_PACKETS};
use crate::config::SfuConfig;
use crate::core::standby::TakeoverCondition;
use crate::core::transport::PreparedSession;
use crate::core::{AcceptedOffer, IceRestart};
use crate::error::{OfferError, SfuStartError};
use crate::event::{SessionRole, SfuEvent};
use crate::ice::credentials::IceCredentials;
use crate::ids::{SessionId, StageId};
use crate::io::{self, OfferRequest, SfuCommand, StopSignal};
use crate::stats::SfuStats;
use crate::tap::{StageTap, TapSender, TappedTracks};

/// Commands waiting for the media thread; a caller waits while it is full.
const MAX_WAITING_COMMANDS: usize = 256;

/// Handle to the media core. Cloning gives another handle to the same one; it stops with
/// [`Sfu::stop`] or when the last handle is dropped.
///
/// Everything asynchronous here works on any executor.
#[derive(Clone, Debug)]
pub struct Sfu {
    commands: mpsc::Sender<SfuCommand>,
    offers: mpsc::Sender<OfferRequest>,
    local_address: SocketAddr,
    stop: Arc<StopSignal>,
    wake: Arc<LocalWake>,
}

impl Sfu {
    /// Opens the UDP socket, starts the media thread, and returns the handle with the events.
    ///
    /// At most [`SfuLimits::max_waiting_events`](crate::SfuLimits::max_waiting_events) events wait to be
    /// read. When there is no room, the newest is dropped and counted in
    /// [`Totals::dropped_events`](crate::Totals::dropped_events); [`Sfu::stats`] then tells
    /// which sessions there are, so a reader that sees the count move compares and is right again.
    /// The receiver ends when the core has stopped.
    ///
    /// # Errors
    /// [`SfuStartError`] when the socket can't be bound or the thread not started.
    pub fn start(config: SfuConfig) -> Result<(Sfu, mpsc::Receiver<SfuEvent>), SfuStartError> {
        let (commands, inbox) = mpsc::channel(MAX_WAITING_COMMANDS);
        let (outbox, events) = mpsc::channel(config.limits.max_waiting_events.max(1));
        let stop = Arc::new(StopSignal::default());
        let wake = Arc::new(LocalWake::default());
        let signals = (Arc::clone(&stop), Arc::clone(&wake));
        let (local_address, offers) = io::start(config, inbox, outbox, signals)?;
        let sfu = Sfu { commands, offers, local_address, stop, wake };
        Ok((sfu, events))
    }

    /// The bound UDP address.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_address
    }

    /// Answers a publisher's offer (WHIP). Where another one is on stage, it waits until
    /// `condition` is met ([`SfuEvent::PublisherWaiting`]) and [`Sfu::hand_over`] is called, at
    /// most for [`SfuTimeouts::takeover`](crate::SfuTimeouts::takeover). One that waits already
    /// ends with [`EndReason::Replaced`](crate::EndReason::Replaced).
    ///
    /// # Errors
    /// [`OfferError`]; everybody else stays then.
    pub async fn publish(
        &self,
        stage: StageId,
        offer_sdp: String,
        awaited: TakeoverCondition,
    ) -> Result<AcceptedOffer, OfferError> {
        let opening = self.read(SessionRole::Publisher, offer_sdp).await?;
        self.ask(|reply| SfuCommand::Publish(stage, opening, awaited, reply))
            .await
            .unwrap_or(Err(OfferError::Stopped))
    }

    /// Lets a standby publisher take over its stage, sound and picture in one step; the one there
    /// ends with [`EndReason::Replaced`](crate::EndReason::Replaced), and the stage's subscribers
    /// stay. False, without effect, if it is gone or not ready any more.
    pub async fn hand_over(&self, session: SessionId) -> bool {
        let done = self.ask(|reply| SfuCommand::HandOver(session, reply)).await;
        done.unwrap_or(false)
    }

    /// Answers a subscriber's offer (WHEP). There need not be a publisher yet.
    ///
    /// # Errors
    /// [`OfferError`].
    pub async fn subscribe(
        &self,
        stage: StageId,
        offer_sdp: String,
    ) -> Result<AcceptedOffer, OfferError> {
        let opening = self.read(SessionRole::Subscriber, offer_sdp).await?;
        self.ask(|reply| SfuCommand::Subscribe(stage, opening, reply))
            .await
            .unwrap_or(Err(OfferError::Stopped))
    }

    /// Publishes sound of this program on a stage, as a publisher like any other: it waits where
    /// another one is on stage, is ready with its first packet, silent after
    /// [`SfuTimeouts::publisher_silence`](crate::SfuTimeouts::publisher_silence), and over after
    /// [`SfuTimeouts::consent`](crate::SfuTimeouts::consent) without a packet.
    ///
    /// # Errors
    /// [`OfferError::TooMany`], [`OfferError::Stopped`].
    pub async fn publish_audio(&self, stage: StageId) -> Result<AudioPublisher, OfferError> {
        let (packets, waiting) = mpsc::channel(MAX_WAITING_PACKETS);
        let entered = self.ask(|reply| SfuCommand::PublishAudio(stage, waiting, reply)).await;
        let (session, standby) = entered.unwrap_or(Err(OfferError::Stopped))?;
        let wake = Arc::clone(&self.wake);
        Ok(AudioPublisher { session, standby, packets: Some(packets), wake })
    }

    /// Reads whoever is on a stage, from now on, whether or not there is somebody. A reader that is too
    /// slow loses packets, and holds up nobody.
    ///
    /// # Errors
    /// [`OfferError::TooMany`] beyond 16 taps of one stage, [`OfferError::Stopped`].
    pub async fn tap(&self, stage: StageId, tracks: TappedTracks) -> Result<StageTap, OfferError> {
        let (sender, packets) = mpsc::channel(tracks.most_waiting());
        let tap = TapSender { tracks, packets: sender };
        let tapped = self.ask(|reply| SfuCommand::Tap(stage, tap, reply)).await;
        tapped.unwrap_or(Err(OfferError::Stopped))?;
        Ok(StageTap { packets, wake: Arc::clone(&self.wake) })
    }

    /// Asks the publisher on a stage for a keyframe of a layer of its picture, for the reader of a tap
    /// that lacks one. Merged with what viewers ask; nothing happens without a publisher, or while the
    /// media core is so busy that commands wait.
    pub fn request_keyframe(&self, stage: StageId, layer: u8) {
        let _ = self.commands.try_send(SfuCommand::RequestKeyframe(stage, layer));
    }

    /// Bounds the height in pixels of the layers that a subscriber is sent; the lowest is sent in
    /// any case. [`None`] for no bound. False if there is no such subscriber.
    pub async fn set_max_height(&self, session: SessionId, height: Option<u16>) -> bool {
        let done = self.ask(|reply| SfuCommand::SetMaxHeight(session, height, reply)).await;
        done.unwrap_or(false)
    }

    /// Restarts a session's ICE (RFC 8445 §9) with a client that has the new credentials `client`.
    /// Its media goes on meanwhile, and everything else that was agreed on stays. [`None`] if there
    /// is no such session.
    pub async fn restart(&self, session: SessionId, client: IceCredentials) -> Option<IceRestart> {
        self.ask(|reply| SfuCommand::Restart(session, client, reply)).await.flatten()
    }

    /// Ends a session; false if there is no such session.
    pub async fn close(&self, session: SessionId) -> bool {
        let closed = self.ask(|reply| SfuCommand::Close(session, reply)).await;
        closed.unwrap_or(false)
    }

    /// Ends all sessions of a stage.
    pub async fn close_stage(&self, stage: StageId) {
        // Nothing is left to close if the core has stopped.
        let _ = self.ask(|reply| SfuCommand::CloseStage(stage, reply)).await;
    }

    /// A snapshot of all statistics; empty once the core has stopped.
    pub async fn stats(&self) -> SfuStats {
        let stats = self.ask(SfuCommand::Stats).await;
        stats.unwrap_or_default()
    }

    /// Says goodbye to all peers (RTCP BYE, DTLS close_notify) and ends the media thread, soon.
    pub fn stop(&self) {
        self.stop.raise();
    }

    /// Has an offer read, away from media.
    async fn read(
        &self,
        role: SessionRole,
        text: String,
    ) -> Result<Box<PreparedSession>, OfferError> {
        if self.commands.is_closed() {
            return Err(OfferError::Stopped);
        }
        let (reply, read) = oneshot::channel();
        let sent = self.offers.send(OfferRequest { role, text, reply }).await;
        sent.map_err(|_| OfferError::Stopped)?;
        read.await.unwrap_or(Err(OfferError::Stopped)).map(Box::new)
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> SfuCommand) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(command(reply)).await.ok()?;
        answer.await.ok()
    }
}
