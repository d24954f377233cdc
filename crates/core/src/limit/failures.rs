use std::time::Duration;

use crate::clock::Timestamp;

/// Wrong passwords of an account, or of one of its devices.
///
/// After the free ones each costs a wait, which doubles from a second to a minute: whoever guesses comes to 1,440 guesses a
/// day, and whoever owns the account is never shut out for longer than a minute (NIST SP 800-63B-4 §3.2.2, ASVS 6.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// When the last one was.
    pub last_at: Timestamp,
}

impl Failures {
    /// The longest wait.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
    /// None.
    pub const NONE: Self = Self { count: 0, last_at: Timestamp::from_millis(0) };

    /// One more; if the last is so long ago, the first.
    #[must_use]
    pub fn and_one(self, now: Timestamp, forget_after: Duration) -> Self {
        let last_at = if self.last_at.since(now) > Self::LONGEST_WAIT { now } else { now.max(self.last_at) };
        Self { count: self.remembered(now, forget_after).count.saturating_add(1), last_at }
    }

    /// Unless the last is so long ago.
    #[must_use]
    pub fn remembered(self, now: Timestamp, forget_after: Duration) -> Self {
        if now.since(self.last_at) >= forget_after { Self::NONE } else { self }
    }

    /// How long nobody may try, when so many are free.
    #[must_use]
    pub fn wait(self, free: u32, now: Timestamp) -> Duration {
        if self.last_at.since(now) > Self::LONGEST_WAIT {
            return Duration::ZERO;
        }
        let Some(beyond) = self.count.checked_sub(free.max(1)) else { return Duration::ZERO };
        let wait = Self::LONGEST_WAIT.min(Duration::from_secs(1 << beyond.min(6)));
        // A clock that was set back a little makes no wait longer than it is; one that was set back far, none at all.
        self.last_at.plus(wait).since(now).min(wait)
    }
}
