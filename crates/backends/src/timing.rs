//! Store operation durations, as a metric. They are discarded if no recorder is installed.

use std::time::Instant;

use metrics::histogram;
use portcullis_core::port::{CommitError, StoreError};

/// Histogram with the labels `operation` and `outcome`.
const STORE_DURATION: &str = "portcullis_store_duration_seconds";

/// Value of the `outcome` label for an operation that failed.
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

/// Records the duration and the outcome of an operation.
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
