//! The database, and the keys that encrypt its contents.

use std::{path::PathBuf, time::Duration};

use portcullis_core::seal::EncryptionKey;

use super::{
    section::{Context, Section, settings},
    tokens::JWT_SECRET,
    weak_secrets::{absent, is_patterned, is_published},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{DATABASE, DURATION, Database, KEYS, MONGODB, PATH, authority, decode_key, is_loopback_host, items},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Storage", SETTINGS).deriving(derive).checked(check);

settings! {
    DATA_DIR: PathBuf = PATH, Fixed("./data"),
        "Folder of the embedded database and of generated secrets.";
    DATABASE_URL: Database = DATABASE, Derived("`MONGO_URL`, else `sqlite://DATA_DIR/portcullis.db`"),
        "Database: an SQLite file (`sqlite://PATH`) or a MongoDB replica set (`mongodb://HOST/DATABASE`).";
    DATABASE_TIMEOUT: Duration = DURATION, Fixed("1500ms"),
        "Timeout of a MongoDB operation, and of waiting for an SQLite file locked by another process. Requests that exceed it get a 503 response.";
    DATABASE_WAIT_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "How long the server waits for MongoDB at startup.";
    ENCRYPTION_KEY: Vec<EncryptionKey> = KEYS, Derived("generated in development"),
        "Key of 32 random bytes in base64 that encrypts the keys of the realms. Several keys can be given, separated by commas. The first one encrypts, all of them can decrypt.", secret, random;
    MONGO_URL: Database = MONGODB, Nothing,
        "Alternative name of `DATABASE_URL` for MongoDB.", secret;
}

#[derive(Debug)]
pub struct Store {
    /// `DATA_DIR`. The folder may not exist yet.
    pub data_dir: PathBuf,
    pub database_url: Database,
    pub database_timeout: Duration,
    pub database_wait_timeout: Duration,
    /// `ENCRYPTION_KEY`, at least one key. The first one wraps new keys. All of them can unwrap.
    pub encryption_keys: Vec<EncryptionKey>,
}

impl Store {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            data_dir: values.path(&DATA_DIR)?,
            database_url: database(values)?,
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
    let path = format!("{}/portcullis.db", folder.to_str()?.trim_end_matches('/'));
    // In a URL, these characters start the query and the fragment.
    Some(format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F").replace('#', "%23")))
}

/// Returns the database, with an absolute path if it is a file.
fn database(values: &Values) -> Option<Database> {
    Some(match values.get(&DATABASE_URL)? {
        Database::Sqlite(path) => Database::Sqlite(values.absolute(&path)),
        #[cfg(feature = "mongodb")]
        url @ Database::MongoDb(_) => url,
    })
}

/// Returns the database file, if it exists and is not empty.
pub(in crate::config) fn existing_database(values: &Values) -> Option<PathBuf> {
    match database(values)? {
        Database::Sqlite(path) => path.metadata().is_ok_and(|metadata| metadata.len() > 0).then_some(path),
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => None,
    }
}

/// Returns whether several servers can share the database.
pub(in crate::config) fn is_shared_database(values: &Values) -> bool {
    !matches!(database(values), Some(Database::Sqlite(_)) | None)
}

/// Returns the fix for a missing or wrong key. It does not suggest a new key, because existing data is lost without
/// the old one.
pub(in crate::config) fn lost_key(values: &Values) -> Fix {
    Fix::Do(if is_shared_database(values) {
        "set the key of the other servers; for a new database, `openssl rand -base64 32` prints one".to_owned()
    } else {
        match existing_database(values) {
            Some(path) => format!(
                "restore the key with which the database was created; to start with an empty database, move {} away",
                path.display()
            ),
            None => "restore the key with which the database was created".to_owned(),
        }
    })
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    credentials(values, report);
    certificates(values, report);
    encryption_key(values, context, report);
}

/// Rejects a MongoDB URL without a user. TLS is not required, because it may be unnecessary in a private network.
fn credentials(values: &Values, report: &mut Report) {
    let name = DATABASE_URL.name();
    let Some(url) = values.text(name).map(str::trim).filter(|text| text.starts_with("mongodb")) else { return };
    let Some((user, hosts)) = authority(url) else { return };
    let is_elsewhere =
        hosts.split(',').any(|host| !is_loopback_host(host.rsplit_once(':').map_or(host, |(host, _)| host)));
    if user.is_none() && is_elsewhere && !url.contains("authMechanism=") {
        let text = "has no user: anyone on its network could write to the database. Add `USER:PASSWORD@`";
        // The part after the `?` may also contain a password.
        let (address, options) = url.split_once('?').map_or((url, ""), |(address, _)| (address, "?…"));
        let fix = if url.contains('@') {
            Fix::Do(format!("write USER:PASSWORD@ before the host in {name}"))
        } else {
            Fix::set(name, format!("{}{options}", address.replacen("://", "://USER:PASSWORD@", 1)))
        };
        let diagnostic = report.insecure(RefusedElseWarned, name, text, fix);
        if values.is_derived(name) {
            diagnostic.beside(MONGO_URL.name());
        }
    }
}

/// Returns whether one of the keys is also used as `JWT_SECRET`.
fn is_jwt_secret(values: &Values, keys: &str) -> bool {
    let Some(secret) = values.text(JWT_SECRET.name()).map(str::trim) else { return false };
    let bytes = decode_key(secret);
    items(keys).any(|key| key == secret || bytes.is_some() && decode_key(key) == bytes)
}

/// MongoDB URL options that disable certificate checks, in lower case.
const UNCHECKED: [&str; 5] = [
    "tlsinsecure",
    "tlsallowinvalidcertificates",
    "tlsallowinvalidhostnames",
    "sslallowinvalidcertificates",
    "sslallowinvalidhostnames",
];

/// Rejects a URL that accepts any certificate. A man in the middle could impersonate the database.
fn certificates(values: &Values, report: &mut Report) {
    let name = DATABASE_URL.name();
    let Some(url) = values.text(name).map(str::trim).filter(|text| text.starts_with("mongodb")) else { return };
    let Some((_, options)) = url.split_once('?') else { return };
    let off = options.split('&').filter_map(|option| option.split_once('=')).find(|(option, value)| {
        UNCHECKED.contains(&option.to_ascii_lowercase().as_str()) && value.eq_ignore_ascii_case("true")
    });
    if let Some((option, _)) = off {
        let text = format!(
            "has {option}=true: anyone on its network could impersonate the database. For a private root certificate, use tlsCAFile"
        );
        let fix = Fix::Do(format!("remove {option} from {name}"));
        let diagnostic = report.insecure(RefusedElseWarned, name, text, fix);
        if values.is_derived(name) {
            diagnostic.beside(MONGO_URL.name());
        }
    }
}

fn encryption_key(values: &Values, context: &Context<'_>, report: &mut Report) {
    let name = ENCRYPTION_KEY.name();
    if !values.has(name) {
        let has_key = is_shared_database(values) || existing_database(values).is_some();
        let fix = if has_key { lost_key(values) } else { Fix::NewSecret(name) };
        absent(name, fix, context, report);
    }
    let text = values.text(name).unwrap_or_default();
    let keys = || items(text).filter_map(decode_key);
    let why = if items(text).any(is_published) {
        "is a published example"
    } else if keys().any(|key| is_patterned(&key)) {
        "is a repeated or counting sequence"
    } else if is_jwt_secret(values, text) {
        "is the same as JWT_SECRET, which services that verify tokens may also have"
    } else {
        return;
    };
    // The database cannot be read without its current key.
    let rotate = "put a new key (`openssl rand -base64 32` prints one) in front of this one, with a comma between them";
    report.insecure(RefusedElseWarned, name, why, Fix::Do(rotate.to_owned()));
}
