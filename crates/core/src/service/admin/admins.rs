//! Administrators: listing, grants and removal. There is always at least one owner: every change to an owner replaces
//! the register of owners at the revision that was read.

use super::{Administered, places::Cursors, subject::Subject};
use crate::{
    account::User,
    admin::{Administer, FreshVerb, Grant, Grants, GrantsOf, Invitation},
    audit::Event,
    batch,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, REVISION_STALE, USER_STATUS},
    },
    port::{Batch, ChallengeOp, Precondition, RecordOp, UserOp},
    record::{Record, RecordRow},
    service::{
        Expected, FieldErrors, RawField,
        account::ERASURE_LOST,
        kernel::{ATTEMPTS, GrantsRead, retry},
    },
};

/// An administrator, or the pending invitation of one.
#[derive(Debug)]
pub struct ListedAdmin {
    pub id: String,
    pub email: String,
    /// `active` or `invited`.
    pub status: &'static str,
    pub grants: Vec<String>,
    pub two_step: bool,
    pub seen_on: Option<Timestamp>,
    /// Revision of the grants.
    pub revision: u64,
    /// Link of the invitation, if the request asked for it in the response.
    pub url: Option<String>,
}

/// A page of administrators.
#[derive(Debug)]
pub struct ListedAdmins {
    pub items: Vec<ListedAdmin>,
    pub next: Option<String>,
    pub prev: Option<String>,
}

impl Administered<'_, Administer> {
    /// Returns a page of the administrators, followed by pending invitations.
    ///
    /// # Errors
    /// Returns `Forbidden` for an API key, `Invalid` if the limit is malformed, `Malformed` if the cursor belongs to
    /// another list, `Unavailable` if the store fails, and `Internal` if a record cannot be decrypted.
    pub async fn admins(&self, limit: &RawField, cursor: &RawField) -> Result<ListedAdmins> {
        self.refuse_keys()?;
        let mut errors = FieldErrors::default();
        let limit = errors.page_size(limit);
        let limit = errors.finish(limit)?;
        let mut rows = self.unexpired_records(GrantsOf::KIND).await?;
        rows.extend(self.unexpired_records(Invitation::KIND).await?);
        let place = |row: &RecordRow| format!("{}/{}", u8::from(row.kind == Invitation::KIND), row.key);
        let page = Cursors::of(&self.realm.keys, "admin/admins", "").page(rows, place, limit, cursor)?;
        let mut items = Vec::with_capacity(page.items.len());
        for row in page.items {
            if row.kind == Invitation::KIND {
                items.push(invited(&row, &self.open_invitation(&row)?, None));
            } else if let Some(id) = row.owner
                && let Some(user) = self.ports.store.user(&self.realm.name, &id).await?
            {
                items.push(self.listed_admin(&user, &self.grants_of(&user).await?)?);
            }
        }
        Ok(ListedAdmins { items, next: page.next, prev: page.prev })
    }

    fn listed_admin(&self, user: &User, read: &GrantsRead) -> Result<ListedAdmin> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(ListedAdmin {
            id: user.id.as_str().to_owned(),
            email: user.envelope.open_profile(&key)?.email.as_str().to_owned(),
            status: "active",
            grants: read.grants.words(),
            two_step: user.two_step,
            seen_on: user.seen_on,
            revision: read.revision(),
            url: None,
        })
    }

    /// Rejects API keys, which may neither view nor manage administrators and keys.
    pub(super) fn refuse_keys(&self) -> Result<()> {
        if self.admin().is_key() { Err(ADMIN_FORBIDDEN.into()) } else { Ok(()) }
    }

    /// Requires recent authentication and rejects API keys.
    pub(super) fn fresh_to_administer(&self) -> Result<()> {
        self.refuse_keys()?;
        self.fresh(FreshVerb::Administer)
    }

    /// Emails a password reset link to an administrator.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key, `NotFound` if the
    /// administrator does not exist, `Conflict` for an invitation, and `Unavailable` if the store fails.
    pub async fn reset_admin(&self, id: &str) -> Result<()> {
        self.refuse_keys()?;
        let subject = self.subject(id).await?;
        self.fresh_to_administer()?;
        let user = subject.into_user()?;
        let audit = self.audit(Event::ResetStarted).user(&user).by(self.admin());
        self.start_reset(&user, false, audit, (Batch::new(), USER_STATUS)).await.map(drop)
    }

    /// Replaces the grants of an administrator, at the expected revision if one is given. They apply from the
    /// administrator's next request. Nothing is written if the grants are unchanged.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key, `NotFound` if the
    /// administrator does not exist, `Invalid` if the grants are malformed, `Outdated` if the revision differs,
    /// `Conflict` for the last owner or an invitation, and `Unavailable` if the store fails.
    pub async fn grant(
        &self,
        id: &str,
        expected: &Expected,
        grants: &RawField,
        mut errors: FieldErrors,
    ) -> Result<ListedAdmin> {
        self.refuse_keys()?;
        self.subject(id).await?;
        self.fresh_to_administer()?;
        let grants = errors.grants(grants);
        let grants = errors.finish(grants)?;
        let work = |_| self.grant_once(id, expected, &grants);
        retry(ATTEMPTS, "the owners kept changing during a change of grants", work).await
    }

    async fn grant_once(&self, id: &str, expected: &Expected, grants: &Grants) -> Result<Option<ListedAdmin>> {
        let user = self.subject(id).await?.into_user()?;
        let owners = self.owners().await?;
        let before = self.grants_of(&user).await?;
        require_seen(expected, before.revision())?;
        if before.grants == *grants {
            return self.listed_admin(&user, &before).map(Some);
        }
        let is_owner = grants.iter().any(|grant| *grant == Grant::OWNER);
        let is_less = before.grants.iter().any(|grant| !grants.include(grant));
        let event = if is_less { Event::AdminRevoked } else { Event::AdminGranted };
        let audit = self.audit(event).by(self.admin()).detail("admin", id).detail("grants", grants.words());
        let mut batch = batch![
            UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision },
            self.put_grants(&user, before.row.as_ref(), grants.clone())?,
            audit,
        ];
        if is_owner || owners.owners.contains(&user.id) {
            batch.push(self.register_owner(&owners, &user.id, is_owner)?);
        }
        if !self.commit_unless(batch, &CHANGED).await? {
            return Ok(None);
        }
        self.listed_admin(&user, &self.grants_of(&user).await?).map(Some)
    }

    /// Deletes an administrator and the API keys they created, or withdraws an invitation. Checks the revision of the
    /// grants if one is given.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` for an API key, `NotFound` if the
    /// administrator does not exist, `Outdated` if the revision differs, `Conflict` for the last owner, and
    /// `Unavailable` if the store fails.
    pub async fn remove_admin(&self, id: &str, expected: &Expected) -> Result<()> {
        self.refuse_keys()?;
        self.subject(id).await?;
        self.fresh_to_administer()?;
        retry(ATTEMPTS, "the owners kept changing during a removal", |_| self.remove_once(id, expected)).await
    }

    async fn remove_once(&self, id: &str, expected: &Expected) -> Result<Option<()>> {
        let subject = self.subject(id).await?;
        let audit = self.audit(Event::AdminRevoked).by(self.admin()).detail("admin", id);
        let mut batch = batch![audit];
        match subject {
            Subject::User(user) => {
                let (owners, grants) = (self.owners().await?, self.grants_of(&user).await?);
                require_seen(expected, grants.revision())?;
                batch.extend(grants.require());
                if owners.owners.contains(&user.id) {
                    batch.push(self.register_owner(&owners, &user.id, false)?);
                }
                batch.extend(self.accounts().erasure(&user).await?);
                batch.extend(self.end_keys_of(&user.id).await?);
            }
            Subject::Invited(row, invitation) => {
                require_seen(expected, row.revision)?;
                let (realm, kind, key, revision) = (row.realm, row.kind, row.key, Some(row.revision));
                let subject = invitation.user;
                batch.extend(batch![
                    ChallengeOp::Drop { realm: realm.clone(), subject, purpose: None },
                    RecordOp::Delete { realm, kind, key, revision },
                ]);
            }
            Subject::Unverified(_) => return Err(Error::not_found()),
        }
        let lost = [&ERASURE_LOST[..], &CHANGED].concat();
        Ok(self.commit_unless(batch, &lost).await?.then_some(()))
    }
}

/// Checks the revision if the request names one.
///
/// # Errors
/// Returns `Outdated` if it differs.
pub(super) fn require_seen(expected: &Expected, revision: u64) -> Result<()> {
    let is_seen = expected.as_ref().is_none_or(|seen| seen.contains(&revision));
    if is_seen { Ok(()) } else { Err(REVISION_STALE.into()) }
}

/// Preconditions that fail if another administrator made a concurrent change.
const CHANGED: [Precondition; 3] = [Precondition::UserRevision, Precondition::RecordRevision, Precondition::RecordFree];

/// Returns the list entry of an invitation, with its link if the request asked for it.
pub(super) fn invited(row: &RecordRow, invitation: &Invitation, url: Option<String>) -> ListedAdmin {
    ListedAdmin {
        id: invitation.user.as_str().to_owned(),
        email: invitation.profile.email.as_str().to_owned(),
        status: "invited",
        grants: invitation.grants.words(),
        two_step: false,
        seen_on: None,
        revision: row.revision,
        url,
    }
}
