use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{LimitKind, LimitStatus};

/// Quotas used by a request. Filled by the limiter and read for response headers and metrics.
#[derive(Debug, Default)]
pub struct Usage(Mutex<Used>);

#[derive(Debug, Default)]
struct Used {
    statuses: Vec<LimitStatus>,
    reached: Vec<LimitKind>,
    /// Limit that rejected the request, with its setting. Kept until it is recorded in the audit trail.
    refusal: Option<(LimitKind, &'static str)>,
}

impl Usage {
    /// Returns the state of the quotas used by the request.
    #[must_use]
    pub fn statuses(&self) -> Vec<LimitStatus> {
        self.used().statuses.clone()
    }

    /// Returns the limits reached by the request.
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

    /// Stores the limit that rejects the request.
    pub(crate) fn refuse(&self, kind: LimitKind, setting: &'static str) {
        self.used().refusal = Some((kind, setting));
    }

    /// Takes the limit that rejected the request, so that it is only recorded once.
    pub(crate) fn take_refusal(&self) -> Option<(LimitKind, &'static str)> {
        self.used().refusal.take()
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
