use aws_lc_rs::hmac;

use super::phone::PhoneNumber;
use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
    seal::{self, BlindIndex, RealmKeys},
};

/// A verified phone number of a user, found by its blind index. The first user of the realm who verified the number has
/// the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPhone {
    pub user: UserId,
    pub index: BlindIndex,
}

impl VerifiedPhone {
    /// Returns the record of a number.
    #[must_use]
    pub fn of(keys: &RealmKeys, user: &UserId, phone: &PhoneNumber) -> Self {
        let tag = hmac::sign(keys.phone_key(), phone.as_str().as_bytes());
        let index = BlindIndex(tag.as_ref().first_chunk().copied().unwrap_or_default());
        Self { user: user.clone(), index }
    }
}

impl Record for VerifiedPhone {
    const KIND: RecordKind = RecordKind::PhoneVerified;

    fn key(&self) -> String {
        seal::hex(&self.index.0)
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.user.as_str().as_bytes().to_vec()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let user = UserId::parse(std::str::from_utf8(bytes).ok()?)?;
        Some(Self { user, index: BlindIndex(seal::unhex(key)?) })
    }
}
