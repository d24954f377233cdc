use std::{path::PathBuf, time::Duration};

use portcullis_core::SecretString;

use crate::config::{
    table::{
        DEV_MAILBOX, DEV_MAILBOX_SIZE, MAIL_CA_FILE, MAIL_FROM, MAIL_FROM_NAME, MAIL_PASSWORD, MAIL_PORT, MAIL_SERVER,
        MAIL_SSL_TLS, MAIL_STARTTLS, MAIL_TIMEOUT, MAIL_USERNAME, MAIL_WORKERS, SMS_COUNTRIES, TWILIO_API_URL,
        TWILIO_AUTH_TOKEN, TWILIO_NUMBER, TWILIO_SID, USE_CREDENTIALS, VALIDATE_CERTS,
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
    pub transport: MailTransport,
}

/// Short messages.
#[derive(Debug)]
pub struct Sms {
    /// Who takes them; none where there is no account, and in the development mailbox's place.
    pub twilio: Option<Twilio>,
    /// `SMS_COUNTRIES`
    pub countries: Option<Vec<String>>,
}

/// An account at Twilio.
#[derive(Debug)]
pub struct Twilio {
    /// `TWILIO_SID`
    pub sid: String,
    /// `TWILIO_AUTH_TOKEN`
    pub auth_token: SecretString,
    /// `TWILIO_NUMBER`
    pub number: String,
    /// `TWILIO_API_URL`
    pub api_url: String,
}

impl Sms {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let twilio = match values.get(&TWILIO_SID) {
            None => None,
            Some(sid) => Some(Twilio {
                sid,
                auth_token: values.get(&TWILIO_AUTH_TOKEN)?,
                number: values.get(&TWILIO_NUMBER)?,
                api_url: values.get(&TWILIO_API_URL)?,
            }),
        };
        Some(Self { twilio, countries: values.get(&SMS_COUNTRIES) })
    }
}

/// Who takes the mails.
#[derive(Debug)]
pub enum MailTransport {
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
        let transport = if values.get(&DEV_MAILBOX)? {
            MailTransport::DevMailbox { size: values.get(&DEV_MAILBOX_SIZE)? }
        } else {
            MailTransport::Smtp(Smtp::read(values)?)
        };
        Some(Self {
            from: values.get(&MAIL_FROM)?,
            from_name: values.get(&MAIL_FROM_NAME)?,
            workers: values.get(&MAIL_WORKERS)?,
            transport,
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
