//! Email settings: the SMTP server, or the development mailbox.

use std::{fs, path::PathBuf, time::Duration};

use portcullis_core::SecretString;

use super::{
    dev_mailbox::{self, DEV_MAILBOX, DEV_MAILBOX_SIZE},
    general::{APP_NAME, PUBLIC_URL},
    section::{Context, Section, settings},
};
use crate::config::{
    developer_access::DeveloperAccess,
    environment::Environment,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{
        DELAY, DURATION, HELO, HOST_NAME, MAILBOX, PATH, PORT_NUMBER, PublicUrl, SECRET, SWITCH, TEXT,
        is_loopback_host, number,
    },
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Mail", SETTINGS).deriving(derive).checked(check);

/// Port for implicit TLS (RFC 8314 §7.3).
const IMPLICIT_TLS_PORT: u16 = 465;

settings! {
    MAIL_SERVER: String = HOST_NAME, Nothing,
        "Host of the SMTP server.";
    MAIL_PORT: u16 = PORT_NUMBER, Derived("`587`, or `465` with `MAIL_SSL_TLS`"),
        "Port of the SMTP server.";
    MAIL_STARTTLS: bool = SWITCH, Derived("`on`, or `off` with `MAIL_SSL_TLS`"),
        "Whether the connection is upgraded with STARTTLS. If the server does not offer it, nothing is sent.";
    MAIL_SSL_TLS: bool = SWITCH, Derived("`on` if `MAIL_PORT` is 465, else `off`"),
        "Whether the connection uses TLS from the start (implicit TLS). Port 465 always means implicit TLS, even with `MAIL_STARTTLS=on`.";
    USE_CREDENTIALS: bool = SWITCH, Derived("`on` if `MAIL_USERNAME` is set"),
        "Whether to log in to the SMTP server.";
    MAIL_USERNAME: String = TEXT, Nothing,
        "User name for the SMTP server.";
    MAIL_PASSWORD: SecretString = SECRET, Nothing,
        "Password for the SMTP server.", secret;
    VALIDATE_CERTS: bool = SWITCH, Fixed("on"),
        "Whether the certificate of the SMTP server is verified.";
    MAIL_CA_FILE: PathBuf = PATH, Nothing,
        "PEM file with the root certificate of the SMTP server. No other root is trusted then.";
    MAIL_FROM: String = MAILBOX, Derived("`no-reply@` and the host of `PUBLIC_URL`"),
        "Sender address of emails.";
    MAIL_FROM_NAME: String = TEXT, Derived("`APP_NAME`"),
        "Sender name of emails.";
    MAIL_WORKERS: usize = number::<_, 1, 64>(), Fixed("4"),
        "Number of concurrent deliveries, for emails and for SMS each.";
    MAIL_HELO: String = HELO, Derived("host of `PUBLIC_URL` if it is a domain, else the address of the connection as a literal"),
        "Name sent to the SMTP server in EHLO: a domain, or an address literal such as `[192.0.2.1]`.";
    MAIL_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "Timeout until the SMTP server has accepted sender and recipient of an email, and again for sending it.";
    MAIL_REPLY_TIMEOUT: Duration = DURATION, Fixed("10m"),
        "Timeout of the SMTP server's final reply after the whole email was sent (RFC 5321 §4.5.3.2). If it is too short, emails may be delivered twice.";
    MESSAGE_DELAY: Duration = DELAY, Derived("`3s`, or `0s` with the development mailbox"),
        "Maximum random delay before an email or SMS is sent. The minimum is a sixth of it. Without a delay, response times during a delivery could reveal which addresses have an account.";
}

#[derive(Debug)]
pub struct Mail {
    pub from: String,
    pub from_name: String,
    pub workers: usize,
    /// Maximum random delay before delivery.
    pub delay: Duration,
    /// Access rules of the development mailbox.
    pub developers: DeveloperAccess,
    /// Where emails are delivered.
    pub transport: MailTransport,
}

/// Where emails are delivered.
#[derive(Debug)]
pub enum MailTransport {
    /// An SMTP server.
    Smtp(Smtp),
    /// The development mailbox.
    DevMailbox { size: usize },
}

/// SMTP server settings.
#[derive(Debug)]
pub struct Smtp {
    pub server: String,
    pub port: u16,
    /// `MAIL_STARTTLS` and `MAIL_SSL_TLS`.
    pub tls: MailTls,
    pub validate_certs: bool,
    pub ca_file: Option<PathBuf>,
    /// `MAIL_USERNAME` and `MAIL_PASSWORD`. `None` if `USE_CREDENTIALS` is off.
    pub credentials: Option<Credentials>,
    /// `MAIL_HELO`. `None` uses the address of each connection.
    pub helo: Option<String>,
    pub timeout: Duration,
    pub reply_timeout: Duration,
}

/// Encryption of the connection to the SMTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    None,
    /// STARTTLS. If the server does not offer it, nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Implicit,
}

#[derive(Debug)]
pub struct Credentials {
    pub username: String,
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
            delay: values.get(&MESSAGE_DELAY)?,
            developers: dev_mailbox::access(values)?,
            transport,
        })
    }
}

impl Smtp {
    fn read(values: &Values) -> Option<Self> {
        let port = values.get(&MAIL_PORT)?;
        let tls = match (values.get(&MAIL_STARTTLS)?, values.get(&MAIL_SSL_TLS)?) {
            (_, true) => MailTls::Implicit,
            // This port never uses STARTTLS. Client and server would wait for each other.
            (true, false) if port == IMPLICIT_TLS_PORT => MailTls::Implicit,
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
            port,
            tls,
            validate_certs: values.get(&VALIDATE_CERTS)?,
            ca_file: values.path(&MAIL_CA_FILE),
            credentials,
            helo: values.get(&MAIL_HELO),
            timeout: values.get(&MAIL_TIMEOUT)?,
            reply_timeout: values.get(&MAIL_REPLY_TIMEOUT)?,
        })
    }
}

fn derive(values: &mut Values, environment: Environment) {
    let by_tls =
        |values: &Values, with, without: &str| Some(if values.get(&MAIL_SSL_TLS)? { with } else { without }.to_owned());
    let switch = |on: bool| Some(if on { "on" } else { "off" }.to_owned());
    values.derive(&MAIL_SSL_TLS, |values| switch(values.get(&MAIL_PORT) == Some(IMPLICIT_TLS_PORT)));
    values.derive(&MAIL_PORT, |values| by_tls(values, "465", "587"));
    values.derive(&MAIL_STARTTLS, |values| by_tls(values, "off", "on"));
    values.derive(&USE_CREDENTIALS, |values| switch(values.has(MAIL_USERNAME.name())));
    values.derive(&MAIL_FROM, mail_from);
    // A host name without a dot is meaningless to a mail server.
    values.derive(&MAIL_HELO, |values| domain(values.get(&PUBLIC_URL)?.host()).filter(|domain| domain.contains('.')));
    values.derive(&MAIL_FROM_NAME, |values| values.get(&APP_NAME));
    let has_server = values.has(MAIL_SERVER.name());
    dev_mailbox::derive(values, environment, has_server);
    // The mailbox shows everything immediately, so there is nothing to conceal.
    values.derive(&MESSAGE_DELAY, |values| Some(if values.get(&DEV_MAILBOX)? { "0s" } else { "3s" }.to_owned()));
}

fn mail_from(values: &Values) -> Option<String> {
    let url: PublicUrl = values.get(&PUBLIC_URL)?;
    // Few mail servers accept an address literal (`user@[127.0.0.1]`).
    let domain = domain(url.host()).unwrap_or_else(|| "localhost".to_owned());
    Some(format!("no-reply@{domain}"))
}

/// Returns the host if it is a public domain name in ASCII.
fn domain(host: &str) -> Option<String> {
    let is_named =
        !is_loopback_host(host) && host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[');
    Some(host.trim_end_matches('.').to_owned()).filter(|_| is_named)
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    contradictions(values, context.environment, report);
    credentials(values, report);
    mail_ca_file(values, report);
    insecure(values, report);
}

fn contradictions(values: &Values, environment: Environment, report: &mut Report) {
    let is_both = values.get(&MAIL_STARTTLS) == Some(true) && values.get(&MAIL_SSL_TLS) == Some(true);
    let is_clear = values.get(&MAIL_PORT) == Some(IMPLICIT_TLS_PORT) && !values.is_derived(MAIL_PORT.name());
    if is_both && !is_clear {
        let text =
            "and MAIL_SSL_TLS are both on: choose STARTTLS (usually port 587) or implicit TLS (usually port 465)";
        report.problem(MAIL_STARTTLS.name(), text, Fix::set(MAIL_SSL_TLS.name(), "off")).beside(MAIL_SSL_TLS.name());
    }
    // In production, `insecure` reports it.
    let goes_nowhere = !values.has(MAIL_SERVER.name()) && values.get(&DEV_MAILBOX) == Some(false);
    if environment == Environment::Development && goes_nowhere {
        let text = "is not set and DEV_MAILBOX is off: no email could be delivered. Set one of them";
        let fix = Fix::set(DEV_MAILBOX.name(), "on");
        report.problem(MAIL_SERVER.name(), text, fix).beside(DEV_MAILBOX.name());
    }
}

fn credentials(values: &Values, report: &mut Report) {
    if !values.has(MAIL_SERVER.name()) || values.get(&USE_CREDENTIALS) != Some(true) {
        return;
    }
    for (name, fix) in [
        (MAIL_USERNAME.name(), Fix::set(MAIL_USERNAME.name(), "accounts@example.com")),
        (MAIL_PASSWORD.name(), Fix::in_a_file(MAIL_PASSWORD.name())),
    ] {
        if !values.has(name) {
            let text = "is required to log in to MAIL_SERVER; if it needs no login, set USE_CREDENTIALS=off";
            report.problem(name, text, fix);
        }
    }
    let is_plain = values.get(&MAIL_STARTTLS) == Some(false) && values.get(&MAIL_SSL_TLS) == Some(false);
    if is_plain && !values.get(&MAIL_SERVER).is_some_and(|server| is_loopback_host(&server)) {
        let text = "would be sent unencrypted: set MAIL_STARTTLS or MAIL_SSL_TLS to on";
        let fix = Fix::set(MAIL_STARTTLS.name(), "on");
        report.problem(MAIL_PASSWORD.name(), text, fix);
    }
}

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

fn mail_ca_file(values: &Values, report: &mut Report) {
    if let Some(file) = values.path(&MAIL_CA_FILE) {
        let is_pem = fs::read(&file).map(|pem| pem.windows(BEGIN.len()).any(|window| window == BEGIN));
        let why = match is_pem {
            Ok(true) => return,
            Ok(false) => "contains no PEM certificate".to_owned(),
            Err(error) => format!("cannot be read: {error}"),
        };
        let text = format!("{} {why}", file.display());
        report.problem(MAIL_CA_FILE.name(), text, Fix::Unset(MAIL_CA_FILE.name()));
    }
}

fn insecure(values: &Values, report: &mut Report) {
    if !values.has(MAIL_SERVER.name()) {
        let fix = Fix::set(MAIL_SERVER.name(), "smtp.example.com");
        report.insecure(Refused, MAIL_SERVER.name(), "is not set: accounts cannot be verified without email", fix);
        return;
    }
    if values.get(&MAIL_SERVER).is_some_and(|server| is_loopback_host(&server)) {
        return;
    }
    if values.get(&MAIL_STARTTLS) == Some(false) && values.get(&MAIL_SSL_TLS) == Some(false) {
        let text =
            "and MAIL_SSL_TLS are both off: emails and the password would be sent unencrypted. Set one of them to on";
        let fix = Fix::set(MAIL_STARTTLS.name(), "on");
        report.insecure(RefusedElseWarned, MAIL_STARTTLS.name(), text, fix).beside(MAIL_SSL_TLS.name());
    }
    if values.get(&VALIDATE_CERTS) == Some(false) {
        let text = "is off: anyone could impersonate MAIL_SERVER. For a private root certificate set MAIL_CA_FILE";
        let fix = Fix::set(VALIDATE_CERTS.name(), "on");
        report.insecure(RefusedElseWarned, VALIDATE_CERTS.name(), text, fix);
    }
}
