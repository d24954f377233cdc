//! Status of this server in the store, and the comparison of its clock with the database's clock.

use std::time::{Duration, Instant};

use portcullis_core::node::{CLOCK_TOLERANCE, Node};
use tokio::{sync::watch, time::interval};

use super::{Worker, cause, tick};

/// Retry interval while the store is not writable. The server is not ready until a write succeeds.
const RETRY: Duration = Duration::from_secs(5);

/// Contents of the server's status.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// Database schema version.
    pub(crate) schema: u32,
    /// Interval at which the status is written.
    pub(crate) interval: Duration,
}

/// Conditions that were logged and persist, so that each change is logged once.
#[derive(Debug, Default)]
struct Reported {
    is_unwritable: bool,
    has_skew: bool,
}

impl Worker {
    /// Updates the status until the stop signal, then removes it.
    pub(super) async fn heartbeat_until(self, mut stopped: watch::Receiver<bool>) {
        let Identity { schema, interval: every } = &self.identity;
        let mut node = Node::new(self.service.upkeep().node(), env!("CARGO_PKG_VERSION"), *schema, self.clock.now());
        let (mut revision, mut reported, mut ticks) = (0, Reported::default(), interval(RETRY.min(*every)));
        let mut written_at: Option<Instant> = None;
        while tick(&mut ticks, &mut stopped).await {
            let (now, upkeep) = (self.clock.now(), self.service.upkeep());
            if upkeep.is_writable() && written_at.is_some_and(|at| at.elapsed() + RETRY / 2 < *every) {
                continue;
            }
            written_at = Some(Instant::now());
            node.update(now, upkeep.log_lag(now), upkeep.shared_is_up());
            match upkeep.write_node(&node, revision).await {
                Ok(written) => {
                    revision = written;
                    if std::mem::take(&mut reported.is_unwritable) {
                        tracing::info!("database writable again");
                    }
                }
                Err(error) => {
                    if !std::mem::replace(&mut reported.is_unwritable, true) {
                        tracing::warn!(error = error.code(), cause = cause(&error), "node heartbeat not written");
                    }
                }
            }
            self.compare_clocks(&mut reported).await;
        }
        // The status also expires.
        if let Err(error) = self.service.upkeep().remove_node().await {
            tracing::debug!(error = error.code(), "node line not removed");
        }
    }

    async fn compare_clocks(&self, reported: &mut Reported) {
        if !self.clock.is_of_machine() {
            return;
        }
        // An unresponsive store is reported elsewhere.
        let Ok(Some(skew)) = self.service.upkeep().clock_skew(&*self.clock).await else { return };
        let has_skew = skew > CLOCK_TOLERANCE;
        if has_skew && !reported.has_skew {
            tracing::warn!(?skew, "clock skew between this machine and the database: synchronize both with NTP");
        } else if !has_skew && reported.has_skew {
            tracing::info!(?skew, "clock skew resolved");
        }
        reported.has_skew = has_skew;
    }
}
