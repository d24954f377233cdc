use std::fmt;

use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret, SecretString};

use crate::seal::digest;

/// Credentials sent by a service.
#[derive(Debug)]
pub struct ClientCredentials {
    pub id: String,
    pub secret: SecretString,
}

/// Services that may introspect tokens. Only a digest of each ID and secret is kept in memory. An ID may have several
/// secrets, so that they can be rotated.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiClients(Vec<[u8; 32]>);

impl ApiClients {
    /// Adds a service.
    pub fn add(&mut self, id: &str, secret: &str) {
        self.0.push(of(id, secret));
    }

    /// Returns whether the credentials are valid. The duration depends only on the number of services and the length
    /// of the credentials.
    #[must_use]
    pub fn admit(&self, credentials: &ClientCredentials) -> bool {
        let given = of(&credentials.id, credentials.secret.expose_secret());
        let is_equal = |known: &[u8; 32]| constant_time::verify_slices_are_equal(known, &given).is_ok();
        self.0.iter().fold(false, |found, known| found | is_equal(known))
    }
}

impl fmt::Debug for ApiClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiClients({})", self.0.len())
    }
}

fn of(id: &str, secret: &str) -> [u8; 32] {
    digest([id.as_bytes(), secret.as_bytes()])
}
