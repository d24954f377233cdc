//! How recently the change log was followed.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use portcullis_core::{clock::Timestamp, session::CHANGES_KEPT};

/// Age from which the cached state of the log is outdated.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Time when the log was last followed, in milliseconds.
#[derive(Debug)]
pub(super) struct Freshness(AtomicI64);

impl Freshness {
    /// Creates the state before the log was read.
    pub(super) const fn new() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Returns whether the log was followed within the last second. If the clock was set back, the state is outdated.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let last = Timestamp::from_millis(self.0.load(Ordering::Acquire));
        now.since(last).max(last.since(now)) <= FRESH_FOR
    }

    /// Records that the log was followed. Returns whether entries may have been swept since the last time. The first
    /// call is not a gap, because the log is read from the start.
    pub(super) fn record(&self, now: Timestamp) -> bool {
        let last = self.0.swap(now.millis(), Ordering::AcqRel);
        let since = Timestamp::from_millis(last);
        last != i64::MIN && now.since(since).max(since.since(now)) >= CHANGES_KEPT / 2
    }
}
