//! Sessions, and the log that ends them everywhere.

pub mod device;

use crate::{
    clock::Timestamp,
    id::{RealmName, SessionId, UserId},
    seal::Sealed,
};

/// How somebody proved who they are: values of `amr` (RFC 8176 §2).
pub mod amr {
    /// By password.
    pub const PASSWORD: &str = "pwd";
}

/// A login that goes on until it is ended or lapses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The realm.
    pub realm: RealmName,
    /// The token's `sid`.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// When the owner last proved who they are.
    pub auth_time: Timestamp,
    /// How they did.
    pub amr: Vec<String>,
    /// Address and device, sealed under the user's data key.
    pub client: Sealed,
    /// When it began.
    pub created_at: Timestamp,
    /// When it lapses at the latest.
    pub expires_at: Timestamp,
    /// Where its refresh tokens stand.
    pub family: Family,
}

/// A refresh token family: the tokens of one session, of which only hashes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Of the newest token.
    pub current: TokenHash,
    /// Of the one before.
    pub previous: Option<TokenHash>,
    /// When the newest was given out.
    pub rotated_at: Timestamp,
    /// When the newest lapses, unless it is used.
    pub idle_until: Timestamp,
}

/// SHA-256 of a refresh token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

/// A place in the revocation log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct LogPosition(pub u64);

/// One entry of the revocation log: a session that is over while tokens of it may still be about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The realm.
    pub realm: RealmName,
    /// The session that is over.
    pub session: SessionId,
    /// When the last token of it has expired, so that the entry can go.
    pub expires_at: Timestamp,
}
