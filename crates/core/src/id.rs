//! Identifiers. Each kind of object has its own type, so that the compiler prevents mix-ups.
//!
//! New identifiers are 128 random bits in lower-case base32 (26 characters). Imported identifiers are kept if they
//! consist of letters, digits, `-` and `_`.

use std::{borrow::Borrow, fmt};

use data_encoding::BASE32_DNSSEC;

use crate::random::{self, Random};

/// Maximum length of an imported identifier, in bytes.
const MAX_LENGTH: usize = 64;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(std::sync::Arc<str>);

        impl $name {
            /// Creates a new random identifier of 128 bits.
            #[must_use]
            pub fn random(random: &dyn Random) -> Self {
                Self::of(random::bytes(random))
            }

            /// Creates an identifier from these bits.
            #[must_use]
            pub fn of(bits: [u8; 16]) -> Self {
                Self(BASE32_DNSSEC.encode(&bits).into())
            }

            /// Parses an identifier from a request or the store. Returns `None` if it is malformed.
            #[must_use]
            pub fn parse(raw: &str) -> Option<Self> {
                let plain = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
                let fits = (1..=MAX_LENGTH).contains(&raw.len()) && raw.bytes().all(plain);
                fits.then(|| Self(raw.into()))
            }

            /// Returns the identifier as text.
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
    /// Identifier of a user, and of the registration that becomes this user.
    UserId
}
id! {
    /// Identifier of a session: the `sid` claim of its tokens.
    SessionId
}
id! {
    /// Identifier of an outbox row.
    OutboxId
}
id! {
    /// Identifier of a request or job, in responses, log and audit trail.
    RequestId
}
id! {
    /// Identifier of a signing key: the `kid` header of tokens.
    KeyId
}
id! {
    /// Identifier of a server process. Each start creates a new one.
    NodeId
}
id! {
    /// Identifier of a lease. Each claim creates a new one.
    LeaseId
}
id! {
    /// Identifier of a second factor, or of an identity at another provider.
    FactorId
}
id! {
    /// Identifier of an administrative API key.
    AdminKeyId
}

/// Identifier of a challenge: 128 random bits, from which the tokens of its links and codes are derived.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ChallengeId(pub [u8; 16]);

/// Name of a realm: `[A-Za-z][A-Za-z0-9_-]{0,31}`, case-sensitive.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RealmName(Box<str>);

/// Reason why a realm name was rejected.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BadRealmName {
    /// The name does not match the pattern of [`RealmName`].
    #[error("a realm name consists of a letter and up to 31 letters, digits, `-` or `_`")]
    Form,
    /// The name is already used by a path or collection of the server.
    #[error("this name is reserved")]
    Reserved,
}

/// Names not allowed for new realms: first path segments and collection names. The list is final: later collections
/// start with `_` and later paths with `.` or `/v1/`, which are not valid realm names.
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
    /// Returns the administrators' realm. It also contains data that belongs to no realm.
    #[must_use]
    pub fn admin() -> Self {
        Self("admin".into())
    }

    /// Parses a name from the settings, which must be well-formed and not reserved.
    ///
    /// # Errors
    /// Returns [`BadRealmName`] with the rule that was violated.
    pub fn parse(raw: &str) -> Result<Self, BadRealmName> {
        let name = Self::from_stored(raw).ok_or(BadRealmName::Form)?;
        let is_version = raw.strip_prefix('v').is_some_and(|v| !v.is_empty() && v.bytes().all(|b| b.is_ascii_digit()));
        if is_version || RESERVED.contains(&raw) { Err(BadRealmName::Reserved) } else { Ok(name) }
    }

    /// Parses a name from the store. Returns `None` if it is malformed. Names that were reserved after the realm was
    /// created remain valid.
    #[must_use]
    pub fn from_stored(raw: &str) -> Option<Self> {
        let mut bytes = raw.bytes();
        let first_is_letter = bytes.next().is_some_and(|b| b.is_ascii_alphabetic());
        let rest_is_plain = bytes.all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (first_is_letter && rest_is_plain && raw.len() <= 32).then(|| Self(raw.into()))
    }

    /// Returns the name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Allows lookups of realms by name without allocation.
impl Borrow<str> for RealmName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RealmName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifier of a client, chosen by the operator: 1 to 64 letters, digits, `.`, `_` and `-`. The first character is
/// a letter or digit.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(Box<str>);

impl ClientId {
    /// Parses an identifier. Returns `None` if it is malformed.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        let begins_well = raw.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
        let fits = raw.len() <= MAX_LENGTH && begins_well && raw.bytes().all(is_plain);
        fits.then(|| Self(raw.into()))
    }

    /// Returns the identifier as text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClientId({})", self.0)
    }
}
