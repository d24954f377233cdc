//! The limit of open files. Connections of clients must leave enough for the database and for deliveries.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::METRICS_CONNECTIONS;
use crate::config::{Config, Database};

/// Files of the program, its log, and the database with its readers.
const RESERVE: usize = 64;
#[cfg(feature = "mongodb")]
/// Connections of MongoDB's pool and of its monitors.
const DATABASE_SERVER: usize = 80;
/// Fewest connections, as of `MAX_CONNECTIONS`.
const LEAST: usize = 16;

/// Raises the limit of open files to the most that the system allows: many systems allow a thousand unless asked. If that is too
/// few, the number of connections is lowered, since a flood of connections would leave the database without files.
pub fn make_room(config: &mut Config) {
    ask_for_files();
    let Some(files) = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok()) else { return };
    let wanted = config.http.max_connections;
    let room = files.saturating_sub(reserve(config)).max(LEAST);
    if room >= wanted {
        return;
    }
    config.http.max_connections = room;
    // In proportion: otherwise one client could use all that is left.
    config.http.max_connections_client = (config.http.max_connections_client.saturating_mul(room) / wanted).max(1);
    tracing::warn!(
        files,
        connections = room,
        "fewer connections than MAX_CONNECTIONS: the system allows too few open files"
    );
}

/// Returns the number of files that are not for connections of clients.
fn reserve(config: &Config) -> usize {
    let metrics = config.http.metrics_listen.map_or(0, |_| METRICS_CONNECTIONS);
    let database = match config.store.database_url {
        Database::Sqlite(_) => 0,
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => DATABASE_SERVER,
    };
    // Mails and SMS have this many senders each.
    RESERVE + metrics + database + 2 * config.mail.workers
}

fn ask_for_files() {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    limit.current = limit.maximum;
    if let Err(error) = setrlimit(Resource::Nofile, limit) {
        tracing::warn!(%error, "the limit of open files could not be raised");
    }
}
