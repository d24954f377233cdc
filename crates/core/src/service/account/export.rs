//! `me/export`: exports all stored data of the caller.

use super::Accounts;
use crate::{
    account::{Account, PendingEmail, PendingPhone, Reservation, User},
    audit::{Event, ListedEvent},
    batch,
    clock::Timestamp,
    error::{Error, Result},
    factor::{ListedDevice, ListedFactor, TrustedDevice},
    federation::{Identity, ListedIdentity},
    limit::LimitKind,
    oauth::Consent,
    record::{Record, RecordKeys, RecordKind, RecordRow},
    seal::DataKey,
    service::{Owner, RawField},
    session::ListedSession,
};

/// Maximum number of events in an export, which bounds its memory. `me/events` returns the rest.
const MAX_EVENTS: usize = 10_000;
/// Number of events read at a time.
const PAGE: usize = 1000;

/// All stored data of a user that is visible to the user.
#[derive(Debug)]
pub struct Export {
    pub exported_at: Timestamp,
    pub account: Account,
    /// Unverified changes, and changes that can be undone.
    pub pending: Vec<ExportedChange>,
    /// Live sessions, most recently used first.
    pub sessions: Vec<ListedSession>,
    /// Newest events of the last 90 days, newest first.
    pub events: Vec<ListedEvent>,
    /// Cursor of further events, if there are more.
    pub events_next: Option<String>,
    pub factors: Vec<ListedFactor>,
    /// Number of unused recovery codes, and the time of their creation.
    pub recovery_codes: Option<(usize, Timestamp)>,
    /// Trusted devices of the user.
    pub devices: Vec<ListedDevice>,
    /// Accounts at other providers.
    pub identities: Vec<ListedIdentity>,
    /// Consents to clients.
    pub grants: Vec<Consent>,
}

/// Unverified or undoable change of the address or phone number.
#[derive(Debug)]
pub struct ExportedChange {
    /// `email_change`, `phone_change` or `email_reserved`.
    pub kind: &'static str,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub expires_at: Timestamp,
}

impl From<PendingEmail> for ExportedChange {
    fn from(pending: PendingEmail) -> Self {
        let email = Some(pending.email.as_str().to_owned());
        Self { kind: "email_change", email, phone: None, expires_at: pending.shown_until }
    }
}

impl From<PendingPhone> for ExportedChange {
    fn from(pending: PendingPhone) -> Self {
        let phone = Some(pending.phone.as_str().to_owned());
        Self { kind: "phone_change", email: None, phone, expires_at: pending.expires_at }
    }
}

impl From<Reservation> for ExportedChange {
    fn from(reserved: Reservation) -> Self {
        Self {
            kind: "email_reserved",
            email: Some(reserved.email.as_str().to_owned()),
            phone: reserved.phone.map(|phone| phone.as_str().to_owned()),
            expires_at: reserved.expires_at,
        }
    }
}

impl Accounts<'_> {
    /// Returns all stored data of the caller, whose login must be recent.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Limited` if a rate limit is reached, `BadToken` if the
    /// account was deleted in the meantime, `Unavailable` if the store fails, and `Internal` if a record cannot be
    /// decrypted.
    pub async fn export(&self, owner: &Owner) -> Result<Export> {
        let owner = self.fresh(owner, &RawField::Missing).await?;
        let (user, account) = (owner.account().id.as_str().as_bytes(), self.fresh_user(owner).await?);
        let audit = self.audit(Event::Exported).user(&*owner);
        let quota = self.settings.limits.exports_account;
        // Counted first, so that a flood of requests causes no work.
        let counted = self.commit_counted(LimitKind::Exports, user, quota, batch![audit]).await;
        if counted.is_err() {
            self.note_limit_of(&*owner).await?;
        }
        counted?;
        let export = self.gather(&owner, &account).await?;
        tracing::info!(realm = %self.realm.name, user = %account.id, "account exported");
        Ok(export)
    }

    async fn gather(&self, owner: &Owner, user: &User) -> Result<Export> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let (events, has_more) = self.newest_of_all(owner).await?;
        let mut export = Export {
            exported_at: self.ctx.now,
            account: self.account_of(user).await?,
            pending: Vec::new(),
            sessions: self.live_sessions(user, owner.session()).await?,
            events_next: events.last().filter(|_| has_more).map(|last| self.events_after(owner.account(), last)),
            events,
            factors: Vec::new(),
            recovery_codes: None,
            devices: Vec::new(),
            identities: Vec::new(),
            grants: Vec::new(),
        };
        for row in self.ports.store.records_of(&self.realm.name, &user.id, None).await? {
            export.add(&row, &key)?;
        }
        let factors = self.factors_of(user, &key).await?;
        export.factors = factors.listed(export.account.profile.phone.as_ref());
        export.recovery_codes = factors.recovery.map(|held| (held.noun.left(), held.noun.created_at));
        export.devices.retain(|device| device.expires_at > self.ctx.now);
        export.pending.retain(|change| change.expires_at > self.ctx.now);
        Ok(export)
    }

    /// Returns the newest events, up to the maximum of an export, and whether there are more.
    async fn newest_of_all(&self, owner: &Owner) -> Result<(Vec<ListedEvent>, bool)> {
        let mut events: Vec<ListedEvent> = Vec::new();
        loop {
            let before = events.last().map(|last| last.id);
            let wanted = PAGE.min(MAX_EVENTS - events.len());
            let (page, has_more) = self.events_before(owner.account(), before, wanted).await?;
            events.extend(page);
            if !has_more || events.len() >= MAX_EVENTS {
                return Ok((events, has_more));
            }
        }
    }
}

impl Export {
    /// Adds a record of the user. The match is exhaustive, so that no new kind is forgotten.
    fn add(&mut self, row: &RecordRow, key: &DataKey) -> Result<()> {
        let keys = RecordKeys::Owner(key);
        let change = match row.kind {
            RecordKind::EmailPending => PendingEmail::open(row, keys).map(Into::into),
            RecordKind::PhonePending => PendingPhone::open(row, keys).map(Into::into),
            RecordKind::EmailReserved => Reservation::open(row, keys).map(Into::into),
            RecordKind::Device => {
                self.devices.push(TrustedDevice::open(row, keys).map_err(Error::internal)?.into());
                return Ok(());
            }
            RecordKind::Identity => {
                self.identities.push((&Identity::open(row, keys).map_err(Error::internal)?).into());
                return Ok(());
            }
            RecordKind::Consent => {
                self.grants.push(Consent::open(row, keys).map_err(Error::internal)?);
                return Ok(());
            }
            // All factors are read together below.
            RecordKind::Totp | RecordKind::Passkey | RecordKind::Sms | RecordKind::RecoveryCodes => return Ok(()),
            // The number itself is in the profile.
            RecordKind::PhoneVerified => return Ok(()),
            // Contains only a hash and a time, without an owner.
            RecordKind::Spent => return Ok(()),
            // Contains only identifiers of registrations, without an owner.
            RecordKind::Succession => return Ok(()),
            // Invitations exist before their user. The others belong to administrators, who have no export.
            RecordKind::Invitation | RecordKind::AdminGrant | RecordKind::AdminOwners | RecordKind::AdminKey => {
                return Ok(());
            }
            // These records belong to servers and applications, not to users.
            RecordKind::AuditKey
            | RecordKind::Node
            | RecordKind::Lease
            | RecordKind::Client
            | RecordKind::ClientMark => return Ok(()),
            #[cfg(feature = "suite")]
            RecordKind::Sample | RecordKind::OtherSample => return Ok(()),
        };
        self.pending.push(change.map_err(Error::internal)?);
        Ok(())
    }
}
