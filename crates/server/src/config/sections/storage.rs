//! The database, and the key that seals its contents.

use std::{path::PathBuf, time::Duration};

use portcullis_core::seal::EncryptionKey;

use super::{
    section::{Context, Section, settings},
    weak_secrets::{absent, is_monotonous, is_published},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{
        DATABASE, DURATION, Database, HOST_NAME, KEYS, MONGODB, PATH, PORT_NUMBER, REDIS, authority, decode_key,
        is_loopback_host, items,
    },
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Storage", SETTINGS).deriving(derive).checked(check);

settings! {
    DATA_DIR: PathBuf = PATH, Fixed("./data"),
        "Folder of the embedded database and of generated secrets.";
    DATABASE_URL: Database = DATABASE, Derived("`MONGO_URL`, else `sqlite://DATA_DIR/portcullis.db`"),
        "Database: an SQLite file (`sqlite://PATH`) or a MongoDB replica set (`mongodb://HOST/DATABASE`).";
    DATABASE_TIMEOUT: Duration = DURATION, Fixed("1500ms"),
        "Maximum duration of one MongoDB operation, and of the wait for a process that locks the SQLite file. After it, the request is answered with 503.";
    DATABASE_WAIT_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "How long the server waits at start for MongoDB to become reachable.";
    ENCRYPTION_KEY: Vec<EncryptionKey> = KEYS, Derived("generated in development"),
        "32 random bytes in base64 that wrap the keys of the realms. Of several, separated by commas, the first wraps and all unwrap.", secret, random;
    MONGO_URL: Database = MONGODB, Nothing,
        "Alternative name of `DATABASE_URL` for MongoDB.", secret;
    REDIS_HOST: String = HOST_NAME, Nothing,
        "Host of the Redis server (shared cache).", reserved;
    REDIS_PORT: u16 = PORT_NUMBER, Nothing,
        "Port of the Redis server.", reserved;
    REDIS_URL: () = REDIS, Nothing,
        "URL of the Redis server.", secret, reserved;
}

/// Settings of the database.
#[derive(Debug)]
pub struct Store {
    /// `DATA_DIR`. It may not exist yet.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`.
    pub database_url: Database,
    /// `DATABASE_TIMEOUT`.
    pub database_timeout: Duration,
    /// `DATABASE_WAIT_TIMEOUT`.
    pub database_wait_timeout: Duration,
    /// `ENCRYPTION_KEY`, at least one. The first wraps, all unwrap.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl Store {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            data_dir: values.path(&DATA_DIR)?,
            database_url: match values.get(&DATABASE_URL)? {
                Database::Sqlite(path) => Database::Sqlite(values.absolute(&path)),
                #[cfg(feature = "mongodb")]
                url @ Database::MongoDb(_) => url,
            },
            database_timeout: values.get(&DATABASE_TIMEOUT)?,
            database_wait_timeout: values.get(&DATABASE_WAIT_TIMEOUT)?,
            encryption_keys: values.get(&ENCRYPTION_KEY)?,
        })
    }
}

fn derive(values: &mut Values, _: Environment) {
    values.derive(&DATABASE_URL, database_url);
}

fn database_url(values: &Values) -> Option<String> {
    if values.has(MONGO_URL.name()) {
        return values.text(MONGO_URL.name()).map(|url| url.trim().to_owned());
    }
    let folder = values.get(&DATA_DIR)?;
    Some(format!("sqlite://{}/portcullis.db", folder.to_str()?.trim_end_matches('/')))
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    database(values, report);
    encryption_key(values, context, report);
}

/// Refuses a MongoDB without a user. TLS is not required, because a private network may do without it.
fn database(values: &Values, report: &mut Report) {
    let name = DATABASE_URL.name();
    let Some(url) = values.text(name).filter(|text| text.trim().starts_with("mongodb")) else { return };
    let Some((user, hosts)) = authority(url.trim()) else { return };
    let is_elsewhere =
        hosts.split(',').any(|host| !is_loopback_host(host.rsplit_once(':').map_or(host, |(host, _)| host)));
    if user.is_none() && is_elsewhere && !url.contains("authMechanism=") {
        let text = "has no user: anyone on its network could write to the database. Add `USER:PASSWORD@`";
        // The part after the `?` may contain a password, too.
        let (address, options) = url.trim().split_once('?').map_or((url.trim(), ""), |(address, _)| (address, "?…"));
        let fix = Fix::set(name, format!("{}{options}", address.replacen("://", "://USER:PASSWORD@", 1)));
        let diagnostic = report.insecure(RefusedElseWarned, name, text, fix);
        if values.is_derived(name) {
            diagnostic.beside(MONGO_URL.name());
        }
    }
}

fn encryption_key(values: &Values, context: &Context<'_>, report: &mut Report) {
    let name = ENCRYPTION_KEY.name();
    if !values.has(name) {
        absent(name, context, report);
    }
    let text = values.text(name).unwrap_or_default();
    if items(text).any(is_published) {
        let text = "is a published example";
        report.insecure(RefusedElseWarned, name, text, Fix::NewSecret(name));
    } else if items(text).filter_map(decode_key).any(|key| is_monotonous(&key)) {
        report.insecure(RefusedElseWarned, name, "repeats a single byte", Fix::NewSecret(name));
    }
}
