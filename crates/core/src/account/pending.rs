//! Pending changes of a user's email address or phone number.

use serde::{Deserialize, Serialize};

use super::{email::EmailAddress, phone::PhoneNumber};
use crate::{
    clock::Timestamp,
    id::{ChallengeId, SessionId, UserId},
    record::{Record, RecordKind},
    seal,
};

/// A pending email address, which becomes the user's address once its link is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEmail {
    pub user: UserId,
    pub email: EmailAddress,
    /// Session that requested the change; it is kept when the change revokes the others.
    pub session: SessionId,
    /// Challenge of the link.
    pub challenge: ChallengeId,
    /// Time until which the user sees the change, regardless of whether the link was sent.
    pub shown_until: Timestamp,
    /// Time after which the link is guaranteed to be invalid.
    pub expires_at: Timestamp,
}

/// A pending phone number, which becomes the user's number once its code is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingPhone {
    pub user: UserId,
    pub phone: PhoneNumber,
    /// Challenge of the code.
    pub challenge: ChallengeId,
    pub expires_at: Timestamp,
}

/// Serialized form, before sealing.
#[derive(Serialize, Deserialize)]
struct StoredEmail {
    email: String,
    session: String,
    challenge: String,
    shown_until: i64,
    expires_at: i64,
}

/// Serialized form, before sealing.
#[derive(Serialize, Deserialize)]
struct StoredPhone {
    phone: String,
    challenge: String,
    expires_at: i64,
}

impl Record for PendingEmail {
    const KIND: RecordKind = RecordKind::EmailPending;

    fn key(&self) -> String {
        self.user.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredEmail {
            email: self.email.as_str().to_owned(),
            session: self.session.as_str().to_owned(),
            challenge: seal::hex(&self.challenge.0),
            shown_until: self.shown_until.millis(),
            expires_at: self.expires_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: StoredEmail = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            user: UserId::parse(key)?,
            email: EmailAddress::stored(&stored.email).ok()?,
            session: SessionId::parse(&stored.session)?,
            challenge: ChallengeId(seal::unhex(&stored.challenge)?),
            shown_until: Timestamp::from_millis(stored.shown_until),
            expires_at: Timestamp::from_millis(stored.expires_at),
        })
    }
}

impl Record for PendingPhone {
    const KIND: RecordKind = RecordKind::PhonePending;

    fn key(&self) -> String {
        self.user.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.user)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let stored = StoredPhone {
            phone: self.phone.as_str().to_owned(),
            challenge: seal::hex(&self.challenge.0),
            expires_at: self.expires_at.millis(),
        };
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: StoredPhone = serde_json::from_slice(bytes).ok()?;
        Some(Self {
            user: UserId::parse(key)?,
            phone: PhoneNumber::from_stored(&stored.phone).ok()?,
            challenge: ChallengeId(seal::unhex(&stored.challenge)?),
            expires_at: Timestamp::from_millis(stored.expires_at),
        })
    }
}
