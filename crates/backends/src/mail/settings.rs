use std::{net::IpAddr, time::Duration};

use lettre::Address;
use portcullis_core::{SecretString, account::email::EmailAddress};

/// How the way to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// Plain at first, TLS before anything is said that matters (RFC 3207). A server that does not offer it gets nothing.
    StartTls,
    /// TLS from the first byte (RFC 8314).
    ImplicitTls,
    /// Not at all: for a server on this machine, or a private network behind it.
    Plain,
}

/// Where mail is handed over, and in whose name.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address of the mail server; its certificate must be for it.
    pub server: String,
    /// Usually 587 for STARTTLS, 465 for TLS, 25 for plain.
    pub port: u16,
    /// How the way there is protected.
    pub security: Security,
    /// User name and password.
    pub credentials: Option<(String, SecretString)>,
    /// Whether the server's certificate is verified. Without it, an attacker on the network can read everything.
    pub validate_certs: bool,
    /// Certificates (PEM) to trust instead of the public authorities.
    pub ca_pem: Option<Vec<u8>>,
    /// The address that mail comes from.
    pub from: String,
    /// The name that goes with it; may be empty.
    pub from_name: String,
    /// Name of this server in EHLO, a domain or an address literal; none means the address of each connection.
    pub helo: Option<String>,
    /// The longest that it may take until the server has accepted sender and recipient of a mail, and again to send it.
    pub timeout: Duration,
    /// Longest wait for the reply to the message: ten minutes (RFC 5321 §4.5.3.2.6). A server that is given up before it
    /// replies has often accepted the mail, and gets it again.
    pub reply_timeout: Duration,
    /// Connections at the same time; at least one. As many are kept for the next mail.
    pub pool_size: usize,
}

/// Why mail cannot be sent with such settings.
#[derive(Debug, thiserror::Error)]
pub enum BadSettings {
    /// The sender is no address.
    #[error("the address that mail comes from is not one")]
    From,
    /// The password would be sent unencrypted.
    #[error("a user name and password are only sent over TLS, or in plain to this machine itself")]
    PlainCredentials,
    /// The certificates to trust cannot be read.
    #[error("the certificates to trust are not in PEM, or none is among them")]
    Certificates,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

impl SmtpSettings {
    /// The sender's address, its domain in ASCII as far as it can be.
    pub(super) fn sender(&self) -> Result<Address, BadSettings> {
        let canonical = EmailAddress::parse(&self.from);
        let from = canonical.as_ref().map_or(self.from.trim(), EmailAddress::as_str);
        from.parse().map_err(|_| BadSettings::From)
    }

    /// Refuses a password over an unencrypted connection, except to loopback.
    pub(super) fn check_credentials(&self) -> Result<(), BadSettings> {
        let shown = self.credentials.is_some() && self.security == Security::Plain;
        if shown && !is_loopback(&self.server) {
            return Err(BadSettings::PlainCredentials);
        }
        Ok(())
    }
}

/// Whether the name means this machine itself, whatever a name server says (RFC 6761 §6.3).
fn is_loopback(server: &str) -> bool {
    let address = server.trim_matches(['[', ']']).parse::<IpAddr>();
    address.map_or_else(|_| server.eq_ignore_ascii_case("localhost"), |ip| ip.is_loopback())
}
