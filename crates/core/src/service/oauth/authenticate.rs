//! Authentication of services that may introspect tokens.

use super::{OAuth, PresentedClient};
use crate::{
    audit::Event,
    error::{
        Result,
        catalogue::{CLIENT_AUTH_FAILED, CLIENT_INVALID},
    },
    limit::LimitKind,
    oauth::{ClientCredentials, ClientType},
    service::{ApiClient, Introspector},
};

impl OAuth<'_> {
    /// Authenticates a service or a confidential client.
    ///
    /// # Errors
    /// Returns `BadClient` if the credentials are missing or wrong, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn authenticate_introspector(&self, presented: &PresentedClient) -> Result<Introspector> {
        let is_service = presented.basic.iter().fold(false, |found, one| found | self.settings.api_clients.admit(one));
        if !is_service && self.names_client(presented).await? {
            let client = self.authenticate_client(presented).await?;
            // A public client is not authenticated.
            return match client.client_type {
                ClientType::Confidential => Ok(Introspector::Client(client.into())),
                ClientType::Public => Err(CLIENT_AUTH_FAILED.into()),
            };
        }
        self.authenticate(&presented.basic).await.map(Introspector::Service)
    }

    /// Authenticates a service. `credentials` contains both possible readings of the header: raw and URL-decoded.
    ///
    /// Wrong credentials are counted as failed password attempts of the network. Valid ones are accepted even if that
    /// limit is reached, so that other clients in the network cannot block the service.
    ///
    /// # Errors
    /// Returns `BadClient` if the credentials are missing or wrong, `Limited` if a rate limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn authenticate(&self, credentials: &[ClientCredentials]) -> Result<ApiClient> {
        if credentials.iter().fold(false, |found, one| found | self.settings.api_clients.admit(one)) {
            return Ok(ApiClient::new());
        }
        if !credentials.is_empty() {
            self.charge_client(LimitKind::Passwords, self.settings.limits.passwords_client).await?;
            tracing::info!(realm = %self.realm.name, "client rejected");
            self.commit(self.refused(self.audit(Event::ClientRefused)).into_iter().collect()).await?;
        }
        Err(CLIENT_INVALID.into())
    }
}
