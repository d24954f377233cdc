use std::{path::PathBuf, time::Duration};

use portcullis_core::SecretString;

use crate::config::{
    table::{
        DEV_MAILBOX, DEV_MAILBOX_SIZE, MAIL_CA_FILE, MAIL_FROM, MAIL_FROM_NAME, MAIL_PASSWORD, MAIL_PORT, MAIL_SERVER,
        MAIL_SSL_TLS, MAIL_STARTTLS, MAIL_TIMEOUT, MAIL_USERNAME, MAIL_WORKERS, USE_CREDENTIALS, VALIDATE_CERTS,
    },
    values::Values,
};

/// Where mails go.
#[derive(Debug)]
pub struct Mail {
    /// `MAIL_FROM`
    pub from: String,
    /// `MAIL_FROM_NAME`
    pub from_name: String,
    /// `MAIL_WORKERS`
    pub workers: usize,
    /// Who takes them.
    pub delivery: Delivery,
}

/// Who takes the mails.
#[derive(Debug)]
pub enum Delivery {
    /// An SMTP server.
    Smtp(Smtp),
    /// The development mailbox, which keeps so many.
    DevMailbox {
        /// `DEV_MAILBOX_SIZE`
        size: usize,
    },
}

/// An SMTP server.
#[derive(Debug)]
pub struct Smtp {
    /// `MAIL_SERVER`
    pub server: String,
    /// `MAIL_PORT`
    pub port: u16,
    /// `MAIL_STARTTLS` and `MAIL_SSL_TLS`.
    pub tls: MailTls,
    /// `VALIDATE_CERTS`
    pub validate_certs: bool,
    /// `MAIL_CA_FILE`
    pub ca_file: Option<PathBuf>,
    /// `MAIL_USERNAME` and `MAIL_PASSWORD`, unless `USE_CREDENTIALS` is off.
    pub credentials: Option<Credentials>,
    /// `MAIL_TIMEOUT`
    pub timeout: Duration,
}

/// How the connection to the SMTP server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// Not at all.
    None,
    /// By STARTTLS, without which nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// A login at the SMTP server.
#[derive(Debug)]
pub struct Credentials {
    /// `MAIL_USERNAME`
    pub username: String,
    /// `MAIL_PASSWORD`
    pub password: SecretString,
}

impl Mail {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let delivery = if values.get(&DEV_MAILBOX)? {
            Delivery::DevMailbox { size: values.get(&DEV_MAILBOX_SIZE)? }
        } else {
            Delivery::Smtp(Smtp::read(values)?)
        };
        Some(Self {
            from: values.get(&MAIL_FROM)?,
            from_name: values.get(&MAIL_FROM_NAME)?,
            workers: values.get(&MAIL_WORKERS)?,
            delivery,
        })
    }
}

impl Smtp {
    fn read(values: &Values) -> Option<Self> {
        let tls = match (values.get(&MAIL_STARTTLS)?, values.get(&MAIL_SSL_TLS)?) {
            (_, true) => MailTls::Implicit,
            (true, false) => MailTls::StartTls,
            (false, false) => MailTls::None,
        };
        let credentials = if values.get(&USE_CREDENTIALS)? {
            Some(Credentials { username: values.get(&MAIL_USERNAME)?, password: values.get(&MAIL_PASSWORD)? })
        } else {
            None
        };
        Some(Self {
            server: values.get(&MAIL_SERVER)?,
            port: values.get(&MAIL_PORT)?,
            tls,
            validate_certs: values.get(&VALIDATE_CERTS)?,
            ca_file: values.path(&MAIL_CA_FILE),
            credentials,
            timeout: values.get(&MAIL_TIMEOUT)?,
        })
    }
}
