//! `me/mfa/totp`: adds an authenticator app. Its secret is stored when one of its codes is confirmed.

use super::{SecondFactors, addition::Committed};
use crate::{
    SecretString,
    account::User,
    batch,
    error::{
        Error, ErrorKind, Result,
        catalogue::{FACTOR_NAME_INVALID, MFA_INVALID, MFA_TOO_MANY, NOT_FOUND},
    },
    factor::{
        EnrolmentNote, FactorCode, FactorName, ListedFactor, MAX_TOTP, Method, MfaPolicy, NewRecoveryCodes,
        TicketPurpose, TotpFactor, TotpSecret,
    },
    id::FactorId,
    limit::LimitKind,
    link::{Challenge, LinkAction, LinkToken, PresentedToken, Purpose},
    port::{ChallengeOp, RecordOp, UserOp},
    record::{Record, RecordKeys},
    seal::{self, DataKey},
    service::{
        FieldErrors, LoggedIn, Owner, RawField,
        kernel::{ATTEMPTS, OpenTicket, RenewedCookie, retry},
    },
    session::{Amr, Session},
};

/// Authority to enrol a factor.
#[derive(Debug, Clone, Copy)]
pub enum Enrols<'a> {
    /// The owner of a session, with a recent login or the current password.
    Owner(&'a Owner, &'a RawField),
    /// The holder of an enrolment ticket, with device identifiers that may match a known device of the account.
    Ticket(&'a RawField, &'a [RawField]),
}

/// TOTP secret that has not been confirmed yet.
#[derive(Debug)]
pub struct EnrolmentOffer {
    pub enrolment: LinkToken,
    pub secret: TotpSecret,
    pub uri: SecretString,
    pub expires_in: std::time::Duration,
}

/// Result of adding a factor.
#[derive(Debug)]
pub struct Confirmed {
    pub factor: ListedFactor,
    /// Recovery codes created with the first factor.
    pub recovery_codes: Option<NewRecoveryCodes>,
    /// Session created with a ticket.
    pub logged_in: Option<LoggedIn>,
    /// New cookie value of the browser session that added the factor.
    pub cookie: Option<RenewedCookie>,
}

/// Lifetime of an unconfirmed secret.
const ENROLMENT_TTL: std::time::Duration = std::time::Duration::from_secs(600);
/// Maximum number of wrong codes per enrolment.
const TRIES: u32 = 5;

/// User who enrols.
pub(super) struct Enrolling {
    pub(super) user: User,
    pub(super) key: DataKey,
    /// Session or ticket.
    pub(super) by: String,
    pub(super) session: Option<Session>,
    pub(super) ticket: Option<OpenTicket>,
}

impl SecondFactors<'_> {
    /// Starts the enrolment of an authenticator app. The secret is not stored yet.
    ///
    /// # Errors
    /// Returns `Stale` if the login is too old or too weak, `Forbidden` if the password is wrong, `BadLink` if the
    /// ticket has another purpose, `Invalid` if the name is malformed, `Conflict` if the account already has three,
    /// `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn begin_totp(&self, enrols: Enrols<'_>, name: &RawField) -> Result<EnrolmentOffer> {
        self.require_method(Method::Totp)?;
        if let Enrols::Owner(owner, current) = enrols {
            self.fresh(owner, current).await?;
        }
        let mut errors = FieldErrors::default();
        let name = read_name(&mut errors, name);
        let name = errors.finish(name)?.unwrap_or_else(FactorName::authenticator_app);
        let work = |_| self.begin_once(enrols, name.clone());
        retry(ATTEMPTS, "the account kept changing while an enrolment began", work).await
    }

    /// Returns the secret of an enrolment again, to the session or ticket that started it.
    ///
    /// # Errors
    /// Returns `BadLink` if the enrolment is not open or belongs to another session, `Unavailable` if the store
    /// fails, and `Internal` if data cannot be decrypted or serialized.
    pub async fn show_totp(&self, enrols: Enrols<'_>, enrolment: &str) -> Result<EnrolmentOffer> {
        let (Enrolling { user, key, .. }, found) = self.enrolment_of(enrols, enrolment).await?;
        self.offer((&user, &key), &found)
    }

    fn offer(&self, (user, key): (&User, &DataKey), enrolment: &Challenge) -> Result<EnrolmentOffer> {
        let secret = TotpSecret::derive(&self.realm.keys, enrolment);
        let uri = secret.uri(&self.settings.app_name, user.envelope.open_profile(key)?.email.as_str())?;
        let expires_in = enrolment.expires_at.since(self.ctx.now);
        let enrolment = LinkToken::derive(&self.realm.keys, LinkAction::Enrol, enrolment);
        Ok(EnrolmentOffer { enrolment, secret, uri, expires_in })
    }

    async fn begin_once(&self, enrols: Enrols<'_>, name: FactorName) -> Result<Option<EnrolmentOffer>> {
        let Enrolling { user, key, by, .. } = self.enrolling(enrols).await?;
        if let Enrols::Owner(owner, _) = enrols {
            self.require_strength(&user, owner)?;
        }
        if self.factors_of(&user, &key).await?.totp.len() >= MAX_TOTP {
            return Err(MFA_TOO_MANY.into());
        }
        let enrolment = Challenge::beginning(self.ctx, &self.realm.name, Purpose::Enrolment, &user.id, ENROLMENT_TTL);
        let note = EnrolmentNote { begun_by: by, name }.seal(self.ctx, &key, &enrolment)?;
        let enrolment = Challenge { note: Some(note), ..enrolment };
        let offer = self.offer((&user, &key), &enrolment)?;
        let hold = UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision };
        let is_done = self.count_enrolment(&user, batch![hold, ChallengeOp::Insert(enrolment)]).await?;
        Ok(is_done.then_some(offer))
    }

    /// Adds the authenticator app of an enrolment if the code is correct.
    ///
    /// # Errors
    /// Returns `BadLink` if the code is wrong or the enrolment belongs to another session, `Conflict` if the account
    /// already has three, `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn confirm_totp(&self, enrols: Enrols<'_>, enrolment: &RawField, code: &RawField) -> Result<Confirmed> {
        self.require_method(Method::Totp)?;
        let mut errors = FieldErrors::default();
        let both = errors.text("enrolment", enrolment).zip(errors.text("code", code));
        let (enrolment, code) = errors.finish(both)?;
        let client = self.charge_client(LimitKind::Factors, self.settings.limits.factors_client).await?;
        let confirmed = self.confirm_charged(enrols, enrolment, code).await;
        if !confirmed.as_ref().is_err_and(|error| error.kind() == ErrorKind::BadLink) {
            self.refund(client).await;
        }
        confirmed
    }

    async fn confirm_charged(&self, enrols: Enrols<'_>, enrolment: &str, code: &str) -> Result<Confirmed> {
        let now = self.ctx.now;
        let (by, found) = self.enrolment_of(enrols, enrolment).await?;
        let realm = self.realm.name.clone();
        let attempt = batch![ChallengeOp::Try { realm, id: found.id, now, limit: TRIES }];
        if !self.count_factor_try(&by.user, None, attempt).await? {
            return Err(MFA_INVALID.into());
        }
        let secret = TotpSecret::derive(&self.realm.keys, &found);
        let typed = FactorCode::parse(code, None);
        let digits = typed.as_ref().and_then(FactorCode::totp);
        let Some(step) = digits.and_then(|digits| secret.step_of(digits, now, None)) else {
            self.note_wrong_factor((&by.user, &by.key), None, false).await?;
            return Err(MFA_INVALID.into());
        };
        let work = |_| self.confirm_once(enrols, enrolment, &secret, step);
        retry(ATTEMPTS, "the account kept changing while a factor was added", work).await
    }

    async fn confirm_once(
        &self,
        enrols: Enrols<'_>,
        enrolment: &str,
        secret: &TotpSecret,
        step: u64,
    ) -> Result<Option<Confirmed>> {
        let (by, found) = self.enrolment_of(enrols, enrolment).await?;
        let (ctx, realm, user) = (self.ctx, &self.realm.name, by.user.clone());
        if self.factors_of(&user, &by.key).await?.totp.len() >= MAX_TOTP {
            return Err(MFA_TOO_MANY.into());
        }
        let factor = TotpFactor {
            id: FactorId::random(ctx.random()),
            user: user.id.clone(),
            secret: secret.clone(),
            name: EnrolmentNote::open(&by.key, &found)?.name,
            last_step: step,
            since: user.revision + 1,
            created_at: ctx.now,
            last_used_at: None,
        };
        let mut with = batch![
            ChallengeOp::Spend { realm: realm.clone(), id: found.id, now: ctx.now },
            RecordOp::Insert(factor.seal(ctx, realm, RecordKeys::Owner(&by.key))),
        ];
        with.extend(self.forget_factor_tries(&user, None));
        let listed = ListedFactor::from(&factor);
        let current = by.session.as_ref().map(|session| session.id.clone());
        let added = self.addition((&user, &by.key), &listed, current).await?;
        with.extend(added.with);
        let devices = if let Enrols::Ticket(_, devices) = enrols { devices } else { &[] };
        let proved = (vec![Amr::Otp, Amr::Multi], None);
        let committed = self.commit_addition(by, added.user, with, devices, proved).await?;
        Ok(committed.map(|Committed { logged_in, cookie }| Confirmed {
            factor: listed,
            recovery_codes: added.recovery_codes,
            logged_in,
            cookie,
        }))
    }

    /// Requires that factors of this kind can be added.
    ///
    /// # Errors
    /// Returns `NotFound` if they cannot be added.
    pub(super) fn require_method(&self, method: Method) -> Result<()> {
        let policy = &self.realm.policy;
        let can_be_added = policy.mfa_policy != MfaPolicy::Off && policy.mfa_methods.contains(&method);
        if can_be_added { Ok(()) } else { Err(NOT_FOUND.into()) }
    }

    pub(super) async fn enrolling(&self, enrols: Enrols<'_>) -> Result<Enrolling> {
        match enrols {
            Enrols::Owner(owner, _) => {
                let user = self.user_of(owner).await?;
                let key = user.envelope.key(&self.realm.keys, &user.id)?;
                let session = self.ports.store.session(&self.realm.name, owner.session()).await?;
                let session = session.ok_or_else(|| Error::bad_token().because("session ended"))?;
                Ok(Enrolling { user, key, by: session.id.as_str().to_owned(), session: Some(session), ticket: None })
            }
            Enrols::Ticket(ticket, _) => {
                let open = self.open_ticket(ticket.text().unwrap_or_default()).await?;
                let open = open.filter(|open| open.note.purpose == TicketPurpose::Enrolment).ok_or(MFA_INVALID)?;
                // The ticket becomes invalid once there is a first factor.
                if self.factors_of(&open.user, &open.key).await?.count() > 0 {
                    return Err(MFA_INVALID.into());
                }
                let (user, key) = (open.user.clone(), open.user.envelope.key(&self.realm.keys, &open.user.id)?);
                let by = seal::hex(&open.ticket.id.0);
                Ok(Enrolling { user, key, by, session: None, ticket: Some(open) })
            }
        }
    }

    /// Returns an open enrolment if it was started by this session or ticket.
    async fn enrolment_of(&self, enrols: Enrols<'_>, enrolment: &str) -> Result<(Enrolling, Challenge)> {
        let by = self.enrolling(enrols).await?;
        let token = PresentedToken::parse(enrolment).ok_or(MFA_INVALID)?;
        let found = self.ports.store.challenge(&self.realm.name, token.challenge).await?;
        let is_open = |found: &Challenge| {
            found.purpose == Purpose::Enrolment
                && found.subject == by.user.id
                && token.proves(&self.realm.keys, LinkAction::Enrol, found)
                && found.is_valid(self.ctx.now)
        };
        let found = found.filter(is_open).ok_or(MFA_INVALID)?;
        if EnrolmentNote::open(&by.key, &found)?.begun_by != by.by {
            return Err(MFA_INVALID.into());
        }
        Ok((by, found))
    }
}

/// Parses the name of a factor. The inner `None` means that the request contains no name.
pub(super) fn read_name(errors: &mut FieldErrors, name: &RawField) -> Option<Option<FactorName>> {
    if matches!(name, RawField::Missing) {
        return Some(None);
    }
    let parsed = FactorName::parse(errors.text("name", name)?);
    if parsed.is_none() {
        errors.add(FACTOR_NAME_INVALID.of("name"));
    }
    parsed.map(Some)
}
