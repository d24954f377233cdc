use std::time::Duration;

use crate::clock::Timestamp;

/// Failed password attempts for an account, or from one of its known devices.
///
/// After a number of free attempts, each further attempt requires a wait, which doubles from one second to one
/// minute. An attacker gets at most 1,440 guesses a day, and the owner is never locked out for longer than a minute
/// (NIST SP 800-63B-4 §3.2.2, ASVS 6.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailedAttempts {
    pub count: u32,
    /// Time of the last attempt.
    pub last_at: Timestamp,
}

impl FailedAttempts {
    /// Maximum wait before the next attempt.
    pub const MAX_WAIT: Duration = Duration::from_secs(60);
    pub const NONE: Self = Self { count: 0, last_at: Timestamp::from_millis(0) };

    /// Adds an attempt. Earlier attempts are discarded if the last one is older than `forget_after`.
    #[must_use]
    pub fn and_one(self, now: Timestamp, forget_after: Duration) -> Self {
        let last_at = if self.last_at.since(now) > Self::MAX_WAIT { now } else { now.max(self.last_at) };
        Self { count: self.remembered(now, forget_after).count.saturating_add(1), last_at }
    }

    /// Returns the attempts, or zero attempts if the last one is older than `forget_after`.
    #[must_use]
    pub fn remembered(self, now: Timestamp, forget_after: Duration) -> Self {
        if now.since(self.last_at) >= forget_after { Self::NONE } else { self }
    }

    /// Returns the wait before the next attempt. The first `free` attempts require none.
    #[must_use]
    pub fn wait(self, free: u32, now: Timestamp) -> Duration {
        if self.last_at.since(now) > Self::MAX_WAIT {
            return Duration::ZERO;
        }
        let Some(beyond) = self.count.checked_sub(free.max(1)) else { return Duration::ZERO };
        let wait = Self::MAX_WAIT.min(Duration::from_secs(1 << beyond.min(6)));
        // Setting the clock back does not extend the wait. Setting it back by more than the wait ends it.
        self.last_at.plus(wait).since(now).min(wait)
    }
}
