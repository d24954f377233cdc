//! Fields of a client as given in the settings, on the command line or in a request, and their validation.

use super::{
    ClientAuthMethod, ClientId, ClientKeys, ClientType, GrantType, RedirectUri, RegisteredClient, Scopes,
    scopes::{ACCOUNT, BUILT_IN, EMAIL, OPENID, PROFILE},
};
use crate::{
    clock::Timestamp,
    error::{
        FieldError,
        catalogue::{
            CLIENT_AUTH_INVALID, CLIENT_KEYS_INVALID, CLIENT_NAME_INVALID, CLIENT_SCOPES_INVALID, FIELD_MISSING,
            PKCE_REQUIRED, REDIRECT_URI_INVALID, VALUE_INVALID,
        },
    },
    session::Assurance,
    token::Algorithm,
};

/// Maximum number of redirect URIs of a client, for each kind.
const MAX_URIS: usize = 20;
/// Maximum length of a name, in characters.
const MAX_NAME_LENGTH: usize = 64;

/// Fields of a client. Missing fields keep their value, or get their default in a new client.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientDraft {
    pub name: Option<String>,
    pub client_type: Option<String>,
    pub first_party: Option<bool>,
    pub redirect_uris: Option<Vec<String>>,
    pub post_logout_redirect_uris: Option<Vec<String>>,
    pub grants: Option<Vec<String>>,
    pub scopes: Option<Vec<String>>,
    pub auth: Option<String>,
    pub pkce: Option<bool>,
    pub id_token_alg: Option<String>,
    pub acr: Option<String>,
    /// JWK set, as JSON.
    pub jwks: Option<String>,
    /// Names of the fields that get their default again.
    pub cleared: Vec<&'static str>,
}

impl ClientDraft {
    /// Creates a client from the fields, or a new version of `known`. `scopes` are the scopes of the realm in
    /// addition to the built-in ones.
    ///
    /// # Errors
    /// Returns every invalid field with the reason.
    pub fn finish(
        &self,
        id: &ClientId,
        known: Option<&RegisteredClient>,
        scopes: &Scopes,
        now: Timestamp,
    ) -> Result<RegisteredClient, Vec<FieldError>> {
        let mut read = Reading { draft: self, known, errors: Vec::new() };
        let client_type = read.client_type();
        let auth = read.auth(client_type);
        let first_party =
            self.first_party.or_else(|| Some(read.before("first_party")?.first_party)).unwrap_or_default();
        let client = RegisteredClient {
            name: read.name(id),
            client_type,
            first_party,
            redirect_uris: read.redirect_uris(),
            post_logout_redirect_uris: read.uris(
                "post_logout_redirect_uris",
                self.post_logout_redirect_uris.as_deref(),
                |known| &known.post_logout_redirect_uris,
            ),
            grants: read.grants(),
            scopes: read.scopes(first_party, scopes),
            auth,
            pkce: read.pkce(client_type),
            id_token_alg: read.algorithm(),
            acr: read.acr(),
            secrets: known.map(|known| known.secrets.clone()).unwrap_or_default(),
            keys: read.keys(auth),
            is_declared: false,
            created_at: known.map_or(now, |known| known.created_at),
            revision: known.map_or(0, |known| known.revision),
            id: id.clone(),
        };
        if read.errors.is_empty() { Ok(client) } else { Err(read.errors) }
    }
}

/// The fields and their errors.
struct Reading<'a> {
    draft: &'a ClientDraft,
    known: Option<&'a RegisteredClient>,
    errors: Vec<FieldError>,
}

impl<'a> Reading<'a> {
    /// Returns the client before the change, unless this field gets its default again.
    fn before(&self, field: &'static str) -> Option<&'a RegisteredClient> {
        self.known.filter(|_| !self.draft.cleared.contains(&field))
    }

    fn name(&mut self, id: &ClientId) -> String {
        let Some(name) = self.draft.name.as_deref().map(str::trim) else {
            return self.before("name").map_or_else(|| id.as_str().to_owned(), |known| known.name.clone());
        };
        let is_fit = (1..=MAX_NAME_LENGTH).contains(&name.chars().count()) && !name.chars().any(is_deceptive);
        if !is_fit {
            self.errors.push(CLIENT_NAME_INVALID.of("name"));
        }
        name.to_owned()
    }

    fn client_type(&mut self) -> ClientType {
        let default = self.before("type").map(|known| known.client_type).unwrap_or(match self.draft.auth.as_deref() {
            Some("none") => ClientType::Public,
            _ => ClientType::Confidential,
        });
        self.word("type", self.draft.client_type.as_deref(), ClientType::parse, default)
    }

    /// Parses the authentication method. A public client has none, and a confidential client has one.
    fn auth(&mut self, client_type: ClientType) -> ClientAuthMethod {
        let known = self.before("auth").filter(|known| known.client_type == client_type).map(|known| known.auth);
        let default = known.unwrap_or(match client_type {
            ClientType::Confidential => ClientAuthMethod::SecretBasic,
            ClientType::Public => ClientAuthMethod::None,
        });
        let auth = self.word("auth", self.draft.auth.as_deref(), ClientAuthMethod::parse, default);
        if (auth == ClientAuthMethod::None) != (client_type == ClientType::Public) {
            self.errors.push(CLIENT_AUTH_INVALID.of("auth"));
        }
        auth
    }

    /// Reads the keys of a client that authenticates with one; others have none.
    fn keys(&mut self, auth: ClientAuthMethod) -> Option<ClientKeys> {
        let is_needed = auth == ClientAuthMethod::PrivateKeyJwt;
        let keys = match self.draft.jwks.as_deref() {
            Some(text) => ClientKeys::parse(text),
            None => self.before("jwks").and_then(|known| known.keys.clone()).filter(|_| is_needed),
        };
        if keys.is_some() != is_needed || (self.draft.jwks.is_some() && keys.is_none()) {
            self.errors.push(CLIENT_KEYS_INVALID.of("jwks"));
        }
        keys
    }

    fn redirect_uris(&mut self) -> Vec<RedirectUri> {
        let uris = self.uris("redirect_uris", self.draft.redirect_uris.as_deref(), |known| &known.redirect_uris);
        let is_read = !self.errors.iter().any(|error| error.field == "redirect_uris");
        if uris.is_empty() && is_read {
            self.errors.push(FIELD_MISSING.of("redirect_uris"));
        }
        uris
    }

    fn uris(
        &mut self,
        field: &'static str,
        given: Option<&[String]>,
        of: impl Fn(&RegisteredClient) -> &Vec<RedirectUri>,
    ) -> Vec<RedirectUri> {
        let Some(given) = given else { return self.before(field).map(|known| of(known).clone()).unwrap_or_default() };
        let mut uris: Vec<RedirectUri> = Vec::new();
        for text in given {
            match RedirectUri::parse(text) {
                Ok(uri) if !uris.contains(&uri) => uris.push(uri),
                Ok(_) => {}
                Err(why) => {
                    let detail = format!("{}: {why}.", REDIRECT_URI_INVALID.detail.trim_end_matches('.'));
                    self.errors.push(FieldError { detail: detail.into(), ..REDIRECT_URI_INVALID.of(field) });
                }
            }
        }
        if uris.len() > MAX_URIS {
            let detail = "A client has at most 20 of these.";
            self.errors.push(FieldError { detail: detail.into(), ..REDIRECT_URI_INVALID.of(field) });
        }
        uris
    }

    fn grants(&mut self) -> Vec<GrantType> {
        let Some(given) = &self.draft.grants else {
            return self
                .before("grants")
                .map_or_else(|| vec![GrantType::AuthorizationCode], |known| known.grants.clone());
        };
        let mut grants = Vec::new();
        for word in given {
            match GrantType::parse(word) {
                Some(grant) if !grants.contains(&grant) => grants.push(grant),
                Some(_) => {}
                None => self.errors.push(VALUE_INVALID.of("grants")),
            }
        }
        // A refresh token can only be obtained with a code.
        if !grants.contains(&GrantType::AuthorizationCode) {
            grants.insert(0, GrantType::AuthorizationCode);
        }
        grants
    }

    fn scopes(&mut self, first_party: bool, of_realm: &Scopes) -> Scopes {
        let before = self.before("scopes").map(|known| known.scopes.clone());
        let default = || before.or_else(|| Scopes::of([OPENID, PROFILE, EMAIL]));
        let scopes = match &self.draft.scopes {
            Some(given) => Scopes::of(given.iter().map(String::as_str)),
            None => default(),
        };
        let scopes = scopes.unwrap_or_default();
        let is_known = |scope: &str| BUILT_IN.contains(&scope) || of_realm.has(scope);
        let is_rejected = self.draft.scopes.as_ref().is_some_and(|given| !given.is_empty() && scopes.is_empty());
        if is_rejected || !scopes.iter().all(is_known) || (scopes.has(ACCOUNT) && !first_party) {
            self.errors.push(CLIENT_SCOPES_INVALID.of("scopes"));
        }
        scopes
    }

    fn pkce(&mut self, client_type: ClientType) -> bool {
        let pkce = self.draft.pkce.unwrap_or_else(|| self.before("pkce").is_none_or(|known| known.pkce));
        if !pkce && client_type == ClientType::Public {
            self.errors.push(PKCE_REQUIRED.of("pkce"));
        }
        pkce
    }

    fn algorithm(&mut self) -> Option<Algorithm> {
        let Some(word) = self.draft.id_token_alg.as_deref() else {
            return self.before("id_token_alg").and_then(|known| known.id_token_alg);
        };
        // Clients cannot verify tokens with a shared secret.
        let algorithm = Algorithm::parse(word).filter(|algorithm| *algorithm != Algorithm::Hs256);
        if algorithm.is_none() {
            self.errors.push(VALUE_INVALID.of("id_token_alg"));
        }
        algorithm
    }

    fn acr(&mut self) -> Option<Assurance> {
        let Some(word) = self.draft.acr.as_deref() else { return self.before("acr").and_then(|known| known.acr) };
        let assurance = Assurance::parse(word);
        if assurance.is_none() {
            self.errors.push(VALUE_INVALID.of("acr"));
        }
        assurance
    }

    fn word<T>(
        &mut self,
        field: &'static str,
        given: Option<&str>,
        parse: impl Fn(&str) -> Option<T>,
        default: T,
    ) -> T {
        let Some(word) = given else { return default };
        parse(word).unwrap_or_else(|| {
            self.errors.push(VALUE_INVALID.of(field));
            default
        })
    }
}

/// Returns whether a character is not seen, or changes how others are seen, so that a name could look like another one.
fn is_deceptive(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
