//! `signin_code/finish`, and the link of the same mail: first stage of a login by access to the mailbox.

use super::{FirstProof, ProvedLogin, Sessions, open::Entry};
use crate::{
    account::{Profile, User},
    audit::Event,
    batch,
    error::{Error, Result, catalogue::SIGNIN_CODE_INVALID},
    id::ChallengeId,
    limit::{LimitKey, LimitKind},
    link::{Challenge, Code, LinkAction, PresentedToken, Purpose, TypedCode},
    port::{ChallengeOp, CommitError, LimitOp, Precondition, UserOp},
    service::{
        FieldErrors, RawField,
        kernel::{ATTEMPTS, retry},
    },
    session::Amr,
};

/// Number of attempts to enter a code (ASVS 6.6.3; NIST SP 800-63B-4 §3.2.2).
const CODE_ATTEMPTS: u32 = 5;

/// Address that the user of a mailed link signs in with, and the request that the link belongs to.
#[derive(Debug)]
pub struct SigninLink {
    pub profile: Profile,
    pub challenge: ChallengeId,
}

impl Sessions<'_> {
    /// Logs in with a mailed code. Each handle has five attempts and works once.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are missing or malformed, which counts no attempt, `BadLink` if the code is refused
    /// for any reason, `Forbidden` if the account is locked, `Limited` if a rate limit is reached, and `Unavailable` if
    /// the store fails.
    pub async fn redeem_signin_code(&self, handle: &RawField, code: &RawField, devices: &[RawField]) -> Result<Entry> {
        let mut errors = FieldErrors::default();
        let both = errors.text("handle", handle).zip(errors.code("code", code));
        let (handle, code) = errors.finish(both)?;
        self.try_link(self.redeem_code(handle, &code, devices)).await
    }

    async fn redeem_code(&self, handle: &str, typed: &TypedCode, devices: &[RawField]) -> Result<Entry> {
        let challenge = self.signin_challenge(handle, LinkAction::SigninCode).await?;
        let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?;
        let counted = self.count_code(&challenge, user.as_ref(), devices).await?;
        // The work is the same for an address without a user.
        let index = user.as_ref().map_or_else(|| self.realm.keys.index_of_decoy(&challenge.subject), |user| user.index);
        let is_right = Code::derive_for_mail(&self.realm.keys, &challenge, index).is(typed);
        match user.filter(|_| is_right) {
            Some(_) => self.enter_mailed(challenge.id, Some(counted), devices).await,
            None => self.refuse_code(&challenge, "wrong").await,
        }
    }

    /// Returns the address of the user of a mailed link, without using the link.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is refused for any reason, `Limited` if a rate limit is reached, and `Unavailable`
    /// if the store fails.
    pub async fn check_signin_link(&self, token: &str) -> Result<SigninLink> {
        let check = async {
            let challenge = self.signin_challenge(token, LinkAction::SigninLink).await?;
            let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?;
            let user = user.ok_or_else(Error::bad_link)?;
            let key = user.envelope.key(&self.realm.keys, &user.id)?;
            Ok(SigninLink { profile: user.envelope.open_profile(&key)?, challenge: challenge.id })
        };
        self.try_link(check).await
    }

    /// Logs in with a mailed link, which works once.
    ///
    /// # Errors
    /// Returns `BadLink` if the link is refused for any reason, `Forbidden` if the account is locked, `Limited` if a
    /// rate limit is reached, and `Unavailable` if the store fails.
    pub async fn follow_signin_link(&self, token: &str, devices: &[RawField]) -> Result<Entry> {
        let follow = async {
            let challenge = self.signin_challenge(token, LinkAction::SigninLink).await?;
            self.enter_mailed(challenge.id, None, devices).await
        };
        self.try_link(follow).await
    }

    /// Returns the challenge of a handle or link that is neither used nor expired.
    async fn signin_challenge(&self, token: &str, action: LinkAction) -> Result<Challenge> {
        if !self.realm.policy.email_signin {
            return Err(SIGNIN_CODE_INVALID.into());
        }
        let token = PresentedToken::parse(token).ok_or(SIGNIN_CODE_INVALID)?;
        let challenge =
            self.ports.store.challenge(&self.realm.name, token.challenge).await?.ok_or(SIGNIN_CODE_INVALID)?;
        let is_open = challenge.purpose == Purpose::SigninCode
            && token.proves(&self.realm.keys, action, &challenge)
            && challenge.is_valid(self.ctx.now);
        if is_open { Ok(challenge) } else { Err(SIGNIN_CODE_INVALID.into()) }
    }

    /// Counts an attempt for the challenge, and for the account or its known device, before the code is compared, so
    /// that parallel requests do not get more attempts. Returns the key of the account's count.
    async fn count_code(&self, challenge: &Challenge, user: Option<&User>, devices: &[RawField]) -> Result<LimitKey> {
        let (kind, quota, now) = (LimitKind::SigninCodes, self.settings.limits.signin_codes_account, self.ctx.now);
        let device = user.and_then(|user| self.known_device(user, devices));
        let subject: [&[u8]; 2] = match &device {
            Some(device) => [b"device", device.id()],
            None => [b"account", challenge.subject.as_str().as_bytes()],
        };
        let key = LimitKey::in_realm(&self.realm.keys, kind, &subject);
        let (realm, id) = (challenge.realm.clone(), challenge.id);
        let attempt = batch![ChallengeOp::Try { realm, id, now, limit: CODE_ATTEMPTS }];
        match self.commit_within(batch![LimitOp::Count { kind, key, quota, now }], attempt).await {
            Ok(None) => Ok(key),
            Ok(Some(_)) => self.refuse_code(challenge, "limit").await,
            Err(CommitError::Failed(Precondition::ChallengeFresh)) => self.refuse_code(challenge, "attempts").await,
            Err(error) => Err(error.into()),
        }
    }

    /// Opens a session for the user of a challenge that was proved, or hands out a ticket. `counted` is the count of
    /// wrong codes that a right one resets.
    async fn enter_mailed(&self, id: ChallengeId, counted: Option<LimitKey>, devices: &[RawField]) -> Result<Entry> {
        let enter = |_| async move {
            let challenge = self.ports.store.challenge(&self.realm.name, id).await?;
            let challenge =
                challenge.filter(|challenge| challenge.is_valid(self.ctx.now)).ok_or(SIGNIN_CODE_INVALID)?;
            let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?.ok_or(SIGNIN_CODE_INVALID)?;
            let (realm, id, revision) = (user.realm.clone(), user.id.clone(), user.revision);
            let mut with = batch![ChallengeOp::Spend { realm: realm.clone(), id: challenge.id, now: self.ctx.now }];
            with.extend(counted.map(|key| LimitOp::Forget { key }.into()));
            let login = ProvedLogin {
                user,
                proof: FirstProof { amr: Amr::Otp, identity: None },
                has_two_factors: false,
                held: UserOp::Require { realm, id, revision }.into(),
                with,
                devices,
            };
            self.enter_proved(login).await
        };
        retry(ATTEMPTS, "the account kept changing during a sign-in by mail", enter).await
    }

    async fn refuse_code<T>(&self, challenge: &Challenge, reason: &'static str) -> Result<T> {
        tracing::info!(realm = %self.realm.name, reason, "mailed code rejected");
        let user = self.ports.store.user(&self.realm.name, &challenge.subject).await?;
        // Repetitions are counted in one row for each index. A decoy has a separate index that belongs to no address.
        let index = user.as_ref().map_or_else(|| self.realm.keys.index_of_decoy(&challenge.subject), |user| user.index);
        let draft = self.audit(Event::SigninCodeRefused).address(user.as_ref(), index).reason(reason);
        self.commit(self.refused(draft).into_iter().collect()).await?;
        Err(SIGNIN_CODE_INVALID.into())
    }
}
