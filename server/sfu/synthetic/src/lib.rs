//! Synthetic publishers and subscribers, on another WebRTC implementation than the media core's.
//!
//! Both work on SDP texts through a function that exchanges an offer for an answer, so they speak
//! to the media core directly as well as over WHIP and WHEP. What is sent looks like VP8 and Opus
//! from outside and carries the time of sending inside, so that a subscriber on the same machine
//! can say how long it was under way.
//!
//! [`audience`] is for crowds: lean clients, a thousand on one core. [`memory`] is for tests that bound what
//! somebody costs.
//!
//! ```no_run
//! # async fn example() -> Result<(), bandstand_synthetic::ConnectError> {
//! # async fn whip(offer: String) -> Result<String, std::io::Error> { Ok(offer) }
//! # async fn whep(offer: String) -> Result<String, std::io::Error> { Ok(offer) }
//! use bandstand_synthetic::{Content, SyntheticPublisher, SyntheticSubscriber};
//! let publisher = SyntheticPublisher::connect(Content::default(), whip).await?;
//! let subscriber = SyntheticSubscriber::connect(whep).await?;
//! subscriber.until(|figures| figures.video.keyframes > 0).await;
//! publisher.close().await;
//! # Ok(()) }
//! ```

pub mod audience;
mod connection;
mod content;
pub mod memory;
mod publisher;
mod reception_stats;
mod requests;
mod subscriber;

pub use crate::connection::{ConnectError, ExchangeError};
pub use crate::content::Content;
pub use crate::publisher::SyntheticPublisher;
pub use crate::reception_stats::{ReceptionStats, TrackReception, percentile};
pub use crate::subscriber::SyntheticSubscriber;
