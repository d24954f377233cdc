use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ctx::{Client, Ctx},
    error::{Error, Result},
    id::FactorId,
    seal::{DataKey, Sealed},
};

/// Address and device of a session's login, for the list of sessions. Personal data: never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    pub ip: Option<String>,
    /// Value of the `User-Agent` header.
    pub agent: Option<String>,
    /// Passkey or identity used for the login. Removing it ends the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened_by: Option<String>,
    /// Passkey used together with the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) and_by: Option<String>,
}

/// Identity and passkey used for a login. Removing either of them ends the session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Openers {
    pub(crate) identity: Option<FactorId>,
    pub(crate) passkey: Option<FactorId>,
}

/// Name of the sealed field. The ciphertext is bound to this name.
const FIELD: &str = "session";

impl SessionClient {
    /// Returns the client of a session created with these.
    #[must_use]
    pub(crate) fn opened_by(self, openers: &Openers) -> Self {
        let id = |opener: Option<&FactorId>| opener.map(|id| id.as_str().to_owned());
        let (first, second) = match (&openers.identity, &openers.passkey) {
            (Some(identity), passkey) => (Some(identity), passkey.as_ref()),
            (None, passkey) => (passkey.as_ref(), None),
        };
        Self { opened_by: id(first), and_by: id(second), ..self }
    }

    /// Returns whether this passkey or identity was used for the login, alone or together with another.
    #[must_use]
    pub(crate) fn is_opened_by(&self, opener: &str) -> bool {
        [&self.opened_by, &self.and_by].into_iter().flatten().any(|id| id == opener)
    }

    /// Seals the client under its user's data key.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be serialized.
    pub(crate) fn seal(&self, ctx: &Ctx, key: &DataKey) -> Result<Sealed> {
        Ok(key.seal(ctx, FIELD, &serde_json::to_vec(self).map_err(Error::internal)?))
    }

    /// Opens a sealed client.
    ///
    /// # Errors
    /// Returns `Internal` if it cannot be decrypted or parsed.
    pub(crate) fn open(key: &DataKey, sealed: &Sealed) -> Result<Self> {
        serde_json::from_slice(&key.open(FIELD, sealed).map_err(Error::internal)?).map_err(Error::internal)
    }
}

impl From<&Client> for SessionClient {
    fn from(client: &Client) -> Self {
        Self {
            ip: client.ip.map(|ip| ip.to_string()),
            agent: client.agent.as_deref().map(str::to_owned),
            opened_by: None,
            and_by: None,
        }
    }
}

impl fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionClient(…)")
    }
}
