use crate::id::{AdminKeyId, SessionId, UserId};

/// Administrator or API key that created an impersonation session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Impersonator {
    /// An administrator with the session used for it. When that session ends, so does the impersonation.
    Admin(UserId, SessionId),
    /// An API key.
    Key(AdminKeyId),
}

impl Impersonator {
    /// Returns the `sub` of the claim `act` (RFC 8693 §4.1).
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Admin(admin, _) => admin.as_str().to_owned(),
            Self::Key(key) => format!("key:{key}"),
        }
    }

    /// Returns the stored text.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::Admin(admin, session) => format!("admin:{admin}:{session}"),
            Self::Key(key) => format!("key:{key}"),
        }
    }

    /// Parses the stored text. Earlier versions stored administrators without their session. Such a session is never
    /// live.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((kind, rest)) = text.split_once(':') else {
            return Some(Self::Admin(UserId::parse(text)?, SessionId::parse("unknown")?));
        };
        match kind {
            "admin" => {
                let (admin, session) = rest.split_once(':')?;
                Some(Self::Admin(UserId::parse(admin)?, SessionId::parse(session)?))
            }
            "key" => Some(Self::Key(AdminKeyId::parse(rest)?)),
            _ => None,
        }
    }
}
