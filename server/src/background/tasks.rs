//! Task group: tasks that end when the venue closes, before its database does.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Grace period for tasks when the venue closes.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(3);

/// Tasks that end when the venue closes. Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub struct TaskGroup {
    closing: CancellationToken,
    tracker: TaskTracker,
}

impl TaskGroup {
    /// Runs `task`, which is dropped when the venue closes.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let closing = self.closing.clone();
        self.tracker.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = task => {}
            }
        });
    }

    /// Runs `task`, which looks by itself whether the venue closes.
    pub fn spawn_to_its_end(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(task);
    }

    /// `task`, counted among those that are waited for.
    pub fn count<F: Future>(&self, task: F) -> impl Future<Output = F::Output> + use<F> {
        self.tracker.track_future(task)
    }

    /// Cancelled when the venue closes.
    pub fn closing(&self) -> &CancellationToken {
        &self.closing
    }

    /// Ends all tasks, and waits for them for a bounded time.
    pub async fn end(&self) {
        self.closing.cancel();
        self.tracker.close();
        // Who takes longer is left behind.
        let _ = tokio::time::timeout(SHUTDOWN_GRACE, self.tracker.wait()).await;
    }
}
