//! `signin/complete`: asks a new user for missing data before the account is created, and emails a link if the
//! provider has not verified the address.

use super::{
    Federation,
    arrive::Arrived,
    completion::{CompletionForm, completed},
};
use crate::{
    account::{Profile, Registration, User, password::PasswordHash},
    audit::Event,
    batch,
    error::{
        Error, Result,
        catalogue::{EMAIL_TAKEN, IDENTITY_TAKEN, SIGNUP_CLOSED, SOCIAL_INVALID},
    },
    federation::{LinkCookie, LinkNote, PendingIdentity, Provider},
    limit::LimitKind,
    link::{Challenge, LinkAction, Purpose},
    message::{MessageKind, Recipient},
    port::{ChallengeOp, Op, RecordOp, RegistrationOp, Replaces, UserOp},
    record::{Record, RecordKeys},
    seal::DataKey,
    service::{
        Entry, RawField,
        kernel::{ATTEMPTS, Placement, RegistrationDraft, retry},
        session::{FirstProof, ProvedLogin},
    },
    session::Amr,
};

/// Result of submitting the page.
#[derive(Debug)]
pub enum Completing {
    Entered(Entry),
    /// A link was emailed, whether or not the address has an account. It only works in the browser with this cookie.
    Sent(LinkCookie),
    /// Another user has taken the address in the meantime.
    Taken,
}

/// Registration that is verified by an emailed link, and the external account that it was started with.
struct OpenCompletion {
    registration: Registration,
    key: DataKey,
    note: LinkNote,
    link: Challenge,
}

impl Federation<'_> {
    /// Creates the user of an external account with a verified address, or emails a verification link to the entered
    /// address. Neither the response nor the work reveals whether that address has a user.
    ///
    /// # Errors
    /// Returns `Invalid` with all invalid fields, `BadLink` if the provider was removed, the time has expired or the
    /// account was already used, `Forbidden` if sign-up is closed, `Limited` if a limit is reached, and `Unavailable`
    /// if the store fails.
    pub async fn complete(
        &self,
        pending: &PendingIdentity,
        form: &CompletionForm,
        devices: &[RawField],
    ) -> Result<Completing> {
        let provider = self.provider(&pending.provider).ok_or(SOCIAL_INVALID)?;
        if !pending.is_open(self.ctx.now) {
            return Err(SOCIAL_INVALID.into());
        }
        let proved = pending.proved();
        let spent = pending.spent().seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let spend: Op = RecordOp::Insert(spent).into();
        // Before the fields, because those of an accepted invitation are not known any more.
        if self.is_spent(&spend).await? {
            return Err(SOCIAL_INVALID.into());
        }
        let required = self.required_of(self.invitation_of(&proved).await?.as_ref());
        let profile = completed(&required, proved.proved_email(), form)?;
        if proved.is_email_proved {
            let with = (Some(spend), Some(&profile));
            return match self.arrive_with(provider, &proved, with, devices).await? {
                Arrived::Entered(entry) => Ok(Completing::Entered(entry)),
                Arrived::Taken | Arrived::Reserved => Ok(Completing::Taken),
                Arrived::SignupClosed => Err(SIGNUP_CLOSED.into()),
                Arrived::AlreadyUsed | Arrived::Unproved | Arrived::Incomplete => Err(SOCIAL_INVALID.into()),
            };
        }
        if !self.realm.policy.is_signup_open() {
            return Err(SIGNUP_CLOSED.into());
        }
        if self.identity_of(provider, &proved).await?.is_some() {
            return Err(SOCIAL_INVALID.into());
        }
        let cookie = LinkCookie::new(self.ctx, self.realm.policy.verification_ttl);
        let quota = self.settings.limits.mails_client;
        self.ask(LimitKind::Registrations, quota, self.register(profile, pending, &cookie)).await?;
        Ok(Completing::Sent(cookie))
    }

    /// Stores a registration without a password for the address, with the same email as `create`. In another browser,
    /// whose owner may be another person, the link asks for a password and links no identity.
    async fn register(&self, profile: Profile, pending: &PendingIdentity, cookie: &LinkCookie) -> Result<()> {
        let draft = self.draft(profile, &PasswordHash::none())?;
        let key = draft.row.envelope.key(&self.realm.keys, &draft.row.id)?;
        let envelope = draft.row.envelope.without_password(self.ctx, &key);
        let note = LinkNote::new(pending.clone(), &cookie.value).seal(self.ctx, &key, &draft.challenge)?;
        let draft = RegistrationDraft {
            row: Registration { envelope, ..draft.row },
            challenge: Challenge { note: Some(note), ..draft.challenge },
            profile: draft.profile,
        };
        let draft = &draft;
        let work = |_| async move {
            let placement = self.place_at(draft).await?;
            Ok(self.put_registration(draft, placement).await?.then_some(()))
        };
        retry(ATTEMPTS, "the address kept changing during a registration", work).await?;
        tracing::info!(realm = %self.realm.name, user = %draft.row.id, "registration created");
        Ok(())
    }

    /// Reads the state of the address. A registration without a password is contested, so that its owner chooses a
    /// password.
    async fn place_at(&self, draft: &RegistrationDraft) -> Result<Placement> {
        let index = draft.row.index;
        let found = self.ports.store.at_address(&self.realm.name, index).await?;
        let reserved = self.reserved_by_other(index, None).await?;
        let invited = self.invitation_at(index).await?;
        let is_taken = found.user.is_some();
        if (is_taken || reserved.is_some() || invited.is_some()) && self.settings.reveal_taken {
            return Err(EMAIL_TAKEN.into());
        }
        let prior = found.registration;
        Ok(Placement {
            is_taken,
            reserved,
            invited,
            replaces: Replaces::Exactly(prior.as_ref().map(|prior| prior.id.clone())),
            contested: true,
            succeeds: None,
            pending: prior.filter(|prior| prior.is_pending(self.ctx.now)).map(|prior| prior.id),
        })
    }

    /// Returns the address of an emailed link, and the external account that it completes. Nothing is changed.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid for any reason, `Limited` if a limit is reached, and `Unavailable` if
    /// the store fails.
    pub async fn offered_completion(&self, token: &str, browser: &[&str]) -> Result<(PendingIdentity, String)> {
        self.try_link(async {
            let open = self.opened_completion(token, browser).await?;
            let email = open.registration.envelope.open_profile(&open.key)?.email;
            Ok((open.note.pending, email.as_str().to_owned()))
        })
        .await
    }

    /// Creates the user of an emailed link with the external account, and logs in.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is invalid for any reason, `Conflict` if the account now belongs to another
    /// user, `Limited` if a limit is reached, and `Unavailable` if the store fails.
    pub async fn follow_completion(&self, token: &str, browser: &[&str], devices: &[RawField]) -> Result<Entry> {
        let work = |_| async move {
            let open = self.opened_completion(token, browser).await?;
            let provider = self.provider(&open.note.pending.provider).ok_or_else(Error::bad_link)?;
            self.make_user(provider, open, devices).await
        };
        self.try_link(retry(ATTEMPTS, "the registration kept changing while a user was created", work)).await
    }

    async fn make_user(
        &self,
        provider: &Provider,
        open: OpenCompletion,
        devices: &[RawField],
    ) -> Result<Option<Entry>> {
        let OpenCompletion { registration, key, note, link } = open;
        let proved = note.pending.proved();
        if self.identity_of(provider, &proved).await?.is_some() {
            return Err(IDENTITY_TAKEN.into());
        }
        let (realm, index) = (self.realm.name.clone(), registration.index);
        let email = registration.envelope.open_profile(&key)?.email;
        // The link was opened in the same browser in which the number was entered.
        let user = User { phone_disputed: false, password_set_at: self.ctx.now, ..registration.into_user() };
        let spent = note.pending.spent().seal(self.ctx, &realm, RecordKeys::Realm(&self.realm.keys));
        let (identity, stored) = self.new_identity(provider, &proved, (&user.id, &key), user.revision);
        let mut with = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: link.id, now: self.ctx.now },
            RegistrationOp::Delete { realm, id: user.id.clone() },
            self.require_unreserved(index, &user.id),
            self.require_uninvited(index, &user.id),
            RecordOp::Insert(spent),
            self.audit(Event::EmailVerified).user(&user),
            self.audit(Event::IdentityLinked).user(&user).detail("provider", provider.name.as_str()),
            self.message(MessageKind::Welcome, &Recipient::unnamed(&email), None)?,
        ];
        with.extend(stored);
        let login = ProvedLogin {
            held: UserOp::Insert(user.clone()).into(),
            user,
            proof: FirstProof { amr: Amr::Federated, identity: Some(identity) },
            has_two_factors: false,
            with,
            devices,
        };
        self.sessions().enter_proved(login).await
    }

    async fn opened_completion(&self, token: &str, browser: &[&str]) -> Result<OpenCompletion> {
        let link = self.proved_challenge(token, LinkAction::Verify, Purpose::Registration).await?;
        if !link.is_valid(self.ctx.now) || link.note.is_none() {
            return Err(Error::bad_link());
        }
        let registration = self.pending_registration(&link.subject).await?;
        // The note is bound to this registration, and not valid for a later one.
        let registration = registration.filter(|found| found.id == link.subject).ok_or_else(Error::bad_link)?;
        let key = registration.envelope.key(&self.realm.keys, &registration.id)?;
        let note = LinkNote::open(&key, &link)?;
        if note.is_of(browser) { Ok(OpenCompletion { registration, key, note, link }) } else { Err(Error::bad_link()) }
    }
}
