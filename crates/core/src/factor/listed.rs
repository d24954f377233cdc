use std::cmp::Reverse;

use super::{Factors, Method, TotpFactor, TrustedDevice};
use crate::{clock::Timestamp, id::FactorId, session::SessionClient};

/// A factor, as its owner may see it.
#[derive(Debug, Clone)]
pub struct ListedFactor {
    pub id: FactorId,
    pub method: Method,
    /// Name that the user gave it; that of its kind for a number.
    pub name: String,
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
            name: totp.name.as_str().to_owned(),
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
        let totp = self.totp.iter().map(|held| ListedFactor::from(&held.noun));
        let sms = self.sms.iter().map(|held| ListedFactor {
            id: held.noun.id.clone(),
            method: Method::Sms,
            name: "Text message".to_owned(),
            created_at: held.noun.created_at,
            last_used_at: held.noun.last_used_at,
        });
        let mut all: Vec<ListedFactor> = totp.chain(sms).collect();
        all.sort_by_key(|factor| Reverse(factor.created_at));
        all
    }
}
