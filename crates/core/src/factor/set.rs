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

/// Second factors of a user as read from the store.
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

    /// Returns the factors accepted by a realm with these methods and this relying party. SMS requires a verified
    /// number.
    #[must_use]
    pub fn accepted(mut self, methods: &[Method], rp_id: Option<&str>, has_verified_number: bool) -> Self {
        let accepts_passkeys = methods.contains(&Method::Passkey);
        self.passkeys.retain(|passkey| accepts_passkeys && rp_id == Some(passkey.noun.rp_id.as_str()));
        self.sms = self.sms.filter(|_| methods.contains(&Method::Sms) && has_verified_number);
        self.totp.retain(|_| methods.contains(&Method::Totp));
        self.recovery = self.recovery.filter(|codes| methods.contains(&Method::RecoveryCode) && codes.noun.left() > 0);
        self
    }

    /// Returns the number of factors without recovery codes.
    #[must_use]
    pub fn count(&self) -> usize {
        self.totp.len() + self.passkeys.len() + usize::from(self.sms.is_some())
    }

    /// Returns whether there is a factor that turns on two-step verification when added: any factor except a passkey.
    #[must_use]
    pub fn has_switching(&self) -> bool {
        self.count() > self.passkeys_for(PasskeyUse::Login).count()
    }

    /// Returns the passkeys with this use.
    pub fn passkeys_for(&self, used_for: PasskeyUse) -> impl Iterator<Item = &Held<Passkey>> {
        self.passkeys.iter().filter(move |passkey| passkey.noun.used_for == used_for)
    }

    /// Returns whether there is no factor and no recovery code.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count() == 0 && self.recovery.is_none()
    }

    /// Returns whether there is a factor that does not depend on a phone number. SMS requires one.
    #[must_use]
    pub const fn has_stronger_than_sms(&self) -> bool {
        !self.totp.is_empty() || !self.passkeys.is_empty()
    }

    /// Returns the kind of the factor with this identifier, and the operation that removes it.
    #[must_use]
    pub fn removal(&self, id: &str) -> Option<(Method, RecordOp)> {
        self.each().find(|each| each.id == id).map(|each| (each.method, each.delete))
    }

    /// Returns the account revision at which the factor with this identifier was added.
    #[must_use]
    pub fn since(&self, id: &str) -> Option<u64> {
        self.each().find(|each| each.id == id).map(|each| each.since)
    }

    /// Returns the operations that remove the factors added since a revision, and SMS if the account no longer has
    /// its number.
    #[must_use]
    pub fn added_since(&self, since: u64, is_number_kept: bool) -> Vec<RecordOp> {
        let is_one = |each: &Each<'_>| each.since >= since || (each.method == Method::Sms && !is_number_kept);
        self.each().filter(is_one).map(|each| each.delete).collect()
    }

    /// Returns all factors without recovery codes.
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

/// Common properties of factors of all kinds.
struct Each<'a> {
    method: Method,
    id: &'a str,
    since: u64,
    delete: RecordOp,
}
