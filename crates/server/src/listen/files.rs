//! Open file limit. Client connections must leave enough file descriptors for the database and for deliveries.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::{ADMIN_CONNECTIONS, METRICS_CONNECTIONS};
use crate::config::{Config, Database};

/// File descriptors for the program, its log, and SQLite with its readers.
const RESERVE: usize = 64;
#[cfg(feature = "mongodb")]
/// File descriptors for the MongoDB connection pool and its monitors.
const DATABASE_SERVER: usize = 80;
/// Minimum number of connections. Same as for `MAX_CONNECTIONS`.
const MIN: usize = 16;

/// Raises the open file limit to the hard limit, because the default soft limit is often only 1024. If that is not
/// sufficient, lowers the number of connections, because a flood of them would leave no file descriptors for the
/// database.
pub fn make_room(config: &mut Config) {
    ask_for_files();
    let Some(files) = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok()) else { return };
    let wanted = config.http.max_connections;
    let room = files.saturating_sub(reserve(config)).max(MIN);
    if room >= wanted {
        return;
    }
    config.http.max_connections = room;
    // The per-client limit is reduced in proportion, because a single client could otherwise use all remaining
    // connections.
    config.http.max_connections_client = (config.http.max_connections_client.saturating_mul(room) / wanted).max(1);
    tracing::warn!(files, connections = room, "connection limit lowered: open file limit too low");
}

/// Returns the number of file descriptors not available for client connections.
fn reserve(config: &Config) -> usize {
    let metrics = config.http.metrics_listen.map_or(0, |_| METRICS_CONNECTIONS);
    let admin = config.admin.listen.as_ref().map_or(0, |_| ADMIN_CONNECTIONS);
    let database = match config.store.database_url {
        Database::Sqlite(_) => 0,
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => DATABASE_SERVER,
    };
    // Emails and SMS each have this number of concurrent deliveries.
    RESERVE + metrics + admin + database + 2 * config.mail.workers
}

fn ask_for_files() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "open file limit not raised");
    }
}
