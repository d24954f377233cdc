//! Origins of the pages of clients, which may ask for tokens in a browser.

use crate::{clock::Timestamp, error::Result, oauth::Origins, realm::Realm, service::Service};

impl Service {
    /// Returns whether a page of this origin belongs to a client of a realm.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a client cannot be decrypted.
    pub async fn is_origin_of_client(&self, realm: &Realm, origin: &str, now: Timestamp) -> Result<bool> {
        if !realm.policy.openid.is_possible {
            return Ok(false);
        }
        let origins = match self.0.origins.get(&realm.name, now) {
            Some(origins) => origins,
            None => {
                let origins: Origins = self.0.clients_of(realm).await?.into_iter().collect();
                self.0.origins.put(&realm.name, now, origins.clone());
                origins
            }
        };
        Ok(origins.have(origin))
    }
}
