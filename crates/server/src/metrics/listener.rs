//! The listener of `/metrics`.

use std::{fs, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;
use portcullis_core::{clock::Clock, service::Service};

use super::{AUDIT_LAG, CHANGES_LAG, NODES, OUTBOX_MESSAGES, OUTBOX_OLDEST, PROCESS_MEMORY};

/// Content type of the text format.
const FORMAT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
/// Interval at which recorded values are aggregated.
const UPKEEP: Duration = Duration::from_secs(5);
/// Size of a memory page on all supported machines.
const PAGE_BYTES: u32 = 4096;

/// Maximum age of a running server's status. With SQLite it is written once a minute.
const NODE_SEEN: Duration = Duration::from_secs(120);

#[derive(Clone)]
struct Sources {
    handle: &'static PrometheusHandle,
    service: Arc<Service>,
    clock: Arc<dyn Clock>,
}

/// Returns the metrics routes, and starts the aggregation of recorded values.
pub(crate) fn router(handle: &'static PrometheusHandle, service: Arc<Service>, clock: Arc<dyn Clock>) -> Router {
    tokio::spawn(async move {
        // Values are aggregated even without scrapes, so that memory usage is bounded.
        let mut ticks = tokio::time::interval(UPKEEP);
        loop {
            ticks.tick().await;
            handle.run_upkeep();
        }
    });
    Router::new().route("/metrics", get(tell)).with_state(Sources { handle, service, clock })
}

async fn tell(State(Sources { handle, service, clock }): State<Sources>) -> Response {
    let now = clock.now();
    // If the store is unavailable, its gauges keep their last values and the others are still served.
    if let Ok(state) = service.upkeep().outbox_state(now).await {
        gauge!(OUTBOX_MESSAGES, "state" => "waiting").set(as_f64(state.waiting));
        gauge!(OUTBOX_MESSAGES, "state" => "dead").set(as_f64(state.dead));
        gauge!(OUTBOX_OLDEST).set(state.oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }
    if let Ok(nodes) = service.upkeep().nodes(now, NODE_SEEN).await {
        gauge!(NODES).set(as_f64(u64::try_from(nodes.len()).unwrap_or(u64::MAX)));
    }
    if let Ok(oldest) = service.upkeep().oldest_unsealed().await {
        gauge!(AUDIT_LAG).set(oldest.map_or(0.0, |oldest| now.since(oldest).as_secs_f64()));
    }
    if let Some(lag) = service.upkeep().log_lag(now) {
        gauge!(CHANGES_LAG).set(lag.as_secs_f64());
    }
    if let Some(pages) = resident_pages() {
        gauge!(PROCESS_MEMORY).set(f64::from(pages) * f64::from(PAGE_BYTES));
    }
    ([(CONTENT_TYPE, FORMAT)], handle.render()).into_response()
}

fn as_f64(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn resident_pages() -> Option<u32> {
    fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}
