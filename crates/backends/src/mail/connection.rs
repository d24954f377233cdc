//! Opening a connection to the mail server.

use std::fmt;

use lettre::transport::smtp::{
    authentication::{Credentials, DEFAULT_MECHANISMS},
    client::{AsyncSmtpConnection, Certificate, CertificateStore, TlsParameters},
    extension::ClientId,
};
use portcullis_core::{ExposeSecret, SecretString};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use tokio::net::TcpStream;

use super::{
    failure::SmtpFailure,
    lines::Lines,
    settings::{BadSettings, Security, SmtpSettings},
};

/// Address, encryption and credentials of the mail server.
pub(super) struct Route {
    server: String,
    port: u16,
    protection: Protection,
    credentials: Option<(String, SecretString)>,
    /// Name of this machine for `EHLO`.
    hello: ClientId,
}

enum Protection {
    StartTls(TlsParameters),
    ImplicitTls(TlsParameters),
    Plain,
}

impl Route {
    pub(super) fn new(settings: &SmtpSettings) -> Result<Self, BadSettings> {
        settings.check_credentials()?;
        let server = settings.server.trim_matches(['[', ']']).to_owned();
        let protection = match settings.security {
            Security::StartTls => Protection::StartTls(tls(settings, &server)?),
            Security::ImplicitTls => Protection::ImplicitTls(tls(settings, &server)?),
            Security::Plain => Protection::Plain,
        };
        Ok(Self {
            server,
            port: settings.port,
            protection,
            credentials: settings.credentials.clone(),
            hello: ClientId::default(),
        })
    }

    /// Opens a connection that is ready for a mail.
    pub(super) async fn open(&self) -> Result<AsyncSmtpConnection, SmtpFailure> {
        let mut connection = match &self.protection {
            Protection::Plain => self.connect().await?,
            Protection::StartTls(tls) => {
                let mut connection = self.connect().await?;
                // Fails if the server does not offer it. There is no fallback to plain text.
                connection.starttls(tls.clone(), &self.hello).await?;
                connection
            }
            Protection::ImplicitTls(tls) => {
                let to = (self.server.as_str(), self.port);
                AsyncSmtpConnection::connect_tokio1(to, None, &self.hello, Some(tls.clone()), None).await?
            }
        };
        if let Some((user, password)) = &self.credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(DEFAULT_MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }

    /// Connects without encryption.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SmtpFailure> {
        let unreachable = |error: std::io::Error| SmtpFailure::Connection(error.to_string());
        let stream = TcpStream::connect((self.server.as_str(), self.port)).await.map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        Ok(AsyncSmtpConnection::connect_with_transport(Box::new(Lines(stream)), &self.hello).await?)
    }
}

fn tls(settings: &SmtpSettings, server: &str) -> Result<TlsParameters, BadSettings> {
    let reason = |error: lettre::transport::smtp::Error| BadSettings::Tls(error.to_string());
    let mut tls = TlsParameters::builder(server.to_owned())
        .certificate_store(CertificateStore::WebpkiRoots)
        .dangerous_accept_invalid_certs(!settings.validate_certs)
        .dangerous_accept_invalid_hostnames(!settings.validate_certs);
    if let Some(pem) = &settings.ca_pem {
        tls = tls.certificate_store(CertificateStore::None);
        for certificate in certificates(pem)? {
            tls = tls.add_root_certificate(Certificate::from_der(certificate).map_err(reason)?);
        }
    }
    tls.build().map_err(reason)
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, BadSettings> {
    let read: Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(pem).map(|certificate| certificate.map(|der| der.to_vec())).collect();
    read.ok().filter(|certificates| !certificates.is_empty()).ok_or(BadSettings::Certificates)
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.server, self.port)
    }
}
