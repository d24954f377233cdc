use crate::{
    oauth::{ClientId, RegisteredClient, Scopes},
    token::Algorithm,
};

/// OpenID Connect in a realm.
#[derive(Debug, Clone)]
pub struct OpenId {
    /// Whether there can be clients: `OIDC` and `PAGES` are on, and the issuer is the address of the realm.
    pub is_possible: bool,
    /// Algorithm of the tokens of clients that name none.
    pub id_token_algorithm: Algorithm,
    /// Scopes of the operator's own services.
    pub scopes: Scopes,
    /// Clients in the settings.
    pub declared: Vec<RegisteredClient>,
    /// Whether only first-party clients are admitted, because services could not tell tokens of others apart.
    pub first_party_only: bool,
}

impl OpenId {
    /// Returns a client of the settings.
    #[must_use]
    pub fn declared(&self, id: &ClientId) -> Option<&RegisteredClient> {
        self.declared.iter().find(|client| client.id == *id)
    }

    /// Returns the algorithm of a client's tokens.
    #[must_use]
    pub fn algorithm_of(&self, client: &RegisteredClient) -> Algorithm {
        client.id_token_alg.unwrap_or(self.id_token_algorithm)
    }
}
