//! Client tokens: access tokens for `userinfo`, and ID tokens (OpenID Connect Core §2).

use aws_lc_rs::digest;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::{
    AccessToken, AccessTokens, Algorithm, Audience, BadToken, CLOCK_SKEW, Claims, ID_TOKEN_TTL, NotSigned, header,
};
use crate::{
    account::{Account, Role},
    clock::Timestamp,
    ctx::Ctx,
    id::{ClientId, RealmName, SessionId, UserId},
    scope as scopes,
    session::{Session, SessionGrant},
};

/// Claims about a user, restricted to the scopes of a client. Never printed.
#[derive(Default, Serialize)]
pub struct UserClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
}

impl std::fmt::Debug for UserClaims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UserClaims(…)")
    }
}

impl UserClaims {
    /// Returns the claims of an account that these scopes include.
    #[must_use]
    pub fn of(account: &Account, scopes: &scopes::Scopes) -> Self {
        let profile = &account.profile;
        let mut claims = Self::default();
        if scopes.has(scopes::PROFILE) {
            let text =
                |name: &Option<crate::account::name::PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
            (claims.given_name, claims.family_name) = (text(&profile.first_name), text(&profile.last_name));
            let both: Vec<&str> =
                [&claims.given_name, &claims.family_name].into_iter().flatten().map(String::as_str).collect();
            claims.name = Some(both.join(" ")).filter(|name| !name.is_empty());
            claims.updated_at = account.updated_at.map(Timestamp::secs);
        }
        if scopes.has(scopes::EMAIL) {
            claims.email = Some(profile.email.as_str().to_owned());
            claims.email_verified = Some(true);
        }
        if scopes.has(scopes::PHONE) {
            claims.phone_number = profile.phone.as_ref().map(|phone| phone.as_str().to_owned());
            claims.phone_number_verified = claims.phone_number.as_ref().map(|_| account.is_phone_verified);
        }
        claims
    }
}

#[derive(Serialize)]
struct IdClaims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: Vec<&'static str>,
    sid: &'a str,
    at_hash: String,
    #[serde(flatten)]
    user: UserClaims,
}

/// Contents of an ID token in addition to session and user.
#[derive(Debug, Clone, Copy)]
pub struct IdTokenParts<'a> {
    pub nonce: Option<&'a str>,
    /// Requested authentication context class.
    pub acr: &'a str,
    pub access: &'a AccessToken,
}

/// Verified contents of a client's access token.
#[derive(Debug, Clone)]
pub struct ClientProof {
    pub user: UserId,
    pub session: SessionId,
    pub client: ClientId,
    /// Scopes of the token, which may be a subset of the session's.
    pub scopes: scopes::Scopes,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// Contents of a client's hint: an ID token that may have expired.
#[derive(Debug, Deserialize)]
pub struct IdTokenHint {
    iss: String,
    pub sub: String,
    pub aud: String,
    pub sid: String,
}

impl AccessTokens {
    /// Signs an access token for a client, issued now. It never outlives its session.
    ///
    /// # Errors
    /// Returns [`NotSigned`] if there is no key of the algorithm or the library fails.
    pub fn issue_for_client(
        &self,
        ctx: &Ctx,
        (session, grant): (&Session, &SessionGrant),
        account: &Account,
        (algorithm, roles, ttl): (Algorithm, &[Role], std::time::Duration),
    ) -> Result<AccessToken, NotSigned> {
        let issuer = self.issuer(&session.realm);
        let expires_at = ctx.now.plus(ttl).min(session.expires_at);
        let email = grant.scopes.has(scopes::EMAIL).then(|| account.profile.email.as_str().to_owned());
        let claims = Claims {
            aud: Some(Audience::One(issuer)),
            client_id: Some(grant.client.as_str().to_owned()),
            scope: Some(grant.scopes.to_text()),
            ..self.claims(ctx, session, (email, roles), expires_at)
        };
        let compact = self.keys.sign_for_client(algorithm, header::TYPE, &claims)?;
        Ok(AccessToken { compact, lifetime: expires_at.since(ctx.now) })
    }

    /// Signs an ID token.
    ///
    /// # Errors
    /// Returns [`NotSigned`] if there is no key of the algorithm or the library fails.
    pub fn issue_id_token(
        &self,
        ctx: &Ctx,
        (session, grant): (&Session, &SessionGrant),
        account: &Account,
        (algorithm, parts): (Algorithm, IdTokenParts<'_>),
    ) -> Result<String, NotSigned> {
        let phone_is_at_userinfo =
            UserClaims { phone_number: None, phone_number_verified: None, ..UserClaims::of(account, &grant.scopes) };
        let claims = IdClaims {
            iss: &self.issuer(&session.realm),
            sub: session.user.as_str(),
            aud: grant.client.as_str(),
            iat: ctx.now.secs(),
            exp: ctx.now.plus(ID_TOKEN_TTL).secs(),
            auth_time: session.auth_time.secs(),
            nonce: parts.nonce,
            acr: parts.acr,
            amr: session.amr.iter().map(|amr| amr.as_str()).collect(),
            sid: session.id.as_str(),
            at_hash: at_hash(algorithm, parts.access.expose()),
            user: phone_is_at_userinfo,
        };
        self.keys.sign_for_client(algorithm, header::ID_TOKEN_TYPE, &claims)
    }

    /// Verifies an access token of a client, for `userinfo`. The caller must check its session, which determines the
    /// permissions.
    ///
    /// # Errors
    /// Returns [`BadToken`] with the reason for the log.
    pub fn verify_for_client(&self, ctx: &Ctx, realm: &RealmName, token: &str) -> Result<ClientProof, BadToken> {
        let claims: Claims = self.keys.verify_pair(token, header::TYPE)?;
        let issuer = self.issuer(realm);
        let is_ours = claims.iss == issuer
            && claims.realm == realm.as_str()
            && claims.sub == claims.id
            && claims.aud.as_ref().is_some_and(|aud| aud.includes(&issuer));
        let client = claims.client_id.as_deref().and_then(ClientId::parse);
        let client = client.filter(|_| is_ours).ok_or(BadToken::Elsewhere)?;
        let begins_at = Timestamp::from_secs(claims.nbf.max(claims.iat));
        let expires_at = Timestamp::from_secs(claims.exp);
        if ctx.now.plus(CLOCK_SKEW) < begins_at || ctx.now >= expires_at.plus(CLOCK_SKEW) {
            return Err(BadToken::Time);
        }
        Ok(ClientProof {
            user: UserId::parse(&claims.sub).ok_or(BadToken::Elsewhere)?,
            session: SessionId::parse(&claims.sid).ok_or(BadToken::Elsewhere)?,
            client,
            scopes: claims.scope.as_deref().and_then(scopes::Scopes::parse).unwrap_or_default(),
            issued_at: Timestamp::from_secs(claims.iat),
            expires_at,
        })
    }

    /// Verifies an ID token sent back by a client. It may have expired.
    ///
    /// # Errors
    /// Returns [`BadToken`] with the reason for the log.
    pub fn verify_hint(&self, realm: &RealmName, token: &str) -> Result<IdTokenHint, BadToken> {
        let hint: IdTokenHint = self.keys.verify_pair(token, header::ID_TOKEN_TYPE)?;
        if hint.iss == self.issuer(realm) { Ok(hint) } else { Err(BadToken::Elsewhere) }
    }
}

/// Returns the left half of the hash of an access token, computed with the hash function of the signature (OpenID
/// Connect Core §3.1.3.6).
fn at_hash(algorithm: Algorithm, access: &str) -> String {
    let with = if algorithm == Algorithm::EdDsa { &digest::SHA512 } else { &digest::SHA256 };
    let hash = digest::digest(with, access.as_bytes());
    let half = hash.as_ref().split_at_checked(hash.as_ref().len() / 2).map_or(hash.as_ref(), |(left, _)| left);
    BASE64URL_NOPAD.encode(half)
}
