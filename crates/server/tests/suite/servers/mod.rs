//! Three servers with one MongoDB, with and without Redis, as separate processes.
#![allow(clippy::print_stdout, reason = "figures of latency belong to the output of a run")]

mod away;
mod cluster;
mod crowd;
mod cut_off;
mod rolling_restart;
mod together;

use std::time::Duration;

use cluster::Cluster;
use crowd::Crowd;

/// Maximum wait of a test for background work.
const PATIENCE: Duration = Duration::from_secs(60);
