use std::{net::IpAddr, time::Duration};

use lettre::Address;
use portcullis_core::{SecretString, account::email::EmailAddress};

/// Encryption of the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS (RFC 3207): the connection is upgraded to TLS before credentials or messages are sent. If the server
    /// does not offer it, nothing is sent.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    ImplicitTls,
    /// No encryption. For a server on this machine or in a private network.
    Plain,
}

/// SMTP server and sender.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address of the SMTP server. The certificate must match it.
    pub server: String,
    /// Usually 587 for STARTTLS, 465 for TLS, 25 for plain text.
    pub port: u16,
    /// Encryption of the connection.
    pub security: Security,
    /// User name and password.
    pub credentials: Option<(String, SecretString)>,
    /// Whether the server's certificate is verified. Without verification, an attacker on the network can read all
    /// messages.
    pub validate_certs: bool,
    /// Root certificates (PEM) to trust instead of the public ones.
    pub ca_pem: Option<Vec<u8>>,
    /// Sender (`MAIL_FROM`) of all emails.
    pub from: String,
    /// Sender name. May be empty.
    pub from_name: String,
    /// Name of this server in EHLO: a domain or an address literal. `None` uses the address of each connection.
    pub helo: Option<String>,
    /// Timeout until the server has accepted sender and recipient, and again for sending the message.
    pub timeout: Duration,
    /// Timeout of the reply to the message: ten minutes (RFC 5321 §4.5.3.2.6). A server that has not replied by then
    /// has often accepted the message. It is sent again anyway.
    pub reply_timeout: Duration,
    /// Maximum number of concurrent connections, at least one. Up to this number is kept open for reuse.
    pub pool_size: usize,
}

/// Reason why the settings are invalid.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The sender is not a valid address.
    #[error("the sender address is invalid")]
    From,
    /// The password would be sent unencrypted.
    #[error("credentials are sent only over TLS, or unencrypted to loopback")]
    PlainCredentials,
    /// The root certificates cannot be read.
    #[error("the root certificates are not in PEM format, or there are none")]
    Certificates,
    /// TLS cannot be initialized.
    #[error("TLS cannot be initialized: {0}")]
    Tls(String),
}

impl SmtpSettings {
    /// Returns the sender address, with its domain in ASCII where possible.
    pub(super) fn sender(&self) -> Result<Address, BadSettings> {
        let canonical = EmailAddress::parse(&self.from);
        let from = canonical.as_ref().map_or(self.from.trim(), EmailAddress::as_str);
        from.parse().map_err(|_| BadSettings::From)
    }

    /// Rejects a password over an unencrypted connection, except to loopback.
    pub(super) fn check_credentials(&self) -> Result<(), BadSettings> {
        let shown = self.credentials.is_some() && self.security == Security::Plain;
        if shown && !is_loopback(&self.server) {
            return Err(BadSettings::PlainCredentials);
        }
        Ok(())
    }
}

/// Returns whether the name refers to this machine, without a DNS lookup (RFC 6761 §6.3).
fn is_loopback(server: &str) -> bool {
    let address = server.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or_else(|_| server.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}
