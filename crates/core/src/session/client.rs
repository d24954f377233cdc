use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    ctx::Client,
    error::{Error, Result},
};

/// Address and device from which a session was opened, for the list of sessions. Personal data: never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionClient {
    pub ip: Option<String>,
    /// Value of the header `User-Agent`.
    pub agent: Option<String>,
}

impl SessionClient {
    /// Returns the serialised form, which is sealed.
    ///
    /// # Errors
    /// Internal, if it cannot be serialised.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(self).map_err(Error::internal)
    }

    /// Reads the serialised form.
    ///
    /// # Errors
    /// Internal, if it is unreadable.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        serde_json::from_slice(bytes).map_err(Error::internal)
    }
}

impl From<&Client> for SessionClient {
    fn from(client: &Client) -> Self {
        Self { ip: client.ip.map(|ip| ip.to_string()), agent: client.agent.clone() }
    }
}

impl fmt::Debug for SessionClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionClient(…)")
    }
}
