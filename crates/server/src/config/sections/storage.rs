//! Where the server stores, and the key that seals what it stores.

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
        "The folder of the embedded database and of generated secrets.";
    DATABASE_URL: Database = DATABASE, Derived("`MONGO_URL`, or else `sqlite://DATA_DIR/portcullis.db`"),
        "Where to store: a file of SQLite's, as `sqlite://PATH`, or a MongoDB replica set, as `mongodb://HOST/DATABASE`.";
    DATABASE_TIMEOUT: Duration = DURATION, Fixed("1500ms"),
        "The longest time that one piece of work in MongoDB may take; after it the answer is 503.";
    DATABASE_WAIT_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "How long the start waits for a MongoDB that does not answer yet.";
    ENCRYPTION_KEY: Vec<EncryptionKey> = KEYS, Derived("generated in development"),
        "32 random bytes in base64 that wrap the realms' keys; of several the first wraps, all unwrap.", secret, random;
    MONGO_URL: Database = MONGODB, Nothing,
        "The origin's name for a `DATABASE_URL` of MongoDB.", secret;
    REDIS_HOST: String = HOST_NAME, Nothing,
        "The host of a Redis server for a shared cache.", reserved;
    REDIS_PORT: u16 = PORT_NUMBER, Nothing,
        "The port of the Redis server.", reserved;
    REDIS_URL: () = REDIS, Nothing,
        "The Redis server as a URL.", secret, reserved;
}

/// Where the server stores.
#[derive(Debug)]
pub struct Store {
    /// `DATA_DIR`; it need not be there yet.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`.
    pub database_url: Database,
    /// `DATABASE_TIMEOUT`.
    pub database_timeout: Duration,
    /// `DATABASE_WAIT_TIMEOUT`.
    pub database_wait_timeout: Duration,
    /// `ENCRYPTION_KEY`: the first wraps, all unwrap; at least one.
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

/// Neither TLS, which a network of one's own may go without, nor how strong the password is, which only the database knows.
fn database(values: &Values, report: &mut Report) {
    let name = DATABASE_URL.name();
    let Some(url) = values.text(name).filter(|text| text.trim().starts_with("mongodb")) else { return };
    let Some((user, hosts)) = authority(url.trim()) else { return };
    let is_elsewhere =
        hosts.split(',').any(|host| !is_loopback_host(host.rsplit_once(':').map_or(host, |(host, _)| host)));
    if user.is_none() && is_elsewhere && !url.contains("authMechanism=") {
        let text = "has no user, so that anybody on its network can write to the database: give it `USER:PASSWORD@`";
        // What stands behind the `?` may be a password, too.
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
        let text = "is an example that everybody knows";
        report.insecure(RefusedElseWarned, name, text, Fix::NewSecret(name));
    } else if items(text).filter_map(decode_key).any(|key| is_monotonous(&key)) {
        report.insecure(RefusedElseWarned, name, "is one byte over and over", Fix::NewSecret(name));
    }
}
