//! Durations of store operations, as a metric. Without a recorder they go nowhere.

use std::time::Instant;

use metrics::histogram;
use portcullis_core::port::{CommitError, StoreError};

/// Histogram of the server's metrics, with the labels `operation` and `outcome`.
const STORE_DURATION: &str = "portcullis_store_duration_seconds";

/// Label `outcome` of an operation that did not succeed.
pub(crate) trait Outcome {
    fn outcome(&self) -> &'static str;
}

impl Outcome for StoreError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "away",
            Self::Overloaded(_) => "overloaded",
            Self::Broken(_) => "broken",
        }
    }
}

impl Outcome for CommitError {
    fn outcome(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Store(error) => error.outcome(),
        }
    }
}

/// Records how long the work takes, and its outcome.
pub(crate) async fn timed<T, E: Outcome>(
    operation: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let begun = Instant::now();
    let result = work.await;
    let outcome = result.as_ref().map_or_else(E::outcome, |_| "ok");
    histogram!(STORE_DURATION, "operation" => operation, "outcome" => outcome).record(begun.elapsed().as_secs_f64());
    result
}
