use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{LimitKind, LimitStatus};

/// Quotas used by a request. Filled by the limiter, and the source of response headers and metrics.
#[derive(Debug, Default)]
pub struct Usage(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    statuses: Vec<LimitStatus>,
    reached: Vec<LimitKind>,
}

impl Usage {
    /// Returns the state of the quotas that the request has used.
    #[must_use]
    pub fn statuses(&self) -> Vec<LimitStatus> {
        self.used().statuses.clone()
    }

    /// Returns the limits that the request has reached.
    #[must_use]
    pub fn reached(&self) -> Vec<LimitKind> {
        self.used().reached.clone()
    }

    pub(crate) fn add(&self, status: LimitStatus) {
        self.used().statuses.push(status);
    }

    pub(crate) fn add_reached(&self, kind: LimitKind) {
        self.used().reached.push(kind);
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
