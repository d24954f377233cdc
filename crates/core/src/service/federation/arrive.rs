//! Resolution of a verified external account to a user, following the rules for linking.

use super::Federation;
use crate::{
    account::{Profile, Reservation, User, email::EmailAddress},
    audit::Event,
    error::Result,
    factor::Held,
    federation::{Identity, LinkPolicy, ProvedIdentity, Provider},
    limit::LimitKind,
    port::{Batch, ChallengeOp, Op, RecordOp, UserOp},
    record::Record,
    seal::DataKey,
    service::{
        Entry, RawField,
        kernel::{ATTEMPTS, retry},
        session::{FirstProof, ProvedLogin},
    },
    session::Amr,
};

/// Result of resolving a verified account.
#[derive(Debug)]
pub(super) enum Arrived {
    Entered(Entry),
    /// Another request has already used the proof.
    AlreadyUsed,
    /// The address belongs to another user.
    Taken,
    /// The address was recently changed and is reserved: the owner of the mailbox can restore it.
    Reserved,
    /// The provider has not verified an address.
    Unproved,
    /// Fields that sign-up requires are missing.
    Incomplete,
    SignupClosed,
}

/// A stored identity and its user.
pub(super) struct FoundIdentity {
    pub(super) user: User,
    pub(super) key: DataKey,
    pub(super) held: Held<Identity>,
}

impl Federation<'_> {
    /// Logs in the user of a verified account, or creates the user. `spend` marks the proof as used and fails if it
    /// already is.
    ///
    /// # Errors
    /// Returns `Forbidden` if the account is locked, `Unavailable` if the store fails, and `Internal` if data cannot
    /// be decrypted or serialized.
    pub(super) async fn arrive(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        spend: Option<Op>,
        devices: &[RawField],
    ) -> Result<Arrived> {
        self.arrive_with(provider, proved, (spend, None), devices).await
    }

    /// Same as [`Self::arrive`], with a profile completed by the user.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::arrive`].
    pub(super) async fn arrive_with(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        (spend, completed): (Option<Op>, Option<&Profile>),
        devices: &[RawField],
    ) -> Result<Arrived> {
        let work = |_| self.arrive_once(provider, proved, (spend.as_ref(), completed), devices);
        retry(ATTEMPTS, "the account kept changing during a sign-in with a provider", work).await
    }

    /// Makes one attempt. Returns `None` if a concurrent change requires a retry.
    async fn arrive_once(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        (spend, completed): (Option<&Op>, Option<&Profile>),
        devices: &[RawField],
    ) -> Result<Option<Arrived>> {
        if let Some(spend) = spend
            && self.is_spent(spend).await?
        {
            return Ok(Some(Arrived::AlreadyUsed));
        }
        let with: Batch = spend.into_iter().cloned().collect();
        if let Some(found) = self.identity_of(provider, proved).await? {
            return self.enter_known(provider, proved, found, with, devices).await;
        }
        let Some(email) = proved.proved_email() else { return Ok(Some(Arrived::Unproved)) };
        let index = email.blind_index(&self.realm.keys);
        let found = self.ports.store.at_address(&self.realm.name, index).await?;
        if let Some(reserved) = self.reserved_by_other(index, None).await? {
            return self.refuse_reserved(provider, email, &reserved).await;
        }
        match &found.user {
            // A concurrent request with the same account may have created this user since the identity was read.
            Some(_) if self.identity_of(provider, proved).await?.is_some() => Ok(None),
            Some(user) if self.is_linked_at_once(proved, user) => {
                self.link_and_enter(provider, proved, user.clone(), with, devices).await
            }
            Some(_) => Ok(Some(Arrived::Taken)),
            None => self.join(provider, proved, (email, found, completed), (with, devices)).await,
        }
    }

    /// Emails the link that restores a reserved address. Nothing is created.
    async fn refuse_reserved(
        &self,
        provider: &Provider,
        email: &EmailAddress,
        reserved: &Reservation,
    ) -> Result<Option<Arrived>> {
        let audit = self.audit(Event::SocialRefused).index(reserved.index).reason("reserved");
        let audit = audit.detail("provider", provider.name.as_str());
        let quota = self.settings.limits.mails_client;
        let mail = self.mail_undo_link(email, reserved, audit, Batch::new());
        self.ask(LimitKind::Registrations, quota, mail).await?;
        Ok(Some(Arrived::Reserved))
    }

    /// Returns the stored identity of a verified account.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(super) async fn identity_of(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
    ) -> Result<Option<FoundIdentity>> {
        let key = Identity::key_of(&self.realm.keys, &provider.name, &proved.issuer, &proved.subject);
        let Some(row) = self.ports.store.record(&self.realm.name, Identity::KIND, &key).await? else { return Ok(None) };
        let Some(owner) = row.owner.clone() else { return Ok(None) };
        let Some(user) = self.ports.store.user(&self.realm.name, &owner).await? else { return Ok(None) };
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        Ok(Some(FoundIdentity { held: Held::open(row, &key)?, user, key }))
    }

    async fn enter_known(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        FoundIdentity { user, key, held }: FoundIdentity,
        mut with: Batch,
        devices: &[RawField],
    ) -> Result<Option<Arrived>> {
        with.push(held.replace(self.ctx, &key, &held.noun.used(self.ctx.now)).into());
        let hold = UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision };
        let login = ProvedLogin {
            user,
            proof: FirstProof { amr: Amr::Federated, identity: Some(held.noun.id.clone()) },
            has_two_factors: provider.trust_mfa && proved.has_two_factors,
            held: hold.into(),
            with,
            devices,
        };
        Ok(self.sessions().enter_proved(login).await?.map(Arrived::Entered))
    }

    /// Returns whether to link the identity to the user of its address without asking. This requires that the
    /// provider operates the mailbox, because its owner could reset the password anyway.
    fn is_linked_at_once(&self, proved: &ProvedIdentity, user: &User) -> bool {
        self.realm.policy.social_link == LinkPolicy::Authoritative
            && proved.operates_mailbox
            && self.is_linked_by_mailbox(user)
    }

    /// Returns whether access to the mailbox is sufficient to link an identity. Not with two-step verification, which
    /// also requires a factor, and not for accounts that are locked or compromised.
    pub(super) fn is_linked_by_mailbox(&self, user: &User) -> bool {
        !self.needs_two_steps(user.two_step) && !user.compromised && !user.is_locked(self.ctx.now)
    }

    /// Returns whether the proof is already used. Stops a request that lost a race.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(super) async fn is_spent(&self, spend: &Op) -> Result<bool> {
        let store = &self.ports.store;
        Ok(match spend {
            Op::Record(RecordOp::Insert(row)) => store.record(&row.realm, row.kind, &row.key).await?.is_some(),
            Op::Challenge(ChallengeOp::Spend { realm, id, now }) => {
                !store.challenge(realm, *id).await?.is_some_and(|challenge| challenge.is_valid(*now))
            }
            _ => false,
        })
    }
}
