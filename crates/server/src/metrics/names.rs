//! All metrics, named by the Prometheus conventions: names end with the unit, and labels have a bounded set of
//! values, so they never contain users, tokens or addresses.

use std::fmt::Write as _;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// A metric, as described to Prometheus and in the documentation.
#[derive(Debug)]
pub(super) struct Metric {
    name: &'static str,
    kind: MetricKind,
    labels: &'static str,
    help: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum MetricKind {
    Counter,
    Gauge,
    Histogram,
}

macro_rules! metrics {
    ($($const:ident = $name:literal, $kind:ident, $labels:literal, $help:literal;)*) => {
        $(#[doc = $help] pub(crate) const $const: &str = $name;)*

        pub(super) static METRICS: &[Metric] =
            &[$(Metric { name: $const, kind: MetricKind::$kind, labels: $labels, help: $help }),*];
    };
}

metrics! {
    BUILD = "portcullis_build_info", Gauge, "version", "Always 1; the version is the label.";
    HTTP_REQUESTS = "portcullis_http_requests_total", Counter, "method, route, status", "Completed requests.";
    HTTP_DURATION = "portcullis_http_request_duration_seconds", Histogram, "route", "Time from receiving a request head to sending the response head.";
    LOGINS = "portcullis_logins_total", Counter, "outcome", "Logins: `ok`, `wrong`, `unverified`, `limited`, `invalid` or `failed`.";
    LIMITS_REACHED = "portcullis_limits_reached_total", Counter, "limit", "Requests beyond a limit, including limits that are only observed.";
    HASH_DURATION = "portcullis_password_hash_duration_seconds", Histogram, "outcome", "Time to compute a password hash, including the queue time. `overloaded` requests were rejected.";
    HASHES_PENDING = "portcullis_password_hashes_pending", Gauge, "", "Passwords that are queued or being hashed.";
    STORE_DURATION = "portcullis_store_duration_seconds", Histogram, "operation, outcome", "Duration of database operations: `ok`, `failed` (a precondition failed), `away` (unavailable), `overloaded` or `broken`.";
    ACCOUNT_CACHE = "portcullis_account_cache_requests_total", Counter, "outcome", "Lookups in the account cache: `hit` or `miss`.";
    REDIS_UP = "portcullis_redis_up", Gauge, "", "1 while Redis is used, 0 while it is unavailable.";
    REDIS_OPENED = "portcullis_redis_breaker_opened_total", Counter, "", "Number of times that the circuit breaker of Redis was opened.";
    REDIS_SECONDS = "portcullis_redis_seconds", Histogram, "operation, outcome", "Redis commands: `ok`, `away` (timeout) or `refused`.";
    REDIS_ACCOUNTS = "portcullis_redis_account_requests_total", Counter, "outcome", "Lookups of accounts in Redis: `hit` or `miss`.";
    LIMITS_LOCAL = "portcullis_limits_local_total", Counter, "", "Uses of limits that this server counted separately while Redis was unavailable.";
    CHANGES_LAG = "portcullis_changes_lag_seconds", Gauge, "", "Time since the change log was last read. Above one second, cached data is not used.";
    NODES = "portcullis_nodes", Gauge, "", "Servers with a heartbeat within the last two minutes.";
    AUDIT_BLOCKS = "portcullis_audit_blocks_total", Counter, "", "Audit trail blocks sealed by this server.";
    AUDIT_ROWS = "portcullis_audit_rows_sealed_total", Counter, "", "Audit trail rows sealed by this server.";
    AUDIT_LAG = "portcullis_audit_lag_seconds", Gauge, "", "Age of the oldest unsealed row of the audit trail. A value above 120 means that no server seals rows.";
    MESSAGES = "portcullis_messages_total", Counter, "channel, outcome", "Deliveries of emails and SMS: `taken` (accepted), `refused` (permanently), `later` (will be retried), `unknown`, or `route` (the provider rejects this server itself).";
    ROUTE_PAUSED = "portcullis_message_route_paused", Gauge, "channel", "1 while the mail server or SMS provider rejects this server itself: an operator must act.";
    OUTBOX_MESSAGES = "portcullis_outbox_messages", Gauge, "state", "Messages in the outbox: `waiting` or `dead`.";
    OUTBOX_OLDEST = "portcullis_outbox_oldest_seconds", Gauge, "", "Age of the oldest queued message.";
    PROCESS_MEMORY = "process_resident_memory_bytes", Gauge, "", "Resident memory of the process.";
}

impl Metric {
    pub(super) fn describe(&self) {
        let unit = if self.name.ends_with("_seconds") {
            Unit::Seconds
        } else if self.name.ends_with("_bytes") {
            Unit::Bytes
        } else {
            Unit::Count
        };
        match self.kind {
            MetricKind::Counter => describe_counter!(self.name, unit, self.help),
            MetricKind::Gauge => describe_gauge!(self.name, unit, self.help),
            MetricKind::Histogram => describe_histogram!(self.name, unit, self.help),
        }
    }
}

/// Returns the list of metrics for the documentation.
#[must_use]
pub fn metrics_markdown() -> String {
    let mut page = String::from(
        "# Metrics\n\nGenerated from the code by `make generate`. `METRICS_LISTEN=127.0.0.1:9090` serves them at `/metrics`, separately from \
         all other routes.\nLabels never contain users, tokens or addresses.\n\n| metric | type | labels | description |\n|---|---|---|---|\n",
    );
    for Metric { name, kind, labels, help } in METRICS {
        let kind = match kind {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        };
        let labels =
            labels.split(", ").filter(|label| !label.is_empty()).map(|label| format!("`{label}`")).collect::<Vec<_>>();
        let written = writeln!(page, "| `{name}` | {kind} | {} | {help} |", labels.join(", "));
        debug_assert!(written.is_ok(), "a string takes everything");
    }
    page.push_str(ALERTS);
    page.push_str("\n---\n[All pages](README.md) · Next: [MongoDB](mongodb.md)\n");
    page
}

const ALERTS: &str = include_str!("alerts.md");
