//! Proving a telephone number: a code by SMS, and a handle to give it back with.
//!
//! Whoever asks gets a handle, whether or not `id` and `phone` belong together. A handle for nobody lives, counts its tries
//! and dies like a real one; its message is dropped when its turn comes.

use std::time::Duration;

use crate::{
    audit::{AuditRow, Event},
    ctx::Ctx,
    error::{Error, Kind, Result},
    id::UserId,
    limit::Row,
    link::{Act, Challenge, Code, LinkToken, Presented, Purpose},
    message::{MessageKind, Recipient},
    phone::PhoneNumber,
    port::{Batch, CommitError, Op, Precondition},
    realm::Realm,
    seal::RealmKeys,
    service::{Faults, Given, Service, message, sms_limits::came_back},
    user::User,
};

/// Whom a handle concerns that is for nobody.
fn decoy(keys: &RealmKeys, id: &str, phone: &PhoneNumber) -> UserId {
    keys.nobody(&["phone", id, phone.as_str()])
}

/// So often may a code be tried (ASVS 6.6.3; NIST SP 800-63B-4 §3.2.2).
const TRIES: u32 = 5;

fn wrong() -> Error {
    Error::new(Kind::BadLink, "otp.wrong", "Invalid OTP")
}

fn dead() -> Error {
    Error::new(Kind::BadLink, "otp.invalid", "Invalid or expired OTP")
}

impl Service {
    /// Gives a handle, and sends a code to the number if it is the one of this user and in a country that codes go to.
    ///
    /// # Errors
    /// Invalid, naming the bad fields; unavailable, also where there is nobody to send short messages.
    pub async fn send_code(&self, ctx: &Ctx, realm: &Realm, id: &Given, phone: &Given) -> Result<LinkToken> {
        let mut faults = Faults::default();
        let id = faults.text("id", id);
        let phone = faults.phone("phone", phone);
        let (id, phone) = faults.unless_any(id.zip(phone))?;
        if self.ports.sms.is_none() {
            let away = Kind::Unavailable(Duration::from_secs(3600));
            return Err(Error::new(away, "sms.unavailable", "Short messages cannot be sent"));
        }
        self.client_may(ctx, Row::Codes, self.rules.limits.codes_client).await?;
        let owner = self.owner_of(ctx, realm, id, &phone).await?;
        let country = phone.country().unwrap_or_default();
        let is_stopped = self.is_stopped(ctx, realm, country).await?;
        // Always the same for the same question, so that a newer handle replaces the one before for nobody, too.
        let subject = owner.clone().unwrap_or_else(|| decoy(&realm.keys, id, &phone));
        let own = self.own_quotas(ctx, realm, &subject, owner.as_ref().map(|_| &phone));
        let budgets = if owner.is_some() { self.budgets(ctx, country) } else { Batch::new() };

        let lifetime = self.rules.code_lifetime;
        let mut challenge = Challenge::new(ctx, &realm.name, Purpose::Phone, &subject, lifetime);
        // A code is for now: its life does not wait for the hand-over.
        challenge.expires_at = ctx.now.plus(lifetime);
        let recipient = Recipient { to: phone.as_str().to_owned(), name: String::new() };
        let mut sms = message(ctx, realm, MessageKind::PhoneCode, &recipient, Some(challenge.id))?;
        sms.give_up_at = challenge.expires_at;
        let handle = LinkToken::derive(&realm.keys, Act::Phone, &challenge);
        let silent = vec![
            Op::DropChallenges { realm: realm.name.clone(), subject: subject.clone(), purpose: Purpose::Phone },
            Op::InsertChallenge(challenge.clone()),
            Op::Audit(AuditRow::new(ctx, &realm.name, Event::CodeRequested).user(&subject)),
        ];
        let sending = [silent.clone(), vec![Op::Enqueue(sms)]].concat();
        // Where there is no money for an SMS, all else is as for a number that is nobody's: only its owner could tell.
        let all = [own.clone(), budgets].concat();
        let is_sent = !is_stopped && self.commit_within(ctx, Row::Sms, all, sending).await?;
        if !is_sent && !self.commit_within(ctx, Row::Codes, own, silent).await? {
            // The handle leads nowhere, and the one before is as good as it was.
            let nobody = Challenge { subject: UserId::random(ctx.random()), ..challenge };
            let audit = AuditRow::new(ctx, &realm.name, Event::LimitReached).user(&subject);
            let audit = Op::Audit(audit.reason(Row::Codes.as_str()));
            let handle = LinkToken::derive(&realm.keys, Act::Phone, &nobody);
            self.commit(vec![Op::InsertChallenge(nobody), audit]).await?;
            return Ok(handle);
        }
        Ok(handle)
    }

    /// The user of this id, if the number is theirs and codes may go to it. The store is asked in any case.
    async fn owner_of(&self, ctx: &Ctx, realm: &Realm, id: &str, phone: &PhoneNumber) -> Result<Option<UserId>> {
        let id = UserId::parse(id).unwrap_or_else(|| UserId::random(ctx.random()));
        let Some(user) = self.ports.store.user(&realm.name, &id).await? else { return Ok(None) };
        let is_allowed = match &self.rules.sms_countries {
            None => true,
            Some(allowed) => phone.country().is_some_and(|country| allowed.iter().any(|one| one == country)),
        };
        let is_theirs = !user.phone_disputed && user.account(&realm.keys)?.profile.phone == *phone;
        Ok((is_allowed && is_theirs).then_some(id))
    }

    /// Takes a code back: the right one proves the number. Each handle has five tries and works once.
    ///
    /// # Errors
    /// Invalid, for missing fields; a bad link, for a wrong code or a handle that is not good any more; unavailable.
    pub async fn verify_code(&self, ctx: &Ctx, realm: &Realm, handle: &Given, code: &Given) -> Result<()> {
        let mut faults = Faults::default();
        let both = faults.text("token", handle).zip(faults.text("otp", code));
        let (handle, code) = faults.unless_any(both)?;
        self.try_link(ctx, self.give_code(ctx, realm, handle, code)).await
    }

    async fn give_code(&self, ctx: &Ctx, realm: &Realm, handle: &str, code: &str) -> Result<()> {
        let challenge = self.take_try(ctx, realm, handle).await?;
        for _ in 0..3 {
            let Some(user) = self.ports.store.user(&realm.name, &challenge.subject).await? else { return Err(wrong()) };
            let phone = user.account(&realm.keys)?.profile.phone;
            if !Code::derive(&realm.keys, &challenge, &phone).is(code) {
                tracing::info!(realm = %realm.name, "code refused");
                return Err(wrong());
            }
            if self.prove_phone(ctx, realm, &challenge, user, &phone).await? {
                return Ok(());
            }
        }
        Err(Error::internal("the account kept changing while its number was proved"))
    }

    /// Counts the try before the code is looked at, so that no number of parallel tries gets a sixth.
    async fn take_try(&self, ctx: &Ctx, realm: &Realm, handle: &str) -> Result<Challenge> {
        let presented = Presented::parse(handle).ok_or_else(dead)?;
        let challenge = self.ports.store.challenge(&realm.name, presented.challenge).await?.ok_or_else(dead)?;
        if challenge.purpose != Purpose::Phone || !presented.proves(&realm.keys, Act::Phone, &challenge) {
            return Err(dead());
        }
        let attempt = Op::TryChallenge { realm: realm.name.clone(), id: challenge.id, now: ctx.now, limit: TRIES };
        match self.commit(vec![attempt]).await {
            Ok(()) => Ok(challenge),
            Err(CommitError::Failed(_)) => Err(dead()),
            Err(error) => Err(error.into()),
        }
    }

    /// Records that the number is proved; `false` when the account has changed since it was read.
    async fn prove_phone(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        challenge: &Challenge,
        user: User,
        phone: &PhoneNumber,
    ) -> Result<bool> {
        let audit = AuditRow::new(ctx, &realm.name, Event::PhoneVerified).user(&user.id);
        let proved = User { phone_verified_at: Some(ctx.now), revision: user.revision + 1, ..user };
        let batch = vec![
            Op::SpendChallenge { realm: realm.name.clone(), id: challenge.id, now: ctx.now },
            Op::UpdateUser(proved),
            came_back(ctx, phone.country().unwrap_or_default()),
            Op::Audit(audit),
        ];
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, user = %challenge.subject, "phone number proved");
                Ok(true)
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(false),
            Err(CommitError::Failed(_)) => Err(dead()),
            Err(error) => Err(error.into()),
        }
    }
}
