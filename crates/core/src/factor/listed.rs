use std::cmp::Reverse;

use super::{
    FactorName, Factors, Method, SmsFactor, TotpFactor, TrustedDevice,
    passkey::{Backup, Passkey, PasskeyUse},
};
use crate::{account::phone::PhoneNumber, clock::Timestamp, id::FactorId, session::SessionClient};

/// A factor as shown to its owner.
#[derive(Debug, Clone)]
pub struct ListedFactor {
    pub id: FactorId,
    pub method: Method,
    /// Name chosen by the user, or the last digits of the phone number for SMS.
    pub name: FactorName,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
}

/// A passkey or security key as shown to its owner.
#[derive(Debug, Clone)]
pub struct ListedPasskey {
    pub id: FactorId,
    pub name: FactorName,
    pub used_for: PasskeyUse,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub backup: Backup,
}

/// A trusted device as shown to its owner.
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

impl ListedFactor {
    /// Returns the name of an app, or the last digits of the phone number for SMS, for a mail to the owner. May be
    /// empty.
    #[must_use]
    pub fn name_in_mails(&self) -> &str {
        match self.method {
            Method::Sms => self.name.as_str(),
            _ => self.name.in_mails(),
        }
    }

    /// Returns the list entry of SMS with this number.
    #[must_use]
    pub fn sms(sms: &SmsFactor, phone: Option<&PhoneNumber>) -> Self {
        Self {
            id: sms.id.clone(),
            method: Method::Sms,
            name: FactorName::number(phone),
            created_at: sms.created_at,
            last_used_at: sms.last_used_at,
        }
    }
}

impl From<&Passkey> for ListedFactor {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id.clone(),
            method: passkey.used_for.method(),
            name: passkey.name.clone(),
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
        }
    }
}

impl From<&Passkey> for ListedPasskey {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id.clone(),
            name: passkey.name.clone(),
            used_for: passkey.used_for,
            created_at: passkey.created_at,
            last_used_at: passkey.last_used_at,
            backup: passkey.backup,
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
    /// Lists the factors of an account, newest first, without recovery codes. `phone` is the number of the account.
    #[must_use]
    pub fn listed(&self, phone: Option<&PhoneNumber>) -> Vec<ListedFactor> {
        let totp = self.totp.iter().map(|held| ListedFactor::from(&held.noun));
        let passkeys = self.passkeys.iter().map(|held| ListedFactor::from(&held.noun));
        let sms = self.sms.iter().map(|held| ListedFactor::sms(&held.noun, phone));
        let mut all: Vec<ListedFactor> = totp.chain(passkeys).chain(sms).collect();
        all.sort_by_key(|factor| Reverse(factor.created_at));
        all
    }
}
