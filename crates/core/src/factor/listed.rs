use std::cmp::Reverse;

use super::{FactorName, Factors, Method, TotpFactor, TrustedDevice};
use crate::{clock::Timestamp, id::FactorId, session::SessionClient};

/// A factor, as its owner may see it.
#[derive(Debug, Clone)]
pub struct ListedFactor {
    pub id: FactorId,
    pub method: Method,
    /// Name that the user gave it.
    pub name: FactorName,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A trusted device, as its owner may see it.
#[derive(Debug)]
pub struct ListedDevice {
    pub id: String,
    /// Client of the login that made it trusted.
    pub client: SessionClient,
    pub created_at: Timestamp,
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
}

impl From<&TotpFactor> for ListedFactor {
    fn from(totp: &TotpFactor) -> Self {
        Self {
            id: totp.id.clone(),
            method: Method::Totp,
            name: totp.name.clone(),
            created_at: totp.created_at,
            last_used_at: totp.last_used_at,
        }
    }
}

impl From<TrustedDevice> for ListedDevice {
    fn from(device: TrustedDevice) -> Self {
        let TrustedDevice { id, client, created_at, last_used_at, expires_at, .. } = device;
        Self { id, client, created_at, last_used_at, expires_at }
    }
}

impl Factors {
    /// Lists the factors, recovery codes excepted, the newest first.
    #[must_use]
    pub fn listed(&self) -> Vec<ListedFactor> {
        let mut all: Vec<ListedFactor> = self.totp.iter().map(|held| ListedFactor::from(&held.noun)).collect();
        all.sort_by_key(|factor| Reverse(factor.created_at));
        all
    }
}
