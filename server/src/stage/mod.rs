//! The stage of a show: who is on it, what happens there, and what its artist is told. It knows sources of
//! media, and nothing of how they come.

mod entrance;
pub mod lasting_titles;
pub mod notices;
mod overtime;
mod performer;
pub mod port;
mod reconcile;
pub mod source;
pub mod stages;
mod state;
mod store;
mod take;
pub mod titles;
pub mod topic;

pub use entrance::routes;
pub use performer::{Claim, ClaimProof};
pub use take::{PublishError, Published};
