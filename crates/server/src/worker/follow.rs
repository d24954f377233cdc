//! Follows changes made by other processes.

use std::time::Duration;

use portcullis_core::session::LogPosition;
use tokio::{
    sync::watch,
    time::{interval, sleep},
};

use super::{Worker, tick};

/// Poll interval. Changes must take effect within a second, and this leaves time for a slow store.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

/// Minimum pause between two reads of the log.
const FOLLOW_PAUSE: Duration = Duration::from_millis(10);

impl Worker {
    /// Follows the change log until the stop signal.
    pub(super) async fn follow_until(self, mut stopped: watch::Receiver<bool>) {
        let mut position = LogPosition::default();
        let mut ticks = interval(FOLLOW_INTERVAL);
        let mut is_followed = true;
        while self.turn(&mut ticks, &mut stopped).await {
            match self.service.upkeep().follow_changes(self.clock.now(), position).await {
                Ok(next) => {
                    position = next;
                    if let Err(error) = self.service.follow_signing_keys(&self.ctx()).await {
                        // They are also loaded once a minute.
                        tracing::debug!(error = error.code(), "signing keys not loaded");
                    }
                    if !std::mem::replace(&mut is_followed, true) {
                        tracing::info!("change log is followed again");
                    }
                }
                Err(error) => {
                    if std::mem::replace(&mut is_followed, false) {
                        tracing::warn!(error = error.code(), "change log cannot be followed");
                    }
                }
            }
        }
    }

    /// Waits for the next tick or for a change notification. Returns `false` when it is time to stop.
    async fn turn(&self, ticks: &mut tokio::time::Interval, stopped: &mut watch::Receiver<bool>) -> bool {
        let noticed = async {
            // Combines many notifications into one read of the log.
            sleep(FOLLOW_PAUSE).await;
            self.service.upkeep().log_announced().await;
        };
        tokio::select! {
            goes_on = tick(ticks, stopped) => goes_on,
            () = noticed => true,
        }
    }
}
