//! Three servers over one MongoDB, with and without Redis, as programs of their own.
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

/// Most that a test waits for what happens in the background.
const PATIENCE: Duration = Duration::from_secs(60);
