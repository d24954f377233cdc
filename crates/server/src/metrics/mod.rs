//! Metrics, and the listener that serves them in the Prometheus text format.

mod listener;
mod names;
mod ports;

pub(crate) use listener::router;
pub use names::metrics_markdown;
pub(crate) use names::{
    AUDIT_BLOCKS, AUDIT_LAG, AUDIT_ROWS, CHANGES_LAG, HTTP_DURATION, HTTP_REQUESTS, LIMITS_REACHED, LOGINS, NODES,
    OUTBOX_MESSAGES, OUTBOX_OLDEST, PROCESS_MEMORY,
};

use std::{sync::OnceLock, time::Instant};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use portcullis_core::service::Ports;

use names::METRICS;

/// Histogram buckets in seconds, from a cached read to the longest request.
const BUCKETS: &[f64] =
    &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Starts the recorder of this process. Further calls return the same one.
///
/// # Errors
/// Returns an error if another recorder is installed.
pub(crate) fn install() -> Result<&'static PrometheusHandle, BuildError> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle);
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), BUCKETS)?
        .install_recorder()?;
    for metric in METRICS {
        metric.describe();
    }
    metrics::gauge!(names::BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    Ok(HANDLE.get_or_init(|| handle))
}

/// Wraps the ports so that their calls are measured.
pub(crate) fn measured(ports: Ports) -> Ports {
    Ports {
        hasher: ports::hasher(ports.hasher),
        accounts: ports::accounts(ports.accounts),
        mailer: ports::mailer(ports.mailer),
        sms: ports.sms.map(ports::sms),
        ..ports
    }
}

fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64()
}
