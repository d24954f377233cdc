//! Client authentication at the token endpoint (RFC 6749 §2.3).

use secrecy::{ExposeSecret, SecretString};

use super::OAuth;
use crate::{
    audit::Event,
    error::{Error, Result, catalogue::CLIENT_AUTH_FAILED},
    limit::{LimitKey, LimitKind},
    oauth::{ClientAuthMethod, ClientCredentials, RegisteredClient, assertion},
    port::{Precondition, RecordOp},
    record::{Record, RecordKeys},
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
    /// `client_assertion` of the form, if its type is known.
    pub assertion: Option<SecretString>,
    /// Whether the form has another credential: an assertion of another type, or one that is no text.
    pub has_other: bool,
}

impl PresentedClient {
    /// Returns the client identifier in the request, if any.
    #[must_use]
    fn named(&self) -> Option<String> {
        self.names().next()
    }

    /// Returns the identifiers that the request names; the form comes first.
    fn names(&self) -> impl Iterator<Item = String> {
        let asserted = self.assertion.as_ref().and_then(|assertion| assertion::named_in(assertion.expose_secret()));
        self.id.clone().into_iter().chain(self.basic.iter().map(|basic| basic.id.clone())).chain(asserted)
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
        let Some(client) = self.client(&id).await? else { return self.refuse_client("client unknown").await };
        let subject = client.id.as_str().as_bytes();
        if presented.has_other || !self.is_proved(&client, presented).await? {
            let key = LimitKey::in_realm(&self.realm.keys, LimitKind::ClientSecrets, &[subject]);
            self.charge(LimitKind::ClientSecrets, key, limits.client_secrets_account).await?;
            return self.refuse_client("client not authenticated").await;
        }
        // Identifiers are public, so only the client itself is charged.
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::ClientTokens, &[subject]);
        self.charge(LimitKind::ClientTokens, key, limits.client_tokens_account).await?;
        Ok(AuthenticatedClient::new(client))
    }

    async fn is_proved(&self, client: &RegisteredClient, presented: &PresentedClient) -> Result<bool> {
        let (Some(keys), Some(assertion)) = (&client.keys, &presented.assertion) else {
            return Ok(presented.assertion.is_none() && has_proved(client, presented));
        };
        let is_alone = !presented.has_header && presented.secret.is_none();
        let is_named = presented.id.as_deref().is_none_or(|id| id == client.id.as_str());
        if client.auth != ClientAuthMethod::PrivateKeyJwt || !is_alone || !is_named {
            return Ok(false);
        }
        let audiences =
            [self.tokens.issuer(&self.realm.name), format!("{}/{}/token", self.settings.public_url, self.realm.name)];
        match assertion::verify(assertion.expose_secret(), (&client.id, keys), &audiences, self.ctx.now) {
            Ok(spent) => {
                // Each is used once.
                let row = spent.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
                Ok(self.commit_unless(vec![RecordOp::Insert(row).into()], &[Precondition::RecordFree]).await?)
            }
            Err(reason) => {
                tracing::debug!(realm = %self.realm.name, client = %client.id, reason, "assertion rejected");
                Ok(false)
            }
        }
    }

    async fn refuse_client<T>(&self, reason: &'static str) -> Result<T> {
        self.charge_client(LimitKind::ClientSecrets, self.settings.limits.client_secrets_client).await?;
        tracing::info!(realm = %self.realm.name, reason, "client rejected");
        self.commit(self.refused(self.audit(Event::ClientRefused)).into_iter().collect()).await?;
        Err(Error::from(CLIENT_AUTH_FAILED).because(reason))
    }

    /// Returns whether a request names a client of this realm, in whatever place.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the client cannot be decrypted.
    pub async fn names_client(&self, presented: &PresentedClient) -> Result<bool> {
        for name in presented.names() {
            if self.client(&name).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether the realm has a client.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub async fn has_clients(&self) -> Result<bool> {
        let openid = &self.realm.policy.openid;
        if !openid.is_possible || !openid.declared.is_empty() {
            return Ok(openid.is_possible);
        }
        let stored = self.ports.store.records_page(&self.realm.name, RegisteredClient::KIND, "", 1).await?;
        Ok(!stored.is_empty())
    }
}

fn has_proved(client: &RegisteredClient, presented: &PresentedClient) -> bool {
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
        ClientAuthMethod::PrivateKeyJwt => false,
        ClientAuthMethod::None => !presented.has_header && presented.secret.is_none(),
    }
}
