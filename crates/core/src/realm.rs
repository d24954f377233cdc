//! A realm: one separate population of users, with its own keys.

use std::fmt;

use crate::{ctx::Ctx, id::UserId, seal::RealmKeys, user::Vault};

/// A realm's name: `[A-Za-z][A-Za-z0-9_-]{0,31}`, case counts, none of the names that paths or collections need.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RealmName(Box<str>);

/// Why a realm's name is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRealmName {
    /// Not of the form.
    #[error("a realm's name is a letter, then up to 31 letters, digits, `-` or `_`")]
    Form,
    /// Taken by a path or a collection of ours.
    #[error("this name is reserved")]
    Reserved,
}

/// First path segments of ours, and the collections that lie beside the realms' own.
const RESERVED: &[&str] = &[
    "admin",
    "assets",
    "audit",
    "challenges",
    "counters",
    "dev",
    "docs",
    "failures",
    "health",
    "keys",
    "livez",
    "locks",
    "metrics",
    "migrations",
    "openapi",
    "outbox",
    "quotas",
    "readyz",
    "root_keys",
    "redoc",
    "registrations",
    "revocations",
    "scalar",
    "sessions",
    "signing_keys",
    "system",
    "users",
];

impl RealmName {
    /// Checks form and reservation.
    ///
    /// # Errors
    /// [`BadRealmName`], saying which rule is broken.
    pub fn parse(raw: &str) -> Result<Self, BadRealmName> {
        let mut bytes = raw.bytes();
        let first_is_letter = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
        let rest_is_plain = bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !first_is_letter || !rest_is_plain || raw.len() > 32 {
            return Err(BadRealmName::Form);
        }
        let is_version = raw.strip_prefix('v').is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()));
        if is_version || RESERVED.contains(&raw) {
            return Err(BadRealmName::Reserved);
        }
        Ok(Self(raw.into()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RealmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A realm that is open for business: its name and the keys that only it uses.
#[derive(Debug)]
pub struct Realm {
    /// The name, as in paths and tokens.
    pub name: RealmName,
    /// The keys derived from the realm's root.
    pub keys: RealmKeys,
    /// Opened where there is nobody, so that this takes as long as anybody's.
    pub nobody: Nobody,
}

/// The vault of no user.
#[derive(Debug)]
pub struct Nobody {
    /// Whose it would be.
    pub id: UserId,
    /// Holds a hash that is no password's.
    pub vault: Vault,
}

impl Nobody {
    /// Somebody else at each start.
    #[must_use]
    pub fn new(ctx: &Ctx, keys: &RealmKeys) -> Self {
        let id = UserId::random(ctx.random());
        Self { vault: Vault::of_nobody(ctx, keys, &id), id }
    }
}
