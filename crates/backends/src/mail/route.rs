//! Connection settings of the mail server.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use portcullis_core::SecretString;
use tokio::net::lookup_host;

use super::{
    connection::{Connection, Stream},
    dial::connect_to_first,
    failure::SmtpFailure,
    lines::Lines,
    settings::{BadSettings, Security, SmtpSettings},
    tls::Tls,
};

/// Address, encryption and credentials of the mail server.
pub(super) struct Route {
    server: String,
    port: u16,
    protection: Protection,
    credentials: Option<(String, SecretString)>,
    /// Name of this server in EHLO. `None` uses the address of the connection.
    helo: Option<String>,
    timeout: Duration,
}

enum Protection {
    StartTls(Tls),
    ImplicitTls(Tls),
    Plain,
}

impl Route {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, BadSettings> {
        settings.check_credentials()?;
        let server = settings.server.trim_matches(['[', ']']).to_owned();
        let tls = || Tls::new(settings, &server);
        let protection = match settings.security {
            Security::StartTls => Protection::StartTls(tls()?),
            Security::ImplicitTls => Protection::ImplicitTls(tls()?),
            Security::Plain => Protection::Plain,
        };
        let (credentials, helo) = (settings.credentials.clone(), settings.helo.clone());
        Ok(Self { server, port: settings.port, protection, credentials, helo, timeout: settings.timeout })
    }

    /// Opens a connection that is ready for a message.
    pub(super) async fn open(&self) -> Result<Connection, SmtpFailure> {
        let (stream, local) = self.connect().await?;
        let helo = self.helo.clone().unwrap_or_else(|| literal(local));
        let mut connection = match &self.protection {
            Protection::Plain => Connection::greeted(stream, helo, self.timeout).await?,
            Protection::ImplicitTls(tls) => Connection::greeted(tls.over(stream).await?, helo, self.timeout).await?,
            Protection::StartTls(tls) => Connection::greeted(stream, helo, self.timeout).await?.secured(tls).await?,
        };
        if let Some((user, password)) = &self.credentials {
            connection.log_in(user, password).await?;
        }
        Ok(connection)
    }

    async fn connect(&self) -> Result<(Box<dyn Stream>, SocketAddr), SmtpFailure> {
        let unreachable = |error: std::io::Error| SmtpFailure::Connection(error.to_string());
        let addresses = lookup_host((self.server.as_str(), self.port)).await.map_err(unreachable)?;
        let stream = connect_to_first(addresses.collect()).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        let local = stream.local_addr().map_err(unreachable)?;
        Ok((Box::new(Lines(stream)), local))
    }
}

/// Returns an address literal (RFC 5321 §4.1.3).
fn literal(local: SocketAddr) -> String {
    match local.ip().to_canonical() {
        IpAddr::V4(ip) => format!("[{ip}]"),
        IpAddr::V6(ip) => format!("[IPv6:{ip}]"),
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.server, self.port)
    }
}
