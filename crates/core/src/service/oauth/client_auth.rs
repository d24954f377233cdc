//! Client authentication at the token endpoint (RFC 6749 §2.3).

use secrecy::SecretString;

use super::OAuth;
use crate::{
    audit::Event,
    error::{Error, Result, catalogue::CLIENT_AUTH_FAILED},
    limit::{LimitKey, LimitKind},
    oauth::{ClientAuthMethod, ClientCredentials, RegisteredClient},
    service::kernel::AuthenticatedClient,
};

/// Client credentials in a request.
#[derive(Debug, Default)]
pub struct PresentedClient {
    /// Whether there is an `Authorization` header.
    pub has_header: bool,
    /// HTTP Basic credentials, both raw and URL-decoded.
    pub basic: Vec<ClientCredentials>,
    /// `client_id` of the form.
    pub id: Option<String>,
    /// `client_secret` of the form.
    pub secret: Option<SecretString>,
}

impl PresentedClient {
    /// Returns the client identifier in the request, if any.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        self.id.as_deref().or_else(|| self.basic.first().map(|basic| basic.id.as_str()))
    }
}

impl OAuth<'_> {
    /// Authenticates a client with its authentication method. Wrong or additional credentials are rejected.
    ///
    /// # Errors
    /// Returns `BadClient` if the credentials are wrong, `Limited` if a rate limit is reached, and `Unavailable` if
    /// the store fails.
    pub async fn authenticate_client(&self, presented: &PresentedClient) -> Result<AuthenticatedClient> {
        let limits = &self.settings.limits;
        self.charge_client(LimitKind::ClientTokens, limits.client_tokens_client).await?;
        let Some(id) = presented.named() else { return self.refuse_client("client missing").await };
        let Some(client) = self.client(id).await? else { return self.refuse_client("client unknown").await };
        let subject = client.id.as_str().as_bytes();
        if !is_proved(&client, presented) {
            let key = LimitKey::in_realm(&self.realm.keys, LimitKind::ClientSecrets, &[subject]);
            self.charge(LimitKind::ClientSecrets, key, limits.client_secrets_account).await?;
            return self.refuse_client("client not authenticated").await;
        }
        // Identifiers are public, so only the client itself is charged.
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::ClientTokens, &[subject]);
        self.charge(LimitKind::ClientTokens, key, limits.client_tokens_account).await?;
        Ok(AuthenticatedClient::new(client))
    }

    async fn refuse_client<T>(&self, reason: &'static str) -> Result<T> {
        self.charge_client(LimitKind::ClientSecrets, self.settings.limits.client_secrets_client).await?;
        tracing::info!(realm = %self.realm.name, reason, "client refused");
        self.commit(self.refused(self.audit(Event::ClientRefused)).into_iter().collect()).await?;
        Err(Error::from(CLIENT_AUTH_FAILED).because(reason))
    }

    /// Returns whether a text is the identifier of a client of this realm.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    pub async fn is_client(&self, id: &str) -> Result<bool> {
        Ok(self.client(id).await?.is_some())
    }
}

fn is_proved(client: &RegisteredClient, presented: &PresentedClient) -> bool {
    let is_named = |credentials: &ClientCredentials| {
        credentials.id == client.id.as_str() && presented.id.as_deref().is_none_or(|id| id == client.id.as_str())
    };
    match client.auth {
        ClientAuthMethod::SecretBasic => {
            let is_right = |basic: &ClientCredentials| is_named(basic) && client.has_secret(&basic.secret);
            presented.secret.is_none() && presented.basic.iter().any(is_right)
        }
        ClientAuthMethod::SecretPost => {
            !presented.has_header && presented.secret.as_ref().is_some_and(|secret| client.has_secret(secret))
        }
        ClientAuthMethod::None => !presented.has_header && presented.secret.is_none(),
    }
}
