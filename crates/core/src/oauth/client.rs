//! Clients: applications that sign users in through this server.

use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{ClientId, ClientKeys, ClientSecret, RedirectKind, RedirectUri, Scopes};
use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    session::Assurance,
    token::Algorithm,
};

/// Whether a client can keep a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientType {
    /// Runs on its own server.
    Confidential,
    /// Runs on the users' devices: a single-page, mobile or desktop application.
    Public,
}

/// Authentication method at the token endpoint. Each client has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuthMethod {
    /// Secret in the `Authorization` header (`client_secret_basic`).
    SecretBasic,
    /// A form parameter.
    SecretPost,
    /// A token that its own key signs.
    PrivateKeyJwt,
    /// No authentication: a public client.
    None,
}

/// Grant type that a client may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
}

macro_rules! words {
    ($name:ident: $($value:ident = $word:literal),*) => {
        impl $name {
            /// All values, in order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),*];

            /// Returns the name used in settings, responses and the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $word,)*
                }
            }

            /// Parses a name.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}

words!(ClientType: Confidential = "confidential", Public = "public");
words!(ClientAuthMethod: SecretBasic = "client_secret_basic", SecretPost = "client_secret_post", PrivateKeyJwt = "private_key_jwt", None = "none");
words!(GrantType: AuthorizationCode = "authorization_code", RefreshToken = "refresh_token");

/// An application that signs users in through this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredClient {
    pub id: ClientId,
    /// Name shown to users on the consent page.
    pub name: String,
    pub client_type: ClientType,
    /// Whether it belongs to the operator. Users are then not asked for consent.
    pub first_party: bool,
    /// Contains 1 to 20 URIs.
    pub redirect_uris: Vec<RedirectUri>,
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    pub grants: Vec<GrantType>,
    pub scopes: Scopes,
    pub auth: ClientAuthMethod,
    /// Whether a code challenge is required (RFC 7636).
    pub pkce: bool,
    /// Signature algorithm of its tokens, if it differs from the realm's default.
    pub id_token_alg: Option<Algorithm>,
    /// Minimum assurance of its users.
    pub acr: Option<Assurance>,
    /// At most two, newest first.
    pub secrets: Vec<ClientSecret>,
    /// Keys that verify its assertions, if it authenticates with them.
    pub keys: Option<ClientKeys>,
    /// Whether it is defined in the settings and cannot be changed elsewhere.
    pub is_declared: bool,
    /// Older sessions of a client with this identifier belonged to a removed client.
    pub created_at: Timestamp,
    /// Revision of its record; 0 for a client of the settings, which has none.
    pub revision: u64,
}

impl RegisteredClient {
    /// Returns whether the presented secret matches one of its secrets. All of them are compared in constant time.
    #[must_use]
    pub fn has_secret(&self, presented: &SecretString) -> bool {
        self.secrets.iter().fold(false, |found, secret| found | secret.is(presented))
    }

    /// Returns whether it authenticates with a secret.
    #[must_use]
    pub const fn takes_secret(&self) -> bool {
        matches!(self.auth, ClientAuthMethod::SecretBasic | ClientAuthMethod::SecretPost)
    }

    /// Returns whether the client may use a grant type.
    #[must_use]
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Returns the registered redirect URI that a requested one matches.
    #[must_use]
    pub fn redirect_uri(&self, requested: &str) -> Option<&RedirectUri> {
        let any_port = self.client_type == ClientType::Public;
        self.redirect_uris.iter().find(|known| known.admits(requested, any_port))
    }

    /// Returns whether any program could impersonate this client at a redirect URI, because it has no secret and the
    /// URI is not bound to a domain (RFC 8252 §8.6). Users must then always confirm.
    #[must_use]
    pub fn is_unproved_at(&self, uri: &RedirectUri) -> bool {
        self.client_type == ClientType::Public && uri.kind() != RedirectKind::Https
    }
}

#[derive(Serialize, Deserialize)]
struct Stored {
    name: String,
    #[serde(rename = "type")]
    client_type: String,
    first_party: bool,
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Vec<String>,
    grants: Vec<String>,
    scopes: Vec<String>,
    auth: String,
    pkce: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id_token_alg: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    acr: Option<String>,
    secrets: Vec<StoredSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    jwks: Option<String>,
    created_at: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredSecret {
    hash: String,
    created_at: i64,
}

impl Record for RegisteredClient {
    const KIND: RecordKind = RecordKind::Client;

    fn key(&self) -> String {
        self.id.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        let uris = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect();
        let stored = Stored {
            name: self.name.clone(),
            client_type: self.client_type.as_str().to_owned(),
            first_party: self.first_party,
            redirect_uris: uris(&self.redirect_uris),
            post_logout_redirect_uris: uris(&self.post_logout_redirect_uris),
            grants: self.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
            scopes: self.scopes.iter().map(str::to_owned).collect(),
            auth: self.auth.as_str().to_owned(),
            pkce: self.pkce,
            id_token_alg: self.id_token_alg.map(|algorithm| algorithm.as_str().to_owned()),
            acr: self.acr.map(|assurance| assurance.acr().to_owned()),
            secrets: self.secrets.iter().map(StoredSecret::from).collect(),
            jwks: self.keys.as_ref().map(|keys| keys.to_json().to_string()),
            created_at: self.created_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        let uris = |uris: &[String]| uris.iter().map(|uri| RedirectUri::parse(uri).ok()).collect::<Option<Vec<_>>>();
        Some(Self {
            id: ClientId::parse(key)?,
            name: stored.name,
            client_type: ClientType::parse(&stored.client_type)?,
            first_party: stored.first_party,
            redirect_uris: uris(&stored.redirect_uris)?,
            post_logout_redirect_uris: uris(&stored.post_logout_redirect_uris)?,
            grants: stored.grants.iter().map(|word| GrantType::parse(word)).collect::<Option<_>>()?,
            scopes: Scopes::of(stored.scopes.iter().map(String::as_str))?,
            auth: ClientAuthMethod::parse(&stored.auth)?,
            pkce: stored.pkce,
            id_token_alg: stored.id_token_alg.as_deref().and_then(Algorithm::parse),
            acr: stored.acr.as_deref().and_then(Assurance::parse),
            secrets: stored.secrets.iter().map(StoredSecret::read).collect::<Option<_>>()?,
            keys: stored.jwks.as_deref().and_then(ClientKeys::parse),
            is_declared: false,
            created_at: Timestamp::from_millis(stored.created_at),
            // The row has it.
            revision: 0,
        })
    }
}

impl From<&ClientSecret> for StoredSecret {
    fn from(secret: &ClientSecret) -> Self {
        Self { hash: BASE64URL_NOPAD.encode(&secret.hash), created_at: secret.created_at.millis() }
    }
}

impl StoredSecret {
    fn read(&self) -> Option<ClientSecret> {
        let hash = BASE64URL_NOPAD.decode(self.hash.as_bytes()).ok()?.try_into().ok()?;
        Some(ClientSecret { hash, created_at: Timestamp::from_millis(self.created_at) })
    }
}
