//! The settings as the rest of the server sees them: typed, by subject.

mod accounts;
mod branding;
mod http;
mod limits;
mod log;
mod mail;
mod storage;
mod tokens;

pub use accounts::{Accounts, Argon2, Hashing, Password};
pub(crate) use branding::Looks;
pub use http::Http;
pub use log::Log;
pub use mail::{Credentials, Mail, MailTls, MailTransport, Sms, Smtp, Twilio};
pub use storage::Store;
pub use tokens::{Signing, Token};

use std::path::PathBuf;

use portcullis_core::{id::RealmName, limit::Limits};

use super::{
    choices::Environment,
    table::{APP_NAME, ENVIRONMENT, PUBLIC_URL, REALMS, TEMPLATES_DIR},
    value::PublicUrl,
    values::Values,
};

/// Everything that can be set.
#[derive(Debug)]
pub struct Config {
    /// Where the server runs.
    pub environment: Environment,
    /// The name that pages and mails show.
    pub app_name: String,
    /// What links start with.
    pub public_url: PublicUrl,
    /// The realms; at least one.
    pub realms: Vec<RealmName>,
    /// A folder whose files replace the built-in templates.
    pub templates_dir: Option<PathBuf>,
    /// How the server listens.
    pub http: Http,
    /// Where it stores.
    pub store: Store,
    /// Its access tokens and sessions.
    pub token: Token,
    /// The life of an account.
    pub accounts: Accounts,
    /// Passwords and their hashes.
    pub password: Password,
    /// How often things may be done.
    pub limits: Limits,
    /// Where its mails go.
    pub mail: Mail,
    /// Where its short messages go.
    pub sms: Sms,
    /// What it logs.
    pub log: Log,
}

impl Config {
    /// Reads the typed values; none when one is missing or of the wrong form, which has been reported.
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            environment: values.get(&ENVIRONMENT)?,
            app_name: values.get(&APP_NAME)?,
            public_url: values.get(&PUBLIC_URL)?,
            realms: values.get(&REALMS)?,
            templates_dir: values.path(&TEMPLATES_DIR),
            http: Http::read(values)?,
            store: Store::read(values)?,
            token: Token::read(values)?,
            accounts: Accounts::read(values)?,
            password: Password::read(values)?,
            limits: limits::read(values)?,
            mail: Mail::read(values)?,
            sms: Sms::read(values)?,
            log: Log::read(values)?,
        })
    }
}
