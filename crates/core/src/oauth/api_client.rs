use std::fmt;

use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret, SecretString};

use crate::seal::digest;

/// Credentials of a service, as it sent them.
#[derive(Debug)]
pub struct ClientCredentials {
    pub id: String,
    pub secret: SecretString,
}

/// Services that may introspect tokens. Of each identifier and secret only a digest is kept, so that the memory of the server
/// contains no secret of theirs. An identifier may have several secrets, while one replaces the other.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiClients(Vec<[u8; 32]>);

impl ApiClients {
    /// Adds a service.
    pub fn add(&mut self, id: &str, secret: &str) {
        self.0.push(of(id, secret));
    }

    /// Returns whether these are the credentials of a service. The time depends on their number and length only.
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
