//! Following the changes of other processes.

use std::time::Duration;

use portcullis_core::session::LogPosition;
use tokio::{sync::watch, time::interval};

use super::{Worker, tick};

/// A change of another process takes effect within a second; this leaves room for a slow store.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

impl Worker {
    /// Follows the change log until it is told to stop.
    pub(super) async fn follow_until(self, mut stopped: watch::Receiver<bool>) {
        let mut position = LogPosition::default();
        let mut ticks = interval(FOLLOW_INTERVAL);
        while tick(&mut ticks, &mut stopped).await {
            match self.service.upkeep().follow_changes(self.clock.now(), position).await {
                Ok(next) => position = next,
                Err(error) => tracing::warn!(error = error.code(), "change log cannot be followed"),
            }
        }
    }
}
