//! Phone verification: a code sent by SMS and a handle returned in the response.
//!
//! Every request gets a handle, whether or not `id` and `phone` belong together. A decoy handle is stored, counts its
//! attempts and expires like a real one. Its message is dropped during delivery.

use std::time::Duration;

use super::Accounts;
use crate::{
    account::{User, phone::PhoneNumber},
    audit::Event,
    batch,
    error::{
        Result,
        catalogue::{OTP_INVALID, OTP_WRONG, SMS_UNAVAILABLE},
    },
    id::UserId,
    limit::LimitKind,
    link::{Challenge, Code, LinkAction, LinkToken, PresentedToken, Purpose, TypedCode},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{Batch, ChallengeOp, CommitError, Precondition, UserOp},
    service::{
        FieldErrors, NamedField, RawField,
        kernel::{ATTEMPTS, AuditDraft, retry},
    },
};

/// Maximum number of attempts to enter a code (ASVS 6.6.3; NIST SP 800-63B-4 §3.2.2).
const CODE_ATTEMPTS: u32 = 5;
/// `Retry-After` while no SMS provider is configured.
const NO_PROVIDER: Duration = Duration::from_secs(3600);
/// Code that has not been sent yet.
pub(super) struct CodeDraft {
    pub(super) challenge: Challenge,
    sms: OutboxRow,
    /// Operations that count it per account and phone number.
    quotas: Batch,
    /// Operations that count the cost of the SMS.
    budgets: Batch,
    /// User who receives the code, unless another user has verified the number.
    owner: Option<User>,
    /// Whether codes to this country are suspended.
    is_stopped: bool,
    /// Operations committed with the code, whether it is sent or withheld because of its cost.
    pub(super) with: Batch,
    pub(super) action: LinkAction,
    /// Phone number that would receive the code.
    recipient: Option<PhoneNumber>,
}

impl CodeDraft {
    /// Returns the batch that replaces the previous challenge.
    fn batch(&self, audit: AuditDraft<'_>) -> Batch {
        let Challenge { realm, subject, purpose, .. } = self.challenge.clone();
        let mut batch = batch![
            ChallengeOp::Drop { realm, subject, purpose: Some(purpose) },
            ChallengeOp::Insert(self.challenge.clone()),
            audit,
        ];
        batch.extend(self.with.iter().cloned());
        batch
    }
}

impl Accounts<'_> {
    /// Returns a handle, and sends a code to the phone number if it belongs to this user and to an allowed country. A
    /// number that another user has verified is recognised during delivery, so that the request, its events and its
    /// limits are the same for every number.
    ///
    /// # Errors
    /// Returns `Invalid` with all invalid fields, `Limited` if a rate limit is reached, and `Unavailable` if the
    /// store fails or no SMS provider is configured.
    pub async fn send_code(&self, id: &RawField, phone: &RawField) -> Result<LinkToken> {
        let mut errors = FieldErrors::default();
        let id = errors.text("id", id);
        let phone = errors.phone("phone", phone);
        let (id, phone) = errors.finish(id.zip(phone))?;
        self.require_sms()?;
        let work = async {
            let owner = self.owner_of(id, &phone).await?;
            // The decoy is the same for every request with this number, so that a newer handle replaces the previous
            // one as it does for a user.
            let decoy = self.realm.keys.decoy_id(&["phone", id, phone.as_str()]);
            let draft = self.draft_code(owner.as_ref(), &decoy, &phone, Purpose::Phone).await?;
            Ok(self.hand_out(draft).await?)
        };
        self.ask(LimitKind::Codes, self.settings.limits.codes_client, work).await
    }

    /// Creates a code for the phone number of its owner, or a decoy.
    pub(super) async fn draft_code(
        &self,
        owner: Option<&User>,
        decoy: &UserId,
        phone: &PhoneNumber,
        purpose: Purpose,
    ) -> Result<CodeDraft> {
        let (ctx, realm) = (self.ctx, self.realm);
        let country = phone.country().unwrap_or_default();
        let is_stopped = self.is_stopped(country).await?;
        let subject = owner.map_or(decoy, |owner| &owner.id);
        let ttl = realm.policy.otp_ttl;
        // The lifetime of a code starts with the request, not when its message is handed over.
        let challenge = Challenge::new(ctx, &realm.name, purpose, subject, ttl);
        let challenge = Challenge { expires_at: ctx.now.plus(ttl), ..challenge };
        let recipient = Recipient::plain(phone.as_str());
        let sms = self.message(MessageKind::PhoneCode, &recipient, Some(challenge.id))?;
        Ok(CodeDraft {
            quotas: self.code_quotas(subject, owner.map(|_| phone)),
            budgets: if owner.is_some() { self.sms_budgets(country) } else { self.decoy_budgets(country) },
            is_stopped,
            recipient: owner.map(|_| phone.clone()),
            with: Batch::new(),
            action: if purpose == Purpose::Phone { LinkAction::Phone } else { LinkAction::ChangePhone },
            owner: owner.cloned(),
            sms: OutboxRow { give_up_at: challenge.expires_at, ..sms },
            challenge,
        })
    }

    /// Requires an SMS provider.
    ///
    /// # Errors
    /// Returns `Unavailable` if no SMS provider is configured.
    pub(super) fn require_sms(&self) -> Result<()> {
        if self.ports.sms.is_none() { Err(SMS_UNAVAILABLE.after(NO_PROVIDER).into()) } else { Ok(()) }
    }

    /// Returns the handle. The result does not reveal whether a code was sent.
    pub(super) async fn hand_out(&self, draft: CodeDraft) -> Result<LinkToken, CommitError> {
        let handle = |challenge| LinkToken::derive(&self.realm.keys, draft.action, challenge);
        let Some(reached) = self.send_within(&draft).await? else { return Ok(handle(&draft.challenge)) };
        // The new handle is a decoy, and the previous one remains valid.
        let audit = self.code_audit(&draft, Event::LimitReached).limit(reached);
        let decoy = Challenge { subject: UserId::random(self.ctx.random()), ..draft.challenge.clone() };
        let decoy_handle = handle(&decoy);
        self.commit(batch![ChallengeOp::Insert(decoy), audit]).await?;
        Ok(decoy_handle)
    }

    /// Stores the challenge and sends its code. If the budget is exhausted, the work is the same as for a number
    /// without an owner, so that only the owner can notice it. If the account or number has received too many codes,
    /// nothing is stored and the limit is returned.
    async fn send_within(&self, draft: &CodeDraft) -> Result<Option<LimitKind>, CommitError> {
        let (reached, event) = if draft.is_stopped {
            (LimitKind::SmsCountry, Event::SmsStopped)
        } else {
            let quotas = [draft.quotas.as_slice(), &draft.budgets].concat();
            let mut sending = draft.batch(self.code_audit(draft, Event::CodeRequested));
            sending.push(draft.sms.clone().into());
            match self.commit_within(quotas, sending).await? {
                None => return Ok(None),
                Some(LimitKind::Codes) => {
                    self.show_withheld_code(draft, LimitKind::Codes);
                    return Ok(Some(LimitKind::Codes));
                }
                Some(reached) => (reached, Event::LimitReached),
            }
        };
        self.show_withheld_code(draft, reached);
        let silent = draft.batch(self.code_audit(draft, event).limit(reached));
        self.commit_within(draft.quotas.clone(), silent).await
    }

    fn show_withheld_code(&self, draft: &CodeDraft, reached: LimitKind) {
        if let Some(phone) = &draft.recipient {
            self.show_withheld(MessageKind::PhoneCode, phone.as_str(), reached.setting());
        }
    }

    fn code_audit(&self, draft: &CodeDraft, event: Event) -> AuditDraft<'_> {
        let audit = self.audit(event);
        match &draft.owner {
            Some(owner) => audit.user(owner),
            None => audit,
        }
    }

    /// Returns the user with this identifier if the user has this phone number and it may receive codes. The store is
    /// read in any case, so that the work is the same.
    async fn owner_of(&self, id: &str, phone: &PhoneNumber) -> Result<Option<User>> {
        let id = UserId::parse(id).unwrap_or_else(|| UserId::random(self.ctx.random()));
        let user = self.ports.store.user(&self.realm.name, &id).await?;
        let (number, is_theirs) = self.phone_or_decoy(user.as_ref())?;
        let is_theirs = number == *phone && is_theirs;
        Ok(user.filter(|user| self.may_send_to(phone) && is_theirs && !user.phone_disputed))
    }

    /// Redeems a code. A correct code verifies the phone number. Each handle allows five attempts and can be used
    /// once.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are missing or malformed, without counting an attempt, `BadLink` if the code is
    /// wrong or the handle is invalid, `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn verify_code(&self, handle: &NamedField, code: &NamedField) -> Result<()> {
        let mut errors = FieldErrors::default();
        let both = errors.text(handle.name, &handle.value).zip(errors.code(code.name, &code.value));
        let (handle, code) = errors.finish(both)?;
        self.try_link(self.redeem(handle, &code)).await
    }

    async fn redeem(&self, handle: &str, code: &TypedCode) -> Result<()> {
        let challenge = self.take_attempt(handle).await?;
        let challenge = &challenge;
        if challenge.purpose == Purpose::PhoneChange {
            return self.change_phone(challenge, code).await;
        }
        let attempt = |_| async move {
            let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?;
            let (phone, is_theirs) = self.phone_or_decoy(user.as_ref())?;
            let is_right = Code::derive(&self.realm.keys, challenge, &phone).is(code) && is_theirs;
            let Some(user) = user.filter(|user| is_right && !user.phone_disputed) else {
                tracing::info!(realm = %self.realm.name, "code rejected");
                return Err(OTP_WRONG.into());
            };
            Ok(self.set_phone_verified(challenge, user, &phone).await?.then_some(()))
        };
        retry(ATTEMPTS, "the account kept changing during a phone verification", attempt).await
    }

    /// Counts the attempt before the code is compared, so that concurrent requests do not get more attempts.
    async fn take_attempt(&self, handle: &str) -> Result<Challenge> {
        let token = PresentedToken::parse(handle).ok_or(OTP_INVALID)?;
        let challenge = self.ports.store.challenge(&self.realm.name, token.challenge).await?.ok_or(OTP_INVALID)?;
        let action = match challenge.purpose {
            Purpose::Phone => LinkAction::Phone,
            Purpose::PhoneChange => LinkAction::ChangePhone,
            _ => return Err(OTP_INVALID.into()),
        };
        if !token.proves(&self.realm.keys, action, &challenge) {
            return Err(OTP_INVALID.into());
        }
        let realm = self.realm.name.clone();
        let attempt = ChallengeOp::Try { realm, id: challenge.id, now: self.ctx.now, limit: CODE_ATTEMPTS };
        match self.commit(batch![attempt]).await {
            Ok(()) => Ok(challenge),
            Err(CommitError::Failed(_)) => Err(OTP_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Marks the phone number as verified. Returns `false` if the account changed since it was read, or another user
    /// has verified the number at the same time.
    async fn set_phone_verified(&self, challenge: &Challenge, user: User, phone: &PhoneNumber) -> Result<bool> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let claim = self.claim_phone((&user, &key), phone).await?.ok_or(OTP_INVALID)?;
        let audit = self.audit(Event::PhoneVerified).user(&user);
        let verified = User { phone_verified_at: Some(self.ctx.now), revision: user.revision + 1, ..user };
        let mut batch = batch![
            ChallengeOp::Spend { realm: self.realm.name.clone(), id: challenge.id, now: self.ctx.now },
            UserOp::Update(verified),
            self.code_entered(phone.country().unwrap_or_default()),
            audit,
        ];
        batch.extend(claim);
        match self.commit(batch).await {
            Ok(()) => {
                tracing::info!(realm = %self.realm.name, user = %challenge.subject, "phone number verified");
                Ok(true)
            }
            Err(CommitError::Failed(Precondition::UserRevision | Precondition::RecordFree)) => Ok(false),
            Err(CommitError::Failed(_)) => Err(OTP_INVALID.into()),
            Err(error) => Err(error.into()),
        }
    }
}
