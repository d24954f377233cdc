//! Channel pauses: while a provider rejects this server, single messages are tried at increasing intervals, and all
//! others stay queued.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::{clock::Timestamp, id::LeaseId, message::Channel};

/// Initial wait of a pause. It doubles after each further rejection.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// Maximum wait of a pause.
const MAX_WAIT: Duration = Duration::from_secs(15 * 60);

/// Minimum wait after a provider has requested one, even if it specifies no duration.
const MIN_THROTTLE: Duration = Duration::from_secs(1);

/// Pauses in this process.
#[derive(Debug, Default)]
pub(in crate::service) struct ChannelPauses(Mutex<HashMap<&'static str, Pause>>);

#[derive(Debug)]
struct Pause {
    refusals: u32,
    until: Timestamp,
    /// Lease of the message that is tried as a probe.
    probe: Option<LeaseId>,
}

impl ChannelPauses {
    /// Returns the number of messages that may be claimed under this lease: all, one or none. A single message is a
    /// probe. Nothing else is claimed until its outcome is recorded or its lease expires.
    pub(in crate::service) fn allowance(
        &self,
        channel: Channel,
        limit: usize,
        lease: (&LeaseId, Timestamp),
        now: Timestamp,
    ) -> usize {
        match self.pauses().get_mut(channel.as_str()) {
            None => limit,
            Some(pause) if now < pause.until => 0,
            Some(pause) => {
                (pause.probe, pause.until) = (Some(lease.0.clone()), lease.1);
                limit.min(1)
            }
        }
    }

    /// Returns whether a claimed message may be sent. Messages claimed before the start of a pause may not.
    pub(in crate::service) fn admits(&self, channel: Channel, lease: &LeaseId) -> bool {
        self.pauses().get(channel.as_str()).is_none_or(|pause| pause.probe.as_ref() == Some(lease))
    }

    /// Records that the provider rejected this server. Returns the time of the next attempt, and whether the
    /// rejection is new.
    pub(in crate::service) fn refused(&self, channel: Channel, lease: &LeaseId, now: Timestamp) -> (Timestamp, bool) {
        let mut pauses = self.pauses();
        let pause = pauses.entry(channel.as_str()).or_insert(Pause { refusals: 0, until: now, probe: None });
        // Messages that were being delivered at the same time are rejected together and counted once.
        let is_news = pause.refusals == 0 || pause.probe.as_ref() == Some(lease);
        if is_news {
            let doublings = pause.refusals.min(16);
            pause.refusals = pause.refusals.saturating_add(1);
            pause.until = now.plus(FIRST_WAIT.saturating_mul(1 << doublings).min(MAX_WAIT));
            pause.probe = None;
        }
        (pause.until, is_news)
    }

    /// Records that the provider accepts no messages for this duration. Returns the time of the next attempt.
    pub(in crate::service) fn throttled(&self, channel: Channel, now: Timestamp, wait: Duration) -> Timestamp {
        let until = now.plus(wait.clamp(MIN_THROTTLE, MAX_WAIT));
        let mut pauses = self.pauses();
        let pause = pauses.entry(channel.as_str()).or_insert(Pause { refusals: 0, until, probe: None });
        (pause.until, pause.probe) = (pause.until.max(until), None);
        pause.until
    }

    /// Records that the provider accepts messages from this server, whether or not it accepted this one. Returns
    /// whether this ended a pause.
    pub(in crate::service) fn end(&self, channel: Channel) -> bool {
        self.pauses().remove(channel.as_str()).is_some()
    }

    /// Records that a probe was inconclusive. The next one is due after `wait`.
    pub(in crate::service) fn inconclusive(&self, channel: Channel, lease: &LeaseId, now: Timestamp, wait: Duration) {
        if let Some(pause) = self.pauses().get_mut(channel.as_str())
            && pause.probe.as_ref() == Some(lease)
        {
            (pause.until, pause.probe) = (now.plus(wait), None);
        }
    }

    fn pauses(&self) -> MutexGuard<'_, HashMap<&'static str, Pause>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
