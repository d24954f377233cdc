use super::{
    Held, Method, RecoveryCodes, SmsFactor, TotpFactor,
    passkey::{Passkey, PasskeyUse},
};
use crate::{
    error::Result,
    port::RecordOp,
    record::{RecordKind, RecordRow},
    seal::DataKey,
};

/// Second factors of a user, as they were read.
#[derive(Debug, Default)]
pub struct Factors {
    pub totp: Vec<Held<TotpFactor>>,
    /// Passkeys and security keys.
    pub passkeys: Vec<Held<Passkey>>,
    pub sms: Option<Held<SmsFactor>>,
    pub recovery: Option<Held<RecoveryCodes>>,
}

impl Factors {
    /// Decrypts the factors among a user's records.
    ///
    /// # Errors
    /// Returns `Internal` if one cannot be decrypted.
    pub fn open(rows: Vec<RecordRow>, key: &DataKey) -> Result<Self> {
        let mut factors = Self::default();
        for row in rows {
            match row.kind {
                RecordKind::Totp => factors.totp.push(Held::open(row, key)?),
                RecordKind::Sms => factors.sms = Some(Held::open(row, key)?),
                RecordKind::Passkey => factors.passkeys.push(Held::open(row, key)?),
                RecordKind::RecoveryCodes => factors.recovery = Some(Held::open(row, key)?),
                _ => {}
            }
        }
        factors.totp.sort_by_key(|totp| totp.noun.created_at);
        factors.passkeys.sort_by_key(|passkey| passkey.noun.created_at);
        Ok(factors)
    }

    /// Returns those that a realm with these methods and this relying party accepts. Codes are sent only to a number that is
    /// verified.
    #[must_use]
    pub fn accepted(mut self, methods: &[Method], rp_id: Option<&str>, has_verified_number: bool) -> Self {
        let accepts_passkeys = methods.contains(&Method::Passkey);
        self.passkeys.retain(|passkey| accepts_passkeys && rp_id == Some(passkey.noun.rp_id.as_str()));
        self.sms = self.sms.filter(|_| methods.contains(&Method::Sms) && has_verified_number);
        self.totp.retain(|_| methods.contains(&Method::Totp));
        self.recovery = self.recovery.filter(|codes| methods.contains(&Method::RecoveryCode) && codes.noun.left() > 0);
        self
    }

    /// Returns the number of factors, recovery codes excepted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.totp.len() + self.passkeys.len() + usize::from(self.sms.is_some())
    }

    /// Returns whether there is a factor whose addition turns two-step on: any but a passkey.
    #[must_use]
    pub fn has_switching(&self) -> bool {
        self.count() > self.passkeys_for(PasskeyUse::Login).count()
    }

    /// Returns the passkeys that are used for this.
    pub fn passkeys_for(&self, used_for: PasskeyUse) -> impl Iterator<Item = &Held<Passkey>> {
        self.passkeys.iter().filter(move |passkey| passkey.noun.used_for == used_for)
    }

    /// Returns whether there is a factor, recovery codes included.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.recovery.is_none()
    }

    /// Returns whether there is a factor that does not depend on a phone number, which SMS requires.
    #[must_use]
    pub const fn has_stronger_than_sms(&self) -> bool {
        !self.totp.is_empty() || !self.passkeys.is_empty()
    }

    /// Returns kind and removal of the factor with this identifier.
    #[must_use]
    pub fn removal(&self, id: &str) -> Option<(Method, RecordOp)> {
        self.each().find(|each| each.id == id).map(|each| (each.method, each.delete))
    }

    /// Returns the revision of the account that added the factor with this identifier.
    #[must_use]
    pub fn since(&self, id: &str) -> Option<u64> {
        self.each().find(|each| each.id == id).map(|each| each.since)
    }

    /// Returns the removals of the factors that were added from a revision on, and of SMS if its number is no longer the
    /// number of the account.
    #[must_use]
    pub fn added_since(&self, since: u64, is_number_kept: bool) -> Vec<RecordOp> {
        let is_one = |each: &Each<'_>| each.since >= since || (each.method == Method::Sms && !is_number_kept);
        self.each().filter(is_one).map(|each| each.delete).collect()
    }

    /// Returns all factors, recovery codes excepted.
    fn each(&self) -> impl Iterator<Item = Each<'_>> {
        let totp = self.totp.iter().map(|held| Each {
            method: Method::Totp,
            id: held.noun.id.as_str(),
            since: held.noun.since,
            delete: held.delete(),
        });
        let sms = self.sms.iter().map(|held| Each {
            method: Method::Sms,
            id: held.noun.id.as_str(),
            since: held.noun.since,
            delete: held.delete(),
        });
        let passkeys = self.passkeys.iter().map(|held| Each {
            method: held.noun.used_for.method(),
            id: held.noun.id.as_str(),
            since: held.noun.since,
            delete: held.delete(),
        });
        totp.chain(passkeys).chain(sms)
    }
}

/// What factors of all kinds have in common.
struct Each<'a> {
    method: Method,
    id: &'a str,
    since: u64,
    delete: RecordOp,
}
