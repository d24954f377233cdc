//! Administrators: who they are, inviting them, their grants, and their end. The last owner is never lost: every change of an owner
//! replaces the register of owners at the revision that was read.

use super::{Administered, subject::Subject};
use crate::{
    account::{Profile, User, email::EmailAddress},
    admin::{Administer, FreshVerb, Grant, Grants, GrantsOf, Invitation},
    audit::Event,
    batch,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{ADMIN_FORBIDDEN, USER_STATUS},
    },
    id::UserId,
    link::LinkAction,
    message::MessageKind,
    port::{Batch, ChallengeOp, Precondition, RecordOp, UserOp},
    record::Record,
    service::{
        FieldErrors, RawField,
        account::ERASURE_LOST,
        kernel::{ATTEMPTS, retry},
    },
};

/// An administrator or an invitation of one.
#[derive(Debug)]
pub struct ListedAdmin {
    pub id: String,
    pub email: String,
    /// `active` or `invited`.
    pub status: &'static str,
    pub grants: Vec<String>,
    pub two_step: bool,
    pub seen_on: Option<Timestamp>,
    /// Link of the invitation, if it was asked for as the answer.
    pub url: Option<String>,
}

/// Most administrators of a list.
const MOST: usize = 1000;
const DELIVERIES: [&str; 2] = ["mail", "answer"];

impl Administered<'_, Administer> {
    /// Returns all administrators and those who are invited.
    ///
    /// # Errors
    /// Unavailable; internal, if something does not open.
    pub async fn admins(&self) -> Result<Vec<ListedAdmin>> {
        let (store, realm) = (&self.ports.store, &self.realm.name);
        let mut listed = Vec::new();
        for row in store.records_page(realm, GrantsOf::KIND, "", MOST).await? {
            let Some(id) = row.owner else { continue };
            if let Some(user) = store.user(realm, &id).await? {
                let grants = self.grants_of(&user).await?.grants;
                listed.push(self.listed_admin(&user, &grants)?);
            }
        }
        for row in store.records_page(realm, Invitation::KIND, "", MOST).await? {
            if row.expires_at.is_none_or(|at| at > self.ctx.now) {
                listed.push(invited(&self.open_invitation(&row)?, None));
            }
        }
        Ok(listed)
    }

    fn listed_admin(&self, user: &User, grants: &Grants) -> Result<ListedAdmin> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(ListedAdmin {
            id: user.id.as_str().to_owned(),
            email: user.envelope.open_profile(&key)?.email.as_str().to_owned(),
            status: "active",
            grants: grants.words(),
            two_step: user.two_step,
            seen_on: user.seen_on,
            url: None,
        })
    }

    /// Requires a recent proof, and no key, which never manages administrators.
    pub(super) fn fresh_to_administer(&self) -> Result<()> {
        if self.admin().is_key() {
            return Err(ADMIN_FORBIDDEN.into());
        }
        self.fresh(FreshVerb::Administer)
    }

    /// Invites an administrator. The link is mailed, or returned.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; invalid; conflict, if the address is taken; limited; unavailable.
    pub async fn invite_admin(
        &self,
        email: &RawField,
        grants: &RawField,
        deliver: &RawField,
        errors: FieldErrors,
    ) -> Result<ListedAdmin> {
        self.fresh_to_administer()?;
        let mut errors = errors;
        let email = errors.email("email", email);
        let grants = errors.grants(grants);
        let deliver = errors.one_of("deliver", deliver, &DELIVERIES);
        let all = email.zip(grants).zip(deliver);
        let ((email, grants), deliver) = errors.finish(all)?;
        let user = UserId::random(self.ctx.random());
        let challenge = self.accounts().invitation_challenge(&user);
        let index = email.blind_index(&self.realm.keys);
        self.require_free(index).await?;
        let invitation = Invitation {
            index,
            user,
            profile: bare(email),
            roles: Vec::new(),
            grants,
            challenge: challenge.id,
            created_at: self.ctx.now,
            expires_at: challenge.expires_at,
        };
        let is_answered = deliver == "answer";
        let url = is_answered.then(|| self.link("reset_password_form", LinkAction::Invite, &challenge));
        let kind = (!is_answered).then_some(MessageKind::AdminInvitation);
        let listed = invited(&invitation, url);
        self.insert_invitation(invitation, challenge, kind, Event::AdminInvited).await?;
        tracing::info!(user = listed.id, "administrator invited");
        Ok(listed)
    }

    /// Mails the link of an invitation again; the older one is invalid.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; not found; conflict, unless it is an invitation; limited; unavailable.
    pub async fn invite_admin_again(&self, id: &str) -> Result<ListedAdmin> {
        let subject = self.subject(id).await?;
        self.fresh_to_administer()?;
        let Subject::Invited(row, invitation) = subject else { return Err(USER_STATUS.into()) };
        let (_, invitation) = self.renew(&row, *invitation, Some(MessageKind::AdminInvitation)).await?;
        Ok(invited(&invitation, None))
    }

    /// Mails an administrator a link to set a new password.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; not found; conflict, for an invitation; unavailable.
    pub async fn reset_admin(&self, id: &str) -> Result<()> {
        let subject = self.subject(id).await?;
        self.fresh_to_administer()?;
        let user = subject.into_user()?;
        let audit = self.audit(Event::ResetStarted).user(&user).by(self.admin());
        self.start_reset(&user, false, audit, Batch::new()).await.map(drop)
    }

    /// Replaces the grants of an administrator. The next request of the administrator has the new ones.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; not found; invalid; conflict, if the last owner would be lost or for an invitation; unavailable.
    pub async fn grant(&self, id: &str, grants: &RawField, mut errors: FieldErrors) -> Result<ListedAdmin> {
        self.subject(id).await?;
        self.fresh_to_administer()?;
        let grants = errors.grants(grants);
        let grants = errors.finish(grants)?;
        let work = |_| self.grant_once(id, &grants);
        retry(ATTEMPTS, "the owners kept changing during a change of grants", work).await
    }

    async fn grant_once(&self, id: &str, grants: &Grants) -> Result<Option<ListedAdmin>> {
        let user = self.subject(id).await?.into_user()?;
        let owners = self.owners().await?;
        let before = self.grants_of(&user).await?;
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
        let is_done = self.commit_unless(batch, &CHANGED).await?;
        is_done.then(|| self.listed_admin(&user, grants)).transpose()
    }

    /// Erases an administrator, or withdraws an invitation.
    ///
    /// # Errors
    /// Stale; forbidden, for a key; not found; conflict, for the last owner; unavailable.
    pub async fn remove_admin(&self, id: &str) -> Result<()> {
        self.subject(id).await?;
        self.fresh_to_administer()?;
        retry(ATTEMPTS, "the owners kept changing during a removal", |_| self.remove_once(id)).await
    }

    async fn remove_once(&self, id: &str) -> Result<Option<()>> {
        let subject = self.subject(id).await?;
        let audit = self.audit(Event::AdminRevoked).by(self.admin()).detail("admin", id);
        let mut batch = batch![audit];
        match subject {
            Subject::User(user) => {
                let owners = self.owners().await?;
                if owners.owners.contains(&user.id) {
                    batch.push(self.register_owner(&owners, &user.id, false)?);
                }
                batch.extend(self.accounts().erasure(&user).await?);
            }
            Subject::Invited(row, invitation) => {
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

    /// Returns the identifier of the administrator or invitation with an address.
    ///
    /// # Errors
    /// Not found; unavailable.
    pub async fn admin_at(&self, email: &EmailAddress) -> Result<String> {
        let index = email.blind_index(&self.realm.keys);
        if let Some(user) = self.ports.store.at_address(&self.realm.name, index).await?.user {
            return Ok(user.id.as_str().to_owned());
        }
        let invitation = self.accounts().invitation_at(index).await?.ok_or_else(Error::not_found)?;
        Ok(invitation.user.as_str().to_owned())
    }
}

/// Preconditions that fail if another administrator was faster.
const CHANGED: [Precondition; 3] = [Precondition::UserRevision, Precondition::RecordRevision, Precondition::RecordFree];

fn bare(email: EmailAddress) -> Profile {
    Profile {
        email,
        first_name: None,
        last_name: None,
        phone: None,
        country: None,
        locale: None,
        attributes: Default::default(),
    }
}

fn invited(invitation: &Invitation, url: Option<String>) -> ListedAdmin {
    ListedAdmin {
        id: invitation.user.as_str().to_owned(),
        email: invitation.profile.email.as_str().to_owned(),
        status: "invited",
        grants: invitation.grants.words(),
        two_step: false,
        seen_on: None,
        url,
    }
}
