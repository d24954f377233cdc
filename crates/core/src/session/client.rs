use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ctx::{Client, Ctx},
    error::{Error, Result},
    id::FactorId,
    seal::{DataKey, Sealed},
};

/// Address and device that a session was opened from, for the list of sessions. Personal data: never printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    pub ip: Option<String>,
    /// Value of the `User-Agent` header.
    pub agent: Option<String>,
    /// Passkey or identity that opened the session: its removal ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) opened_by: Option<String>,
}

/// Name of the sealed field; the ciphertext is bound to it.
const FIELD: &str = "session";

impl SessionClient {
    /// Returns the client of a session that this passkey or identity opened.
    #[must_use]
    pub(crate) fn opened_by(self, opener: Option<&FactorId>) -> Self {
        Self { opened_by: opener.map(|id| id.as_str().to_owned()), ..self }
    }

    /// Returns whether this passkey or identity opened the session.
    #[must_use]
    pub(crate) fn is_opened_by(&self, opener: &str) -> bool {
        self.opened_by.as_deref() == Some(opener)
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
        }
    }
}

impl fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionClient(…)")
    }
}
