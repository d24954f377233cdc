//! Authentication of services that may introspect tokens.

use super::OAuth;
use crate::{
    audit::Event,
    error::{Result, catalogue::CLIENT_INVALID},
    limit::LimitKind,
    oauth::ClientCredentials,
    service::ApiClient,
};

impl OAuth<'_> {
    /// Authenticates a service. `credentials` contains each possible reading of them: as sent, and URL-decoded.
    ///
    /// Wrong credentials are counted as wrong passwords of the network. Right ones are never rejected because of that limit, so
    /// that others in the same network cannot block the service.
    ///
    /// # Errors
    /// Returns `BadClient` if the credentials are missing or wrong, `Limited` if a rate limit is reached, and `Unavailable` if
    /// the store fails.
    pub async fn authenticate(&self, credentials: &[ClientCredentials]) -> Result<ApiClient> {
        if credentials.iter().fold(false, |found, one| found | self.settings.api_clients.admit(one)) {
            return Ok(ApiClient::new());
        }
        if !credentials.is_empty() {
            self.charge_client(LimitKind::Passwords, self.settings.limits.passwords_client).await?;
            tracing::info!(realm = %self.realm.name, "client refused");
            self.commit(self.refused(self.audit(Event::ClientRefused)).into_iter().collect()).await?;
        }
        Err(CLIENT_INVALID.into())
    }
}
