//! How a registration ends as a user: found by its link, turned into the user in one batch.

use crate::{
    account::{Profile, Registration, User},
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, Result},
    id::ChallengeId,
    link::{Challenge, LinkAction, PresentedToken, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, CommitError, OutboxOp, RegistrationOp, UserOp},
    realm::Realm,
    service::{Service, message},
};

/// Where the registration behind a link stands.
pub(super) enum Standing {
    /// Waits for its owner.
    Pending(Registration, Challenge),
    /// Has become this user.
    Settled(User),
}

impl Service {
    /// The registration behind a link of this kind, or the user that it has become.
    ///
    /// # Errors
    /// The one answer for bad links, whatever is wrong with this one.
    pub(super) async fn standing(&self, ctx: &Ctx, realm: &Realm, act: LinkAction, token: &str) -> Result<Standing> {
        let challenge = self.challenge(ctx, realm, act, Purpose::Registration, token).await?;
        if challenge.used_at.is_some() {
            return self.settled(realm, &challenge).await.map(Standing::Settled);
        }
        let registration = self.ports.store.registration(&realm.name, &challenge.subject).await?;
        match registration.filter(|registration| registration.is_pending(ctx.now)) {
            Some(registration) => Ok(Standing::Pending(registration, challenge)),
            // Settled or replaced since: whatever came instead has another id.
            None => self.settled(realm, &challenge).await.map(Standing::Settled),
        }
    }

    /// The challenge behind a token that proves this act, made for this purpose and not lapsed.
    ///
    /// # Errors
    /// The one answer for bad links.
    pub(super) async fn challenge(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        act: LinkAction,
        purpose: Purpose,
        token: &str,
    ) -> Result<Challenge> {
        let presented = PresentedToken::parse(token).ok_or_else(Error::bad_link)?;
        let challenge = self.ports.store.challenge(&realm.name, presented.challenge).await?;
        let challenge = challenge.ok_or_else(Error::bad_link)?;
        let is_good = presented.proves(&realm.keys, act, &challenge)
            && challenge.purpose == purpose
            && challenge.expires_at > ctx.now;
        if is_good { Ok(challenge) } else { Err(Error::bad_link()) }
    }

    async fn settled(&self, realm: &Realm, challenge: &Challenge) -> Result<User> {
        self.ports.store.user(&realm.name, &challenge.subject).await?.ok_or_else(Error::bad_link)
    }

    /// Turns a registration into `user`, with a welcome. Somebody else may have done so, or undone it, meanwhile: that is
    /// `false`, and nothing was changed.
    pub(super) async fn settle(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        challenge: ChallengeId,
        user: &User,
        profile: &Profile,
        event: Event,
    ) -> Result<bool> {
        let mut batch: Batch = batch![
            ChallengeOp::Spend { realm: realm.name.clone(), id: challenge, now: ctx.now },
            RegistrationOp::Delete { realm: realm.name.clone(), id: user.id.clone() },
            UserOp::Insert(user.clone()),
            AuditRow::new(ctx, &realm.name, event).user(&user.id).index(user.index),
            OutboxOp::Enqueue(message(ctx, realm, MessageKind::Welcome, &Recipient::of(profile), None)?),
        ];
        if event != Event::EmailVerified {
            // A password was chosen: no other link may choose another one.
            let (realm, subject) = (realm.name.clone(), user.id.clone());
            batch.push(ChallengeOp::Drop { realm, subject, purpose: Some(Purpose::Reset) }.into());
        }
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, user = %user.id, event = event.as_str(), "address proved");
                Ok(true)
            }
            Err(CommitError::Failed(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
