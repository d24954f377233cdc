//! Records: one table for all objects of a realm that are looked up by key or owner. A type implements [`Record`],
//! without changes to backends or migrations.

use crate::{
    clock::Timestamp,
    ctx::Ctx,
    id::{RealmName, UserId},
    seal::{DataKey, RealmKeys, Sealed, Unsealable},
};

/// Kinds of records. Tests check the export and deletion of accounts against this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// [`Succession`](crate::account::Succession).
    Succession,
    /// [`PendingEmail`](crate::account::PendingEmail).
    EmailPending,
    /// [`Reservation`](crate::account::Reservation).
    EmailReserved,
    /// [`PendingPhone`](crate::account::PendingPhone).
    PhonePending,
    /// [`VerifiedPhone`](crate::account::VerifiedPhone).
    PhoneVerified,
    /// [`TotpFactor`](crate::factor::TotpFactor).
    Totp,
    /// [`SmsFactor`](crate::factor::SmsFactor).
    Sms,
    /// [`Passkey`](crate::factor::passkey::Passkey).
    Passkey,
    /// [`SpentChallenge`](crate::factor::passkey::SpentChallenge), or [`SpentProof`](crate::link::SpentProof).
    Spent,
    /// [`RecoveryCodes`](crate::factor::RecoveryCodes).
    RecoveryCodes,
    /// [`TrustedDevice`](crate::factor::TrustedDevice).
    Device,
    /// [`Identity`](crate::federation::Identity).
    Identity,
    /// [`Invitation`](crate::admin::Invitation).
    Invitation,
    /// [`GrantsOf`](crate::admin::GrantsOf).
    AdminGrant,
    /// [`Owners`](crate::admin::Owners).
    AdminOwners,
    /// [`AdminKey`](crate::admin::AdminKey).
    AdminKey,
    /// [`AuditKey`](crate::audit::AuditKey).
    AuditKey,
    /// [`RegisteredClient`](crate::oauth::RegisteredClient).
    Client,
    /// [`ClientMark`](crate::oauth::ClientMark).
    ClientMark,
    /// [`Consent`](crate::oauth::Consent).
    Consent,
    /// Status of a running server, a [`Node`](crate::node::Node).
    Node,
    /// Lease of a server for a background task.
    Lease,
    /// For the conformance suites.
    #[cfg(feature = "suite")]
    Sample,
    /// A second kind for the conformance suites.
    #[cfg(feature = "suite")]
    OtherSample,
}

impl RecordKind {
    pub const ALL: &'static [Self] = &[
        Self::Succession,
        Self::EmailPending,
        Self::EmailReserved,
        Self::PhonePending,
        Self::PhoneVerified,
        Self::Totp,
        Self::Sms,
        Self::Passkey,
        Self::Spent,
        Self::RecoveryCodes,
        Self::Device,
        Self::Identity,
        Self::Invitation,
        Self::AdminGrant,
        Self::AdminOwners,
        Self::AdminKey,
        Self::AuditKey,
        Self::Client,
        Self::ClientMark,
        Self::Consent,
        Self::Node,
        Self::Lease,
        #[cfg(feature = "suite")]
        Self::Sample,
        #[cfg(feature = "suite")]
        Self::OtherSample,
    ];

    /// Returns the stored string.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succession => "succession",
            Self::EmailPending => "email_pending",
            Self::EmailReserved => "email_reserved",
            Self::PhonePending => "phone_pending",
            Self::PhoneVerified => "phone_verified",
            Self::Totp => "totp",
            Self::Sms => "sms",
            Self::Passkey => "passkey",
            Self::Spent => "spent",
            Self::RecoveryCodes => "recovery_codes",
            Self::Device => "device",
            Self::Identity => "identity",
            Self::Invitation => "invitation",
            Self::AdminGrant => "admin_grant",
            Self::AdminOwners => "admin_owners",
            Self::AdminKey => "admin_key",
            Self::AuditKey => "audit_key",
            Self::Client => "client",
            Self::ClientMark => "client_mark",
            // The stored name, which databases contain.
            Self::Consent => "grant",
            Self::Node => "node",
            Self::Lease => "lease",
            #[cfg(feature = "suite")]
            Self::Sample => "sample",
            #[cfg(feature = "suite")]
            Self::OtherSample => "other_sample",
        }
    }

    /// Parses the stored string.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    pub realm: RealmName,
    pub kind: RecordKind,
    /// Unique within realm and kind. An identifier or a hash, never personal data.
    pub key: String,
    /// User whose export includes the record and whose deletion removes it.
    pub owner: Option<UserId>,
    pub expires_at: Option<Timestamp>,
    /// Number of changes, starting at 1, or above the revision of an earlier record with this key. Each write states
    /// the revision that it is based on.
    pub revision: u64,
    /// The object, sealed and bound to realm, kind and key.
    pub body: Sealed,
}

/// A type that is stored as a record.
pub trait Record: Sized {
    const KIND: RecordKind;

    /// Returns the key, which is unique within realm and kind.
    fn key(&self) -> String;

    /// Returns the user whose export includes the record and whose deletion removes it.
    fn owner(&self) -> Option<&UserId>;

    /// Returns the time after which it may be removed.
    fn expires_at(&self) -> Option<Timestamp>;

    /// Returns the plaintext to seal.
    fn to_bytes(&self) -> Vec<u8>;

    /// Parses the plaintext. Returns `None` if it is unreadable.
    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self>;

    /// Seals a new record.
    fn seal(&self, ctx: &Ctx, realm: &RealmName, keys: RecordKeys<'_>) -> RecordRow {
        let key = self.key();
        RecordRow {
            body: keys.seal(ctx, Self::KIND, &key, &self.to_bytes()),
            realm: realm.clone(),
            kind: Self::KIND,
            key,
            owner: self.owner().cloned(),
            expires_at: self.expires_at(),
            revision: 1,
        }
    }

    /// Opens a stored record.
    ///
    /// # Errors
    /// Returns [`Unsealable`] if it was sealed with other keys or for another realm, kind or key, or is unreadable.
    fn open(row: &RecordRow, keys: RecordKeys<'_>) -> Result<Self, Unsealable> {
        let bytes = keys.open(row.kind, &row.key, &row.body)?;
        Self::from_bytes(&row.key, &bytes).ok_or(Unsealable)
    }
}

/// Keys that seal a record: the owner's data key, whose deletion erases the record, or the realm's keys if it has no
/// owner.
#[derive(Debug, Clone, Copy)]
pub enum RecordKeys<'a> {
    Owner(&'a DataKey),
    Realm(&'a RealmKeys),
}

impl RecordKeys<'_> {
    fn seal(self, ctx: &Ctx, kind: RecordKind, key: &str, plain: &[u8]) -> Sealed {
        match self {
            Self::Owner(data_key) => data_key.seal_record(ctx, kind.as_str(), key, plain),
            Self::Realm(keys) => keys.seal_record(ctx, kind.as_str(), key, plain),
        }
    }

    fn open(self, kind: RecordKind, key: &str, sealed: &Sealed) -> Result<zeroize::Zeroizing<Vec<u8>>, Unsealable> {
        match self {
            Self::Owner(data_key) => data_key.open_record(kind.as_str(), key, sealed),
            Self::Realm(keys) => keys.open_record(kind.as_str(), key, sealed),
        }
    }
}
