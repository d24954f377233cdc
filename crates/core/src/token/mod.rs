//! Access tokens: JWTs with the profile of RFC 9068.

mod actor;
mod algorithm;
mod bad_token;
mod browser;
mod client;
mod header;
mod keyring;
mod refresh;
mod signing_key;
mod verified;

pub use actor::Actor;
pub use algorithm::Algorithm;
pub use bad_token::BadToken;
pub use browser::BrowserToken;
pub use client::{ClientProof, IdTokenHint, IdTokenParts, UserClaims};
pub use jsonwebtoken::jwk::Jwk;
pub use keyring::{Keyring, NotSigned};
pub use refresh::RefreshToken;
pub use signing_key::{BadKey, SigningKey, new_private_key};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    account::{Account, Role, email::EmailAddress},
    clock::Timestamp,
    ctx::Ctx,
    id::{RealmName, SessionId, UserId},
    session::{Assurance, Impersonator, Session},
};
use verified::{TokenDigest, Verified};

/// Lifetime of an ID token.
pub const ID_TOKEN_TTL: Duration = Duration::from_secs(600);

/// Tolerated clock difference between machines.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// Claims of an access token. All except `acr`, `roles`, `act` and `aud` are required. Client tokens have different
/// claims.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Issuer, as a URL.
    pub iss: String,
    /// Identifier of the user.
    pub sub: String,
    /// Identifier of the user again, under the name used by the original service.
    pub id: String,
    /// In client tokens, only with the scope `email`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub email: Option<String>,
    pub realm: String,
    /// Identifier of the session.
    pub sid: String,
    /// Identifier of the token.
    pub jti: String,
    /// Time of issue in seconds since the epoch, like all times here.
    pub iat: i64,
    /// Time before which it is not valid.
    pub nbf: i64,
    /// Expiry in seconds since 1970.
    pub exp: i64,
    /// Time of the last authentication. The server itself reads it from the session instead.
    pub auth_time: i64,
    /// Methods of the last authentication.
    pub amr: Vec<String>,
    /// Class of the last authentication (RFC 9470 §4). The server itself derives it from the session instead. Tokens
    /// of earlier versions do not contain it.
    #[serde(default = "single_factor")]
    pub acr: String,
    /// Roles of the user at the time of issue, if there are any. The server itself reads them from the store.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub roles: Vec<String>,
    /// Administrator who impersonates the user.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub act: Option<Actor>,
    /// Audience, if one is configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aud: Option<Audience>,
    /// Client that the token was issued for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_id: Option<String>,
    /// Scopes of the client.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scope: Option<String>,
}

fn single_factor() -> String {
    Assurance::OneFactor.acr().to_owned()
}

impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Claims({})", self.jti)
    }
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn includes(&self, expected: &str) -> bool {
        match self {
            Self::One(one) => one == expected,
            Self::Many(many) => many.iter().any(|one| one == expected),
        }
    }
}

/// Signed access token. Never printed.
pub struct AccessToken {
    compact: String,
    /// Time until its expiry.
    pub lifetime: Duration,
}

impl AccessToken {
    /// Returns the compact serialization for the response.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.compact
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// Issues and verifies access tokens.
#[derive(Debug)]
pub struct AccessTokens {
    /// Value of `iss`, where `{realm}` is a placeholder for the realm's name.
    pub issuer: String,
    /// Value of `aud`, if one is configured.
    pub audience: Option<String>,
    /// Value of `iss` in the `act` claim of impersonation tokens.
    pub actor_issuer: String,
    pub keys: Keyring,
}

/// Identity proven by a valid token.
#[derive(Debug, Clone)]
pub struct Proof {
    pub user: UserId,
    pub session: SessionId,
    /// `sub` of the impersonator. Must match the session.
    pub actor: Option<String>,
}

/// User data for the claims of a token.
#[derive(Debug, Clone, Copy)]
pub struct TokenUser<'a> {
    pub email: &'a EmailAddress,
    pub roles: &'a [Role],
}

impl<'a> From<&'a Account> for TokenUser<'a> {
    fn from(account: &'a Account) -> Self {
        Self { email: &account.profile.email, roles: &account.roles }
    }
}

impl AccessTokens {
    /// Signs a token for a session, issued now. It expires no later than the session.
    ///
    /// # Errors
    /// Returns [`NotSigned`] if there is no key or the library fails.
    pub fn issue(
        &self,
        ctx: &Ctx,
        session: &Session,
        user: TokenUser<'_>,
        ttl: Duration,
    ) -> Result<AccessToken, NotSigned> {
        let expires_at = ctx.now.plus(ttl).min(session.expires_at);
        let email = Some(user.email.as_str().to_owned());
        let claims = self.claims(ctx, session, (email, user.roles), expires_at);
        Ok(AccessToken { compact: self.keys.sign(&claims)?, lifetime: expires_at.since(ctx.now) })
    }

    fn claims(
        &self,
        ctx: &Ctx,
        session: &Session,
        (email, roles): (Option<String>, &[Role]),
        expires_at: Timestamp,
    ) -> Claims {
        Claims {
            iss: self.issuer(&session.realm),
            sub: session.user.as_str().to_owned(),
            id: session.user.as_str().to_owned(),
            email,
            realm: session.realm.as_str().to_owned(),
            sid: session.id.as_str().to_owned(),
            jti: data_encoding::BASE32_DNSSEC.encode(&ctx.bytes::<16>()),
            iat: ctx.now.secs(),
            nbf: ctx.now.secs(),
            exp: expires_at.secs(),
            auth_time: session.auth_time.secs(),
            amr: session.amr.iter().map(|amr| amr.as_str().to_owned()).collect(),
            acr: session.acr().to_owned(),
            roles: roles.iter().map(|role| role.as_str().to_owned()).collect(),
            act: session.impersonator.as_ref().map(|by| self.actor(by)),
            aud: self.audience.clone().map(Audience::One),
            client_id: None,
            scope: None,
        }
    }

    /// Verifies a token's signature, claims and time in this realm. The caller must check that its session is live.
    /// The signature of a recently verified token is not checked again.
    ///
    /// # Errors
    /// Returns [`BadToken`] with the reason for the log.
    pub fn verify(&self, ctx: &Ctx, realm: &RealmName, token: &str) -> Result<Proof, BadToken> {
        if token.len() > header::MAX_TOKEN {
            return Err(BadToken::Form);
        }
        let digest = TokenDigest::of(realm, token);
        if let Some(verified) = self.keys.recall(&digest) {
            verified.check_time(ctx.now)?;
            return Ok(verified.proof);
        }
        let (verified, _) = self.verify_signed(realm, token)?;
        verified.check_time(ctx.now)?;
        let proof = verified.proof.clone();
        self.keys.keep(digest, verified);
        Ok(proof)
    }

    /// Verifies a token and returns all of its claims as well.
    ///
    /// # Errors
    /// Returns [`BadToken`] with the reason for the log.
    pub fn verify_claims(&self, ctx: &Ctx, realm: &RealmName, token: &str) -> Result<(Proof, Claims), BadToken> {
        let (verified, claims) = self.verify_signed(realm, token)?;
        verified.check_time(ctx.now)?;
        Ok((verified.proof, claims))
    }

    /// Verifies everything except the time.
    fn verify_signed(&self, realm: &RealmName, token: &str) -> Result<(Verified, Claims), BadToken> {
        let (claims, kid): (Claims, _) = self.keys.verify(token, header::TYPE)?;
        let is_ours = claims.iss == self.issuer(realm)
            && claims.realm == realm.as_str()
            && claims.sub == claims.id
            && !claims.jti.is_empty()
            && claims.email.is_some()
            && claims.client_id.is_none()
            && self.audience.as_ref().is_none_or(|ours| claims.aud.as_ref().is_some_and(|aud| aud.includes(ours)));
        if !is_ours {
            return Err(BadToken::Elsewhere);
        }
        let actor = claims.act.as_ref().map(|actor| {
            let is_ours = actor.iss == self.actor_issuer;
            is_ours.then(|| actor.sub.clone()).ok_or(BadToken::Elsewhere)
        });
        let proof = Proof {
            user: UserId::parse(&claims.sub).ok_or(BadToken::Elsewhere)?,
            session: SessionId::parse(&claims.sid).ok_or(BadToken::Elsewhere)?,
            actor: actor.transpose()?,
        };
        let begins_at = Timestamp::from_secs(claims.nbf.max(claims.iat));
        let verified = Verified { proof, kid, begins_at, expires_at: Timestamp::from_secs(claims.exp) };
        Ok((verified, claims))
    }

    /// Returns the `act` claim of an impersonator.
    #[must_use]
    pub fn actor(&self, impersonator: &Impersonator) -> Actor {
        Actor { iss: self.actor_issuer.clone(), sub: impersonator.subject() }
    }

    /// Returns a realm's issuer.
    #[must_use]
    pub fn issuer(&self, realm: &RealmName) -> String {
        self.issuer.replace("{realm}", realm.as_str())
    }
}
