//! A connection is an open file, and so are those of the database and of mails under way, which must not go without.

use rustix::process::{Resource, getrlimit, setrlimit};

use super::METRICS_CONNECTIONS;
use crate::config::{Config, Database};

/// For the program itself, its log, and the database with its readers.
const RESERVE: usize = 64;
#[cfg(feature = "mongodb")]
/// The connections of MongoDB's pool, and those that watch its servers.
const DATABASE_SERVER: usize = 80;
/// Less would be no server: `MAX_CONNECTIONS` cannot be less either.
const LEAST: usize = 16;

/// Has the system allow as many open files as it will, many of them giving a thousand where they would give more. Where
/// that is too few, fewer connections are taken: otherwise a flood of them would leave the database without files.
pub fn make_room(config: &mut Config) {
    ask_for_files();
    let Some(files) = getrlimit(Resource::Nofile).current.and_then(|files| usize::try_from(files).ok()) else { return };
    let wanted = config.http.max_connections;
    let room = files.saturating_sub(reserve(config)).max(LEAST);
    if room >= wanted {
        return;
    }
    config.http.max_connections = room;
    // In proportion: otherwise one client could have what is left for all.
    config.http.max_connections_client = (config.http.max_connections_client.saturating_mul(room) / wanted).max(1);
    tracing::warn!(
        files,
        connections = room,
        "fewer connections than MAX_CONNECTIONS: the system allows too few open files"
    );
}

/// How many files are kept for others than the clients.
fn reserve(config: &Config) -> usize {
    let metrics = config.http.metrics_listen.map_or(0, |_| METRICS_CONNECTIONS);
    let database = match config.store.database_url {
        Database::Sqlite(_) => 0,
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => DATABASE_SERVER,
    };
    // Mails and SMS have as many senders each.
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
