//! Proving a telephone number: a code by SMS, and a handle to give it back with.
//!
//! Whoever asks gets a handle, whether or not `id` and `phone` belong together. A handle for nobody lives, counts its tries
//! and dies like a real one; its message is dropped when its turn comes.

use std::time::Duration;

use crate::{
    account::{User, phone::PhoneNumber},
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    id::UserId,
    limit::LimitKind,
    link::{Challenge, Code, LinkAction, LinkToken, PresentedToken, Purpose},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{Batch, ChallengeOp, CommitError, OutboxOp, Precondition, UserOp},
    realm::Realm,
    seal::RealmKeys,
    service::{
        FieldErrors, RawField, Service, message,
        sms_limits::{came_back, nobodys_budgets},
    },
};

/// So often may a code be tried (ASVS 6.6.3; NIST SP 800-63B-4 §3.2.2).
const TRIES: u32 = 5;

/// Whom a handle concerns that is for nobody.
fn decoy(keys: &RealmKeys, id: &str, phone: &PhoneNumber) -> UserId {
    keys.decoy_id(&["phone", id, phone.as_str()])
}

fn wrong() -> Error {
    Error::new(ErrorKind::BadLink, "otp.wrong", "Invalid OTP")
}

fn dead() -> Error {
    Error::new(ErrorKind::BadLink, "otp.invalid", "Invalid or expired OTP")
}

impl Service {
    /// Gives a handle, and sends a code to the number if it is the one of this user and in a country that codes go to.
    ///
    /// # Errors
    /// Invalid, naming the bad fields; unavailable, also where there is nobody to send short messages.
    pub async fn send_code(&self, ctx: &Ctx, realm: &Realm, id: &RawField, phone: &RawField) -> Result<LinkToken> {
        let mut faults = FieldErrors::default();
        let id = faults.text("id", id);
        let phone = faults.phone("phone", phone);
        let (id, phone) = faults.finish(id.zip(phone))?;
        if self.ports.sms.is_none() {
            let away = ErrorKind::Unavailable(Duration::from_secs(3600));
            return Err(Error::new(away, "sms.unavailable", "Short messages cannot be sent"));
        }
        let work = async {
            let draft = self.draft_code(ctx, realm, id, &phone).await?;
            self.hand_out(ctx, realm, draft).await
        };
        self.ask(ctx, LimitKind::Codes, self.rules.limits.codes_client, work).await
    }

    async fn draft_code(&self, ctx: &Ctx, realm: &Realm, id: &str, phone: &PhoneNumber) -> Result<Draft> {
        let owner = self.owner_of(ctx, realm, id, phone).await?;
        let country = phone.country().unwrap_or_default();
        let is_stopped = self.is_stopped(ctx, country).await?;
        // Always the same for the same question, so that a newer handle replaces the one before for nobody, too.
        let subject = owner.clone().unwrap_or_else(|| decoy(&realm.keys, id, phone));
        let lifetime = self.rules.code_lifetime;
        let mut challenge = Challenge::new(ctx, &realm.name, Purpose::Phone, &subject, lifetime);
        // A code is for now: its life does not wait for the hand-over.
        challenge.expires_at = ctx.now.plus(lifetime);
        let recipient = Recipient { to: phone.as_str().to_owned(), name: String::new() };
        let mut sms = message(ctx, realm, MessageKind::PhoneCode, &recipient, Some(challenge.id))?;
        sms.give_up_at = challenge.expires_at;
        Ok(Draft {
            own: self.own_quotas(ctx, realm, &subject, owner.as_ref().map(|_| phone)),
            budgets: if owner.is_some() { self.budgets(ctx, country) } else { nobodys_budgets(ctx, country) },
            is_stopped,
            challenge,
            sms,
        })
    }

    /// Gives the handle. What it may cost too much of, nobody is told.
    async fn hand_out(&self, ctx: &Ctx, realm: &Realm, draft: Draft) -> Result<LinkToken> {
        let handle = |challenge| LinkToken::derive(&realm.keys, LinkAction::Phone, challenge);
        let Some(row) = self.send_within(ctx, realm, &draft).await? else { return Ok(handle(&draft.challenge)) };
        // This one leads nowhere, and the one before is as good as it was.
        let audit = draft.audit(ctx, realm, Event::LimitReached).reason(row.as_str());
        let nobody = Challenge { subject: UserId::random(ctx.random()), ..draft.challenge };
        let nowhere = handle(&nobody);
        self.commit(batch![ChallengeOp::Insert(nobody), audit]).await?;
        Ok(nowhere)
    }

    /// Writes the challenge and sends its code; where there is no money for an SMS, all else is done as for a number that is
    /// nobody's, so that only its owner could tell. Nothing at all, where account or number have had too many: then their row
    /// is given.
    async fn send_within(&self, ctx: &Ctx, realm: &Realm, draft: &Draft) -> Result<Option<LimitKind>> {
        let (row, event) = if draft.is_stopped {
            (LimitKind::SmsCountry, Event::SmsStopped)
        } else {
            let quotas = [draft.own.as_slice(), &draft.budgets].concat();
            let mut sending = draft.batch(draft.audit(ctx, realm, Event::CodeRequested));
            sending.push(OutboxOp::Enqueue(draft.sms.clone()).into());
            match self.commit_within(ctx, quotas, sending).await? {
                None => return Ok(None),
                Some(LimitKind::Codes) => return Ok(Some(LimitKind::Codes)),
                Some(row) => (row, Event::LimitReached),
            }
        };
        let silent = draft.batch(draft.audit(ctx, realm, event).reason(row.as_str()));
        Ok(self.commit_within(ctx, draft.own.clone(), silent).await?)
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
    pub async fn verify_code(&self, ctx: &Ctx, realm: &Realm, handle: &RawField, code: &RawField) -> Result<()> {
        let mut faults = FieldErrors::default();
        let both = faults.text("token", handle).zip(faults.text("otp", code));
        let (handle, code) = faults.finish(both)?;
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
        let presented = PresentedToken::parse(handle).ok_or_else(dead)?;
        let challenge = self.ports.store.challenge(&realm.name, presented.challenge).await?.ok_or_else(dead)?;
        if challenge.purpose != Purpose::Phone || !presented.proves(&realm.keys, LinkAction::Phone, &challenge) {
            return Err(dead());
        }
        let attempt =
            ChallengeOp::Try { realm: realm.name.clone(), id: challenge.id, now: ctx.now, limit: TRIES }.into();
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
        let batch = batch![
            ChallengeOp::Spend { realm: realm.name.clone(), id: challenge.id, now: ctx.now },
            UserOp::Update(proved),
            came_back(ctx, phone.country().unwrap_or_default()),
            audit,
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

/// A code on its way out.
struct Draft {
    challenge: Challenge,
    sms: OutboxRow,
    /// Quotas of the account and the number.
    own: Batch,
    /// What an SMS costs, if one would go.
    budgets: Batch,
    /// Whether codes to this country are stopped.
    is_stopped: bool,
}

impl Draft {
    fn audit(&self, ctx: &Ctx, realm: &Realm, event: Event) -> AuditRow {
        AuditRow::new(ctx, &realm.name, event).user(&self.challenge.subject)
    }

    /// The challenge in place of the one before.
    fn batch(&self, audit: AuditRow) -> Batch {
        let Challenge { realm, subject, purpose, .. } = self.challenge.clone();
        batch![
            ChallengeOp::Drop { realm, subject, purpose: Some(purpose) },
            ChallengeOp::Insert(self.challenge.clone()),
            audit,
        ]
    }
}
