//! TLS connections to the mail server.

use std::sync::Arc;

use mail_send::smtp::tls::build_tls_connector;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;

use super::{
    connection::Stream,
    failure::SmtpFailure,
    settings::{BadSettings, SmtpSettings},
};

/// Certificate verification of the mail server.
#[derive(Clone)]
pub(super) struct Tls {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Tls {
    pub(super) fn new(settings: &SmtpSettings, server: &str) -> Result<Self, BadSettings> {
        let name = ServerName::try_from(server.to_owned()).map_err(|error| BadSettings::Tls(error.to_string()))?;
        let connector = if settings.validate_certs {
            TlsConnector::from(Arc::new(verifying(settings.ca_pem.as_deref())?))
        } else {
            build_tls_connector(true).map_err(BadSettings::Tls)?
        };
        Ok(Self { connector, name })
    }

    /// Encrypts a connection.
    pub(super) async fn over(&self, plain: Box<dyn Stream>) -> Result<Box<dyn Stream>, SmtpFailure> {
        let encrypted = self.connector.connect(self.name.clone(), plain).await.map_err(|error| {
            let is_tls = error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>());
            if is_tls { SmtpFailure::Tls(error.to_string()) } else { SmtpFailure::Connection(error.to_string()) }
        })?;
        Ok(Box::new(encrypted))
    }
}

fn verifying(ca_pem: Option<&[u8]>) -> Result<ClientConfig, BadSettings> {
    let reason = |error: rustls::Error| BadSettings::Tls(error.to_string());
    let roots = match ca_pem {
        Some(pem) => authorities(pem)?,
        None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
    };
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    Ok(config
        .with_safe_default_protocol_versions()
        .map_err(reason)?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn authorities(pem: &[u8]) -> Result<RootCertStore, BadSettings> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|_| BadSettings::Certificates)?;
        roots.add(certificate).map_err(|error| BadSettings::Tls(error.to_string()))?;
    }
    if roots.is_empty() { Err(BadSettings::Certificates) } else { Ok(roots) }
}
