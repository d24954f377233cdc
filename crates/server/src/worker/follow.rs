//! Follows changes made by other processes.

use std::time::Duration;

use portcullis_core::session::LogPosition;
use tokio::{sync::watch, time::interval};

use super::{Worker, tick};

/// Poll interval. Changes must take effect within a second; this leaves time for a slow store.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

impl Worker {
    /// Follows the change log until the stop signal.
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
