//! Selects an implementation for each core port from the settings. The only file that names backends.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

#[cfg(feature = "mongodb")]
use portcullis_backends::mongodb;
use portcullis_backends::{
    dev_mailbox::DevMailbox,
    hash::{self, HashPool},
    mail::{Security, SmtpSender, SmtpSettings},
    memory::{MemoryAccounts, MemoryCounters, MemorySessions},
    sms::{TwilioSender, TwilioSettings},
    sqlite::{self, SqliteStore},
};
use portcullis_core::{
    clock::Clock,
    port::{AccountCache, Counters, MailSender, Mailbox, PasswordHasher, SessionCache, SmsSender, Store},
    random::Random,
    service::check_encryption_keys,
};
#[cfg(feature = "mongodb")]
use portcullis_core::{id::RealmName, node::CLOCK_TOLERANCE};
use tokio::task::spawn_blocking;

use super::BuildError;
use crate::config::{self, Config, Database, Environment, MailTls, MailTransport, create_private_dir};

/// Database name shown on the landing page.
pub(super) const DATABASE: &str = "SQLite";
/// File of the development mailbox in the data folder.
const MAILBOX_FILE: &str = "mailbox.jsonl";
/// How long an idle hash thread keeps its Argon2 memory.
const HASH_IDLE: Duration = Duration::from_secs(60);

/// Reason why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Another process has locked the database.
    #[error(transparent)]
    Served(#[from] sqlite::LockError),
    /// The database cannot be opened or migrated.
    #[error(transparent)]
    Open(#[from] sqlite::OpenError),
    /// MongoDB cannot be opened or migrated.
    #[cfg(feature = "mongodb")]
    #[error(transparent)]
    MongoDb(#[from] mongodb::OpenError),
}

/// Reason why messages cannot be sent with these settings.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The file with the CA certificate cannot be read.
    #[error("MAIL_CA_FILE {0} cannot be read")]
    CaFile(PathBuf, #[source] io::Error),
    /// The sender cannot be created.
    #[error("the email or SMS settings cannot be used")]
    Settings(#[source] portcullis_core::error::Cause),
}

/// Opens the database. If it allows only one process, also returns the lock that excludes others.
pub(super) async fn store(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<(Arc<dyn Store>, Option<sqlite::ServeLock>), BuildError> {
    match &config.store.database_url {
        Database::Sqlite(path) => {
            // SQLite has a single writer thread, so batches never conflict and no random backoff is needed.
            drop(random);
            make_data_dir(config)?;
            let lock = sqlite::ServeLock::acquire(path).map_err(DatabaseError::from)?;
            let (path, now, patience) = (path.clone(), clock.now(), config.store.database_timeout);
            // Opening may block on another process, so it runs on its own thread and a stop signal is still handled.
            let opened = spawn_blocking(move || SqliteStore::open_with_patience(&path, now, patience)).await;
            let store = opened.map_err(|error| BuildError::Task(error.into()))?.map_err(DatabaseError::from)?;
            free_leases(&store).await;
            Ok((Arc::new(store), Some(lock)))
        }
        #[cfg(feature = "mongodb")]
        Database::MongoDb(url) => {
            let store = mongodb::MongoStore::open(&mongodb_settings(config, url, &**clock), clock.now(), random).await;
            Ok((Arc::new(store.map_err(DatabaseError::from)?), None))
        }
    }
}

/// Opens the database while another process serves it, without migrating it.
pub(super) async fn store_beside(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: Arc<dyn Random>,
) -> Result<Arc<dyn Store>, BuildError> {
    match &config.store.database_url {
        Database::Sqlite(path) => {
            drop(random);
            make_data_dir(config)?;
            let (path, now, patience) = (path.clone(), clock.now(), config.store.database_timeout);
            let opened = spawn_blocking(move || SqliteStore::open_beside(&path, now, patience)).await;
            Ok(Arc::new(opened.map_err(|error| BuildError::Task(error.into()))?.map_err(DatabaseError::from)?))
        }
        #[cfg(feature = "mongodb")]
        Database::MongoDb(url) => {
            let settings = mongodb_settings(config, url, &**clock);
            let store = mongodb::MongoStore::open_beside(&settings, clock.now(), random).await;
            Ok(Arc::new(store.map_err(DatabaseError::from)?))
        }
    }
}

/// Releases the message leases of a killed process, because no other process uses this database.
async fn free_leases(store: &SqliteStore) {
    match store.free_leases().await {
        Ok(0) => {}
        Ok(freed) => tracing::info!(messages = freed, "leases of a killed process released"),
        // Without this, leases expire later.
        Err(error) => tracing::warn!(%error, "leases of a killed process not released"),
    }
}

/// Returns the database schema version.
pub(super) fn schema_version(config: &Config) -> u32 {
    match &config.store.database_url {
        Database::Sqlite(_) => sqlite::schema_version(),
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => mongodb::schema_version(),
    }
}

/// Returns the interval at which the server writes its status. SQLite has only one server and its own probe.
pub(super) const fn heartbeat(config: &Config) -> Duration {
    match &config.store.database_url {
        Database::Sqlite(_) => Duration::from_secs(60),
        #[cfg(feature = "mongodb")]
        Database::MongoDb(_) => Duration::from_secs(5),
    }
}

#[cfg(feature = "mongodb")]
fn mongodb_settings(config: &Config, url: &portcullis_core::SecretString, clock: &dyn Clock) -> mongodb::Settings {
    mongodb::Settings {
        url: url.clone(),
        realms: config.realms.iter().cloned().chain([RealmName::admin()]).collect(),
        timeout: config.store.database_timeout,
        patience: config.store.database_wait_timeout,
        // A manual clock differs from every other clock.
        clock_tolerance: clock.is_of_machine().then_some(CLOCK_TOLERANCE),
    }
}

pub(super) fn hasher(password: &config::Password) -> Result<Arc<dyn PasswordHasher>, hash::StartError> {
    let config::Password { argon2, hashing, .. } = password;
    let pool = HashPool::start(hash::Settings {
        memory_kib: argon2.memory_kib,
        iterations: argon2.iterations,
        parallelism: argon2.parallelism,
        threads: hashing.threads,
        queue: hashing.queue,
        deadline: hashing.deadline,
        idle: HASH_IDLE,
    })?;
    Ok(Arc::new(pool))
}

pub(super) fn sessions() -> Arc<dyn SessionCache> {
    Arc::new(MemorySessions::default())
}

pub(super) fn accounts() -> Arc<dyn AccountCache> {
    Arc::new(MemoryAccounts::default())
}

pub(super) fn counters() -> Arc<dyn Counters> {
    Arc::new(MemoryCounters::default())
}

/// Senders of emails and SMS.
pub(super) struct Senders {
    pub(super) mailer: Arc<dyn MailSender>,
    pub(super) sms: Option<Arc<dyn SmsSender>>,
    /// Development mailbox, which then receives both emails and SMS.
    pub(super) mailbox: Option<Arc<dyn Mailbox>>,
}

pub(super) fn senders(config: &Config, clock: &Arc<dyn Clock>) -> Result<Senders, MailError> {
    match &config.mail.transport {
        MailTransport::Smtp(smtp) => {
            let mailer = Arc::new(self::smtp(config, smtp, clock)?);
            Ok(Senders { mailer, sms: sms(config, smtp.timeout)?, mailbox: None })
        }
        MailTransport::DevMailbox { size } => {
            let file = config.store.data_dir.join(MAILBOX_FILE);
            let mailbox = Arc::new(DevMailbox::open(*size, Arc::clone(clock), file));
            Ok(Senders {
                mailer: Arc::clone(&mailbox) as _,
                sms: Some(Arc::clone(&mailbox) as _),
                mailbox: Some(mailbox),
            })
        }
    }
}

/// Creates the SMS sender if an account is configured. In development, an invalid account (such as the placeholders of
/// an example file) is treated as missing.
fn sms(config: &Config, timeout: Duration) -> Result<Option<Arc<dyn SmsSender>>, MailError> {
    let Some(account) = &config.sms.twilio else { return Ok(None) };
    match twilio(account, timeout) {
        Ok(sender) => Ok(Some(Arc::new(sender))),
        Err(error) if config.environment == Environment::Development => {
            tracing::warn!(error = %std::error::Error::source(&error).unwrap_or(&error), "SMS disabled: invalid Twilio settings");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn twilio(twilio: &config::Twilio, timeout: Duration) -> Result<TwilioSender, MailError> {
    let settings = TwilioSettings {
        api_url: twilio.api_url.clone(),
        sid: twilio.sid.clone(),
        auth_token: twilio.auth_token.clone(),
        from: twilio.number.clone(),
        timeout,
    };
    TwilioSender::new(settings).map_err(|error| MailError::Settings(error.into()))
}

/// Checks whether startup would reject the database or the keys, as far as possible without opening the database.
pub(super) fn probe(config: &Config) -> Result<(), BuildError> {
    match &config.store.database_url {
        Database::Sqlite(path) => {
            let is_created = |folder: &Path| folder.exists() || config.store.data_dir.starts_with(folder);
            if !path.parent().is_some_and(is_created) {
                let (path, source) = (path.clone(), ErrorKind::NotFound.into());
                return Err(DatabaseError::from(sqlite::OpenError::Create { path, source }).into());
            }
            let root_keys = sqlite::probe(path).map_err(DatabaseError::from)?;
            Ok(check_encryption_keys(&config.store.encryption_keys, &root_keys)?)
        }
        #[cfg(feature = "mongodb")]
        Database::MongoDb(url) => Ok(mongodb::check_url(url).map_err(DatabaseError::from)?),
    }
}

/// Migrates the database, or only plans the migration. Returns the applied or pending steps.
pub(super) async fn migrate(config: &Config, clock: &dyn Clock, is_plan: bool) -> Result<Vec<String>, BuildError> {
    let step = |version: u32, name: &str| format!("{version:04} {name}");
    match &config.store.database_url {
        Database::Sqlite(path) => {
            let steps = if is_plan {
                sqlite::plan(path)
            } else {
                make_data_dir(config)?;
                sqlite::migrate(path, clock.now())
            };
            Ok(steps.map_err(DatabaseError::from)?.iter().map(|taken| step(taken.version, taken.name)).collect())
        }
        #[cfg(feature = "mongodb")]
        Database::MongoDb(url) => {
            let (settings, now) = (mongodb_settings(config, url, clock), clock.now());
            let run = if is_plan { mongodb::plan } else { mongodb::migrate };
            let steps = run(&settings, now).await.map_err(DatabaseError::from)?;
            Ok(steps.iter().map(|taken| step(taken.version, taken.name)).collect())
        }
    }
}

fn make_data_dir(config: &Config) -> Result<(), BuildError> {
    let data_dir = &config.store.data_dir;
    create_private_dir(data_dir).map_err(|error| BuildError::DataDir(data_dir.clone(), error))
}

fn smtp(config: &Config, smtp: &config::Smtp, clock: &Arc<dyn Clock>) -> Result<SmtpSender, MailError> {
    let read = |file: &PathBuf| fs::read(file).map_err(|error| MailError::CaFile(file.clone(), error));
    let settings = SmtpSettings {
        server: smtp.server.clone(),
        port: smtp.port,
        security: match smtp.tls {
            MailTls::None => Security::Plain,
            MailTls::StartTls => Security::StartTls,
            MailTls::Implicit => Security::ImplicitTls,
        },
        credentials: smtp.credentials.as_ref().map(|given| (given.username.clone(), given.password.clone())),
        validate_certs: smtp.validate_certs,
        ca_pem: smtp.ca_file.as_ref().map(read).transpose()?,
        from: config.mail.from.clone(),
        from_name: config.mail.from_name.clone(),
        helo: smtp.helo.clone(),
        timeout: smtp.timeout,
        reply_timeout: smtp.reply_timeout,
        pool_size: config.mail.workers,
    };
    SmtpSender::new(settings, Arc::clone(clock)).map_err(|error| MailError::Settings(error.into()))
}
