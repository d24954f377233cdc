use super::{Held, Method, RecoveryCodes, TotpFactor};
use crate::{
    error::Result,
    record::{RecordKind, RecordRow},
    seal::DataKey,
};

/// Second factors of a user, as they were read.
#[derive(Debug, Default)]
pub struct Factors {
    pub totp: Vec<Held<TotpFactor>>,
    pub recovery: Option<Held<RecoveryCodes>>,
}

impl Factors {
    /// Decrypts the factors among a user's records.
    ///
    /// # Errors
    /// Internal, if one cannot be decrypted.
    pub fn open(rows: Vec<RecordRow>, key: &DataKey) -> Result<Self> {
        let mut factors = Self::default();
        for row in rows {
            match row.kind {
                RecordKind::Totp => factors.totp.push(Held::open(row, key)?),
                RecordKind::RecoveryCodes => factors.recovery = Some(Held::open(row, key)?),
                _ => {}
            }
        }
        factors.totp.sort_by_key(|totp| totp.noun.created_at);
        Ok(factors)
    }

    /// Returns those that a realm with these methods accepts.
    #[must_use]
    pub fn accepted(mut self, methods: &[Method]) -> Self {
        self.totp.retain(|_| methods.contains(&Method::Totp));
        self.recovery = self.recovery.filter(|codes| methods.contains(&Method::RecoveryCode) && codes.noun.left() > 0);
        self
    }

    /// Returns the number of factors, recovery codes excepted.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.totp.len()
    }

    /// Returns whether there is a factor, recovery codes included.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count() == 0 && self.recovery.is_none()
    }
}
