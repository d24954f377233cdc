use crate::{
    oauth::{ClientId, RegisteredClient, Scopes},
    token::Algorithm,
};

/// OpenID Connect configuration of a realm.
#[derive(Debug, Clone)]
pub struct OpenId {
    /// Whether clients are supported: `OIDC` and `PAGES` are on, and the issuer is the URL of the realm.
    pub is_possible: bool,
    /// Default signature algorithm of client tokens.
    pub id_token_algorithm: Algorithm,
    /// Scopes of the operator's own services.
    pub scopes: Scopes,
    /// Clients defined in the settings.
    pub declared: Vec<RegisteredClient>,
    /// Whether only first-party clients are allowed, because services could not distinguish the tokens of third-party
    /// clients.
    pub first_party_only: bool,
}

impl OpenId {
    /// Returns a client defined in the settings.
    #[must_use]
    pub fn declared(&self, id: &ClientId) -> Option<&RegisteredClient> {
        self.declared.iter().find(|client| client.id == *id)
    }

    /// Returns the signature algorithm of a client's tokens.
    #[must_use]
    pub fn algorithm_of(&self, client: &RegisteredClient) -> Algorithm {
        client.id_token_alg.unwrap_or(self.id_token_algorithm)
    }
}
