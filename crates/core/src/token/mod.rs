//! Access tokens: JWTs in the shape of RFC 9068, signed and verified by keys that the configuration names.

mod algorithm;
mod header;
mod keyring;
mod refresh;
mod signing_key;

pub use algorithm::Algorithm;
pub use jsonwebtoken::jwk::Jwk;
pub use keyring::{Keyring, NotSigned};
pub use refresh::RefreshToken;
pub use signing_key::{BadKey, SigningKey, new_private_key};

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    account::Profile,
    clock::Timestamp,
    ctx::Ctx,
    id::{RealmName, SessionId, UserId},
    session::Session,
};

/// Clocks of different machines may differ by this much.
pub const CLOCK_SKEW: Duration = Duration::from_secs(5);

/// The claims of an access token. All but `aud` must be there.
#[derive(Clone, Serialize, Deserialize)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// The user.
    pub sub: String,
    /// The user again, under the origin's name.
    pub id: String,
    /// The user's address.
    pub email: String,
    /// The realm.
    pub realm: String,
    /// The session.
    pub sid: String,
    /// This token.
    pub jti: String,
    /// Issued at, in seconds since the epoch, like the next three.
    pub iat: i64,
    /// Not before.
    pub nbf: i64,
    /// Not after.
    pub exp: i64,
    /// When the owner last proved who they are.
    pub auth_time: i64,
    /// How they did.
    pub amr: Vec<String>,
    /// For whom, where an audience is configured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub aud: Option<Audience>,
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
    /// One.
    One(String),
    /// Several.
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

/// A token that is not worth anything; the reason is for the log.
#[derive(Debug, thiserror::Error)]
pub enum BadToken {
    /// Not three parts of strict base64url around a header of ours.
    #[error("the token's form is not ours")]
    Form,
    /// Signed by nobody we know, or not at all, or its claims are not those of an access token.
    #[error("the signature or the claims are not ours")]
    Signature(#[source] jsonwebtoken::errors::Error),
    /// For another realm, audience or use.
    #[error("the token is for something else")]
    Elsewhere,
    /// Not yet or no longer good.
    #[error("the token is expired or not yet good")]
    Time,
}

/// A fresh access token. Never printed.
pub struct AccessToken {
    compact: String,
    /// How long it is good.
    pub lifetime: Duration,
}

impl AccessToken {
    /// The compact form, for the answer.
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

/// Who issues access tokens, for whom and for how long.
#[derive(Debug)]
pub struct AccessTokens {
    /// The `iss`; `{realm}` in it stands for the realm's name.
    pub issuer: String,
    /// The `aud`, if there is to be one.
    pub audience: Option<String>,
    /// The keys.
    pub keys: Keyring,
}

/// What a good token proves.
#[derive(Debug, Clone)]
pub struct Proof {
    /// Whose it is.
    pub user: UserId,
    /// Which session it belongs to.
    pub session: SessionId,
    /// When the owner last proved who they are.
    pub auth_time: Timestamp,
}

impl AccessTokens {
    /// The token `jti` that this session was given at some time; it never outlives the session. `now` is for
    /// [`AccessToken::lifetime`] only.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn issue(
        &self,
        session: &Session,
        profile: &Profile,
        jti: String,
        issued_at: Timestamp,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<AccessToken, NotSigned> {
        let expires_at = issued_at.plus(ttl).min(session.expires_at);
        let claims = Claims {
            iss: self.issuer(&session.realm),
            sub: session.user.as_str().to_owned(),
            id: session.user.as_str().to_owned(),
            email: profile.email.as_str().to_owned(),
            realm: session.realm.as_str().to_owned(),
            sid: session.id.as_str().to_owned(),
            jti,
            iat: issued_at.secs(),
            nbf: issued_at.secs(),
            exp: expires_at.secs(),
            auth_time: session.auth_time.secs(),
            amr: session.amr.iter().map(|amr| amr.as_str().to_owned()).collect(),
            aud: self.audience.clone().map(Audience::One),
        };
        Ok(AccessToken { compact: self.keys.sign(&claims)?, lifetime: expires_at.since(now) })
    }

    /// What a token proves in this realm, as far as signature, claims and time tell. Whether its session goes on is not
    /// said here.
    ///
    /// # Errors
    /// [`BadToken`].
    pub fn verify(&self, ctx: &Ctx, realm: &RealmName, token: &str) -> Result<Proof, BadToken> {
        let claims: Claims = self.keys.verify(token)?;
        let is_ours = claims.iss == self.issuer(realm)
            && claims.realm == realm.as_str()
            && claims.sub == claims.id
            && !claims.jti.is_empty()
            && self.audience.as_ref().is_none_or(|ours| claims.aud.as_ref().is_some_and(|aud| aud.includes(ours)));
        if !is_ours {
            return Err(BadToken::Elsewhere);
        }
        let earliest = Timestamp::from_secs(claims.nbf.max(claims.iat));
        let latest = Timestamp::from_secs(claims.exp).plus(CLOCK_SKEW);
        if ctx.now.plus(CLOCK_SKEW) < earliest || ctx.now >= latest {
            return Err(BadToken::Time);
        }
        Ok(Proof {
            user: UserId::parse(&claims.sub).ok_or(BadToken::Elsewhere)?,
            session: SessionId::parse(&claims.sid).ok_or(BadToken::Elsewhere)?,
            auth_time: Timestamp::from_secs(claims.auth_time),
        })
    }

    /// The issuer of a realm.
    #[must_use]
    pub fn issuer(&self, realm: &RealmName) -> String {
        self.issuer.replace("{realm}", realm.as_str())
    }
}
