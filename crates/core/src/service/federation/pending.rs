//! `signin/link`: links a previously verified identity, after its user signs in or follows an emailed link.

use super::{Federation, Question, arrive::Arrived};
use crate::{
    account::{User, email::EmailAddress},
    batch,
    error::{
        Error, Result,
        catalogue::{IDENTITY_TAKEN, SOCIAL_INVALID},
    },
    federation::{LinkCookie, LinkNote, PendingIdentity, ProvedIdentity, Provider},
    limit::LimitKind,
    link::{Challenge, LinkAction, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, Precondition, RecordOp, UserOp},
    record::{Record, RecordKeys},
    service::{
        Entry, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

impl Federation<'_> {
    /// Links an identity to the caller, whose login must be recent. If the provider has verified an address that
    /// belongs to a user, the identity can only be linked to that user. Each proof can be used once; after unlinking,
    /// the account must be proven again.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `BadLink` if the provider was removed, the address or the
    /// request belongs to another user, or the time has expired, `Conflict` if the identity belongs to another user,
    /// and `Unavailable` if the store fails.
    pub async fn link(&self, owner: &Owner, pending: &PendingIdentity, question: Question) -> Result<()> {
        let provider = self.provider(&pending.provider).ok_or(SOCIAL_INVALID)?;
        if pending.is_of_other(&owner.account().id) || !pending.is_open(self.ctx.now) {
            return Err(SOCIAL_INVALID.into());
        }
        let owner = self.fresh(owner, &RawField::Missing).await?;
        let work = |_| async move {
            let user = self.fresh_user(owner).await?;
            self.link_once(provider, (pending, question), user).await
        };
        retry(ATTEMPTS, "the account kept changing while an identity was linked", work).await
    }

    async fn link_once(
        &self,
        provider: &Provider,
        (pending, question): (&PendingIdentity, Question),
        user: User,
    ) -> Result<Option<()>> {
        let proved = pending.proved();
        if let Some(found) = self.identity_of(provider, &proved).await? {
            return if found.user.id == user.id { Ok(Some(())) } else { Err(IDENTITY_TAKEN.into()) };
        }
        let spent = pending.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        if self.ports.store.record(&self.realm.name, spent.kind, &spent.key).await?.is_some() {
            return Err(SOCIAL_INVALID.into());
        }
        let mut batch = self.require_address(&proved, question, &user).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let (_, linked) = self.linking(provider, &proved, (&user, &key))?;
        batch.extend(batch![
            RecordOp::Insert(spent),
            UserOp::Update(User { revision: user.revision + 1, ..user.clone() })
        ]);
        batch.extend(linked);
        let lost = [Precondition::UserRevision, Precondition::RecordFree, Precondition::AddressAsSeen];
        if !self.commit_unless(batch, &lost).await? {
            return Ok(None);
        }
        tracing::info!(realm = %self.realm.name, user = %user.id, provider = provider.name, "identity linked");
        Ok(Some(()))
    }

    /// Returns the operations that require the address verified by the provider to be the user's own, or unused.
    ///
    /// # Errors
    /// Returns `BadLink` if it belongs to another user or is reserved, and `Unavailable` if the store fails.
    async fn require_address(&self, proved: &ProvedIdentity, question: Question, user: &User) -> Result<Batch> {
        let Some(index) = proved.proved_email().map(|email| email.blind_index(&self.realm.keys)) else {
            return Ok(Batch::new());
        };
        let unreserved = self.require_unreserved(index, &user.id);
        if index == user.index {
            return Ok(vec![unreserved]);
        }
        let at = self.ports.store.at_address(&self.realm.name, index).await?.user;
        let reserved = self.reserved_by_other(index, Some(&user.id)).await?;
        if question == Question::Taken || at.is_some() || reserved.is_some() {
            return Err(SOCIAL_INVALID.into());
        }
        let free = UserOp::RequireAddress { realm: self.realm.name.clone(), index, is_taken: false };
        Ok(vec![unreserved, free.into()])
    }

    /// Emails a link to the owner of the address that the provider has verified. It links this identity, in the
    /// browser with the returned cookie, which does not expire before the link. Users with two-step verification
    /// receive none, because a link does not replace a second factor. The response is the same.
    ///
    /// # Errors
    /// Returns `BadLink` if no address is verified or the provider was removed, `Limited` if a limit is reached, and
    /// `Unavailable` if the store fails.
    pub async fn mail_link(&self, pending: &PendingIdentity) -> Result<LinkCookie> {
        let provider = self.provider(&pending.provider).ok_or(SOCIAL_INVALID)?;
        let email = pending.proved_email().and_then(|email| EmailAddress::stored(email).ok()).ok_or(SOCIAL_INVALID)?;
        if !pending.is_open(self.ctx.now) {
            return Err(SOCIAL_INVALID.into());
        }
        let cookie = LinkCookie::new(self.ctx, self.realm.policy.reset_ttl);
        let quota = self.settings.limits.mails_client;
        self.ask(LimitKind::Resends, quota, self.mail_link_to(provider, pending, &email, &cookie)).await?;
        Ok(cookie)
    }

    async fn mail_link_to(
        &self,
        provider: &Provider,
        pending: &PendingIdentity,
        email: &EmailAddress,
        cookie: &LinkCookie,
    ) -> Result<()> {
        let index = email.blind_index(&self.realm.keys);
        let Some(user) = self.ports.store.at_address(&self.realm.name, index).await?.user else { return Ok(()) };
        if !self.is_linked_by_mailbox(&user) {
            return Ok(());
        }
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let ttl = self.realm.policy.reset_ttl;
        let link = Challenge::new(self.ctx, &self.realm.name, Purpose::Linking, &user.id, ttl);
        let note = LinkNote::new(pending.clone(), &cookie.value).seal(self.ctx, &key, &link)?;
        let recipient = Recipient::of(&user.envelope.open_profile(&key)?).with("provider", provider.label.as_str());
        let message = self.message(MessageKind::LinkIdentity, &recipient, Some(link.id))?;
        let batch = batch![ChallengeOp::Insert(Challenge { note: Some(note), ..link }), message];
        Ok(self.commit_mail((MessageKind::LinkIdentity, email), batch, Batch::new()).await?)
    }

    /// Returns the identity that an emailed link would link, and the address of its user. Nothing is changed.
    ///
    /// # Errors
    /// Returns `BadLink` whatever the reason, `Limited` if a limit is reached, and `Unavailable` if the store fails.
    pub async fn offered_link(&self, token: &str, browser: &[&str]) -> Result<(PendingIdentity, String)> {
        self.try_link(async {
            let (user, key, note, _) = self.opened_link(token, browser).await?;
            let email = user.envelope.open_profile(&key)?.email;
            Ok((note.pending, email.as_str().to_owned()))
        })
        .await
    }

    /// Links the identity of an emailed link and logs in with it.
    ///
    /// # Errors
    /// Returns `BadLink` whatever the reason, `Conflict` if the identity belongs to another user, `Limited` if a limit
    /// is reached, and `Unavailable` if the store fails.
    pub async fn follow_link(&self, token: &str, browser: &[&str], devices: &[RawField]) -> Result<Entry> {
        let work = |_| async move {
            let (user, _, note, link) = self.opened_link(token, browser).await?;
            let provider = self.provider(&note.pending.provider).ok_or_else(Error::bad_link)?;
            let proved = note.pending.proved();
            if self.identity_of(provider, &proved).await?.is_some() {
                return Err(IDENTITY_TAKEN.into());
            }
            let spend = ChallengeOp::Spend { realm: self.realm.name.clone(), id: link.id, now: self.ctx.now };
            // The page that sent the link becomes invalid, too.
            let spent = note.pending.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
            let with = batch![spend, RecordOp::Insert(spent)];
            Ok(match self.link_and_enter(provider, &proved, user, with, devices).await? {
                Some(Arrived::Entered(entry)) => Some(entry),
                _ => None,
            })
        };
        self.try_link(retry(ATTEMPTS, "the account kept changing while an identity was linked", work)).await
    }

    async fn opened_link(
        &self,
        token: &str,
        browser: &[&str],
    ) -> Result<(User, crate::seal::DataKey, LinkNote, Challenge)> {
        let link = self.proved_challenge(token, LinkAction::LinkIdentity, Purpose::Linking).await?;
        if !link.is_valid(self.ctx.now) {
            return Err(Error::bad_link());
        }
        let user = self.ports.store.user(&self.realm.name, &link.subject).await?.ok_or_else(Error::bad_link)?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let note = LinkNote::open(&key, &link)?;
        // The link proves access to the mailbox it was sent to, which may no longer be the user's.
        let proved = note.pending.proved().proved_email().map(|email| email.blind_index(&self.realm.keys));
        let is_usable = note.is_of(browser) && proved == Some(user.index) && self.is_linked_by_mailbox(&user);
        if is_usable { Ok((user, key, note, link)) } else { Err(Error::bad_link()) }
    }
}
