//! Identifiers: one type a noun, so that no two are ever mixed up.
//!
//! New ones are 128 random bits in lower-case base32 (26 characters). Identifiers that come from elsewhere, by an
//! import, are kept as they are, as long as they are made of letters, digits, `-` and `_`.

use std::fmt;

use data_encoding::BASE32_DNSSEC;

use crate::random::{self, Random};

/// The longest identifier taken from outside.
const MAX_LENGTH: usize = 64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Box<str>);

        impl $name {
            /// A new one: 128 random bits.
            #[must_use]
            pub fn random(random: &dyn Random) -> Self {
                Self::of(random::bytes(random))
            }

            /// One made of these bits.
            #[must_use]
            pub fn of(bits: [u8; 16]) -> Self {
                Self(BASE32_DNSSEC.encode(&bits).into())
            }

            /// One that was given out before. `None` for what cannot be one.
            #[must_use]
            pub fn parse(raw: &str) -> Option<Self> {
                let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
                let fits = (1..=MAX_LENGTH).contains(&raw.len()) && raw.bytes().all(plain);
                fits.then(|| Self(raw.into()))
            }

            /// As text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }
    };
}

id! {
    /// A user, or the registration that becomes one: the same identifier all along.
    UserId
}
id! {
    /// A session: the token's `sid`.
    SessionId
}
id! {
    /// A row of the outbox.
    OutboxId
}
id! {
    /// One request or job, in answers, log and audit.
    RequestId
}
id! {
    /// A signing key: the `kid` of tokens.
    KeyId
}
id! {
    /// One holding of a lease: whoever has another one has lost it.
    LeaseId
}

/// The random seed of a link or code: 128 bits, from which its token is derived by HMAC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChallengeId(pub [u8; 16]);

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
