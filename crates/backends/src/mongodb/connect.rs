//! Connects to the database, and checks that it is usable.

use std::time::{Duration, Instant};

use mongodb::{
    Client, Database,
    bson::{Document, doc},
    error::{Error, ErrorKind},
    options::{ClientOptions, ConnectionString, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern},
};
use portcullis_core::{ExposeSecret, SecretString, clock::Timestamp, id::RealmName};

use super::{
    error::{OpenError, is_passing},
    url::with_known_options,
};

/// Database name if the URL has none.
const DATABASE: &str = "auth";
/// Application name in MongoDB's logs and operation lists.
pub(super) const NAME: &str = "portcullis";
/// Default maximum number of connections to a server.
const CONNECTIONS: u32 = 64;
/// Default interval of the driver's server monitoring.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// Pause between connection attempts at startup.
const AGAIN: Duration = Duration::from_millis(500);
/// Wire version of MongoDB 5.0. Older versions have been unsupported since 2024.
const OLDEST_WIRE_VERSION: i32 = 13;

/// Address and time limits of the database.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `mongodb://…`; may contain a password.
    pub url: SecretString,
    /// Realms, each with its own user collection.
    pub realms: Vec<RealmName>,
    /// Maximum duration of one read or commit.
    pub timeout: Duration,
    /// Maximum wait at startup for a database that does not respond.
    pub patience: Duration,
    /// Maximum skew between the clocks of this machine and the database. `None` accepts any skew.
    pub clock_tolerance: Option<Duration>,
}

/// Time that a newly started member needs to load its replica set configuration. Until then it looks like a member of
/// an uninitiated set.
const LOADING: Duration = Duration::from_secs(5);

/// Checks that a URL is valid, as far as possible without network access.
///
/// # Errors
/// Returns [`OpenError::Url`] if the URL is invalid.
pub fn check_url(url: &SecretString) -> Result<(), OpenError> {
    let url = url.expose_secret();
    let parsed = ConnectionString::parse(with_known_options(url)).map(drop);
    parsed.map_err(|error| OpenError::Url { why: without_password(&error, url) })
}

/// Connects to the database, and waits until it responds.
pub(super) async fn connect(settings: &Settings, now: Timestamp) -> Result<(Client, Database), OpenError> {
    check_url(&settings.url)?;
    let unusable = |error: Error| OpenError::Url { why: without_password(&error, settings.url.expose_secret()) };
    let begun = Instant::now();
    // The hosts of `mongodb+srv` are resolved by DNS, which may become available after this program has started.
    let options = loop {
        match options(settings).await {
            Err(error) if is_passing(&error) && begun.elapsed() < settings.patience => {
                wait("those that DNS names", begun).await
            }
            Err(source) if is_passing(&source) => {
                return Err(OpenError::Away { hosts: "the host of DATABASE_URL".to_owned(), source: source.into() });
            }
            options => break options.map_err(unusable)?,
        }
    };
    let client = Client::with_options(options.clone()).map_err(unusable)?;
    let mut uninitiated_since = None;
    loop {
        let asked = begun.elapsed();
        let answer = hello(&client, &options).await;
        // The clock was read at some moment between the two.
        let times = (now.plus(asked), now.plus(begun.elapsed()));
        let checked = answer.and_then(|answer| check(&answer, hosts(&options), times, settings.clock_tolerance));
        match checked {
            Err(OpenError::Away { hosts, .. }) if begun.elapsed() < settings.patience => wait(&hosts, begun).await,
            Err(OpenError::NotInitiated { hosts })
                if uninitiated_since.get_or_insert_with(Instant::now).elapsed() < settings.patience.min(LOADING) =>
            {
                wait(&hosts, begun).await;
            }
            checked => break checked?,
        }
    }
    let db = client.database(options.default_database.as_deref().unwrap_or(DATABASE));
    Ok((client, db))
}

async fn wait(hosts: &str, begun: Instant) {
    tracing::warn!(hosts, waited = ?begun.elapsed(), "waiting for the database");
    tokio::time::sleep(AGAIN).await;
}

/// Returns the driver's message, or a generic message if it quotes a part of the password or of an option's value.
fn without_password(error: &Error, url: &str) -> String {
    let told = error.kind.to_string();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let user = rest.rsplit_once('@').map_or("", |(before, _)| before);
    let password = user.split_once(':').map_or("", |(_, password)| password);
    let is_quoted =
        |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|part| !part.is_empty() && told.contains(part));
    if is_quoted(password) {
        return "characters such as : / ? # [ ] @ % in a user name or password must be written as %3A, %2F and so on"
            .to_owned();
    }
    let mut options =
        rest.split_once('?').map_or("", |(_, options)| options).split('&').filter_map(|option| option.split_once('='));
    match options.find(|(_, value)| value.len() > 3 && is_quoted(value)) {
        Some((name, _)) if name.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            format!("the option {name} has an invalid value")
        }
        Some(_) => "an option has an invalid value".to_owned(),
        None => told,
    }
}

async fn options(settings: &Settings) -> Result<ClientOptions, Error> {
    let mut options = ClientOptions::parse(with_known_options(settings.url.expose_secret())).await?;
    // Correctness depends on these, so the URL cannot override them.
    options.read_concern = Some(ReadConcern::majority());
    options.write_concern = Some(WriteConcern::majority());
    options.selection_criteria = Some(SelectionCriteria::ReadPreference(ReadPreference::Primary));
    options.retry_reads = Some(true);
    options.retry_writes = Some(true);
    options.app_name = Some(NAME.to_owned());
    options.server_selection_timeout = Some(settings.timeout);
    options.connect_timeout.get_or_insert(settings.timeout);
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    options.max_pool_size.get_or_insert(CONNECTIONS);
    Ok(options)
}

/// Returns the `hello` response of the server that would be written to.
async fn hello(client: &Client, options: &ClientOptions) -> Result<Document, OpenError> {
    let asked = client.database("admin").run_command(doc! { "hello": 1 }).await;
    match asked {
        Ok(answer) if may_write(&answer) || answer.contains_key("isreplicaset") => Ok(answer),
        Ok(_) => {
            let source = Error::custom("this replica set member is not the primary");
            Err(OpenError::Away { hosts: hosts(options), source: source.into() })
        }
        Err(source) if is_passing(&source) => Err(why_none_answers(options, source).await),
        Err(source) => Err(OpenError::Mongo { database: "admin".to_owned(), source: source.into() }),
    }
}

/// Determines why no server accepts writes: one may be reachable but have the wrong type.
async fn why_none_answers(options: &ClientOptions, source: Error) -> OpenError {
    let hosts = hosts(options);
    if !matches!(source.kind.as_ref(), ErrorKind::ServerSelection { .. }) {
        return OpenError::Away { hosts, source: source.into() };
    }
    let mut options = options.clone();
    options.hosts.truncate(1);
    options.direct_connection = Some(true);
    options.repl_set_name = None;
    // A reachable server responds immediately.
    options.server_selection_timeout = options.server_selection_timeout.map(|timeout| timeout / 3);
    let asked = match Client::with_options(options) {
        Ok(client) => client.database("admin").run_command(doc! { "hello": 1 }).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(answer) if answer.contains_key("isreplicaset") => OpenError::NotInitiated { hosts },
        Ok(answer) if is_standalone(&answer) => OpenError::Standalone { hosts },
        _ => OpenError::Away { hosts, source: source.into() },
    }
}

fn check(
    answer: &Document,
    hosts: String,
    (before, after): (Timestamp, Timestamp),
    tolerance: Option<Duration>,
) -> Result<(), OpenError> {
    if answer.contains_key("isreplicaset") {
        return Err(OpenError::NotInitiated { hosts });
    }
    if is_standalone(answer) {
        return Err(OpenError::Standalone { hosts });
    }
    if answer.get_i32("maxWireVersion").is_ok_and(|version| version < OLDEST_WIRE_VERSION) {
        return Err(OpenError::TooOld { hosts });
    }
    if let (Ok(theirs), Some(tolerance)) = (answer.get_datetime("localTime"), tolerance) {
        let theirs = Timestamp::from_millis(theirs.timestamp_millis());
        let skew = before.since(theirs).max(theirs.since(after));
        if skew > tolerance {
            return Err(OpenError::Clock { hosts, skew });
        }
    }
    Ok(())
}

/// Returns whether the server is a primary. A server named directly in the URL may not be one, or not yet.
fn may_write(answer: &Document) -> bool {
    answer.get_bool("isWritablePrimary").unwrap_or_default()
}

/// Returns whether the server is neither a replica set member nor a `mongos` router.
fn is_standalone(answer: &Document) -> bool {
    !answer.contains_key("setName") && !answer.contains_key("isreplicaset") && answer.get_str("msg").is_err()
}

fn hosts(options: &ClientOptions) -> String {
    let hosts: Vec<_> = options.hosts.iter().map(ToString::to_string).collect();
    hosts.join(",")
}
