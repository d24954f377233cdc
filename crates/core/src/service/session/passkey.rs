//! `passkeys/login`: creates a session for a passkey alone. No address is sent, so the response does not reveal who
//! has an account.

use super::{LoggedIn, Sessions, Tokens, prove::OpenedUser, step::Passed};
use crate::{
    batch,
    error::Result,
    factor::passkey::{
        AssertionResponse, ChallengePurpose, CredentialId, Passkey, PasskeyChallenge, PasskeyRefusal, PasskeyUse,
        RelyingParty, SpentChallenge,
    },
    limit::LimitKind,
    port::UserOp,
    service::{
        FieldErrors, RawField,
        kernel::{ATTEMPTS, FoundPasskey, retry},
    },
    session::{Openers, device::KnownDevice},
};

/// Options for using a passkey. Only the challenge differs between callers.
#[derive(Debug)]
pub struct PasskeyRequest {
    pub rp_id: String,
    pub challenge: PasskeyChallenge,
}

/// Result of a login with a passkey.
#[derive(Debug)]
pub enum PasskeyOutcome {
    LoggedIn(LoggedIn),
    Refused {
        /// Credential that the authenticator can delete, and its relying party. The realm created its user handle,
        /// but the credential is no longer stored.
        unknown: Option<(String, CredentialId)>,
    },
}

/// Rejection for the audit trail.
struct Refused {
    why: PasskeyRefusal,
    found: Option<Box<FoundPasskey>>,
}

impl From<PasskeyRefusal> for Refused {
    fn from(why: PasskeyRefusal) -> Self {
        Self { why, found: None }
    }
}

impl Sessions<'_> {
    /// Returns the options for logging in with a passkey. Nothing is stored.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, and `Limited` if a rate limit is reached.
    pub async fn request_passkey(&self) -> Result<PasskeyRequest> {
        let party = self.require_relying_party()?;
        self.charge_client(LimitKind::PasskeyOptions, self.settings.limits.passkey_options_client).await?;
        let challenge = PasskeyChallenge::issue(self.ctx, &self.realm.keys, ChallengePurpose::Login);
        Ok(PasskeyRequest { rp_id: party.id.clone(), challenge })
    }

    /// Logs in with a passkey, which provides two factors by itself. Failed passwords and codes do not delay this
    /// login, and it does not reset their counts.
    ///
    /// # Errors
    /// Returns `NotFound` if passkeys are disabled, `Invalid` if the credential is missing, `Limited` after too many
    /// failed attempts, and `Unavailable` if the store fails.
    pub async fn log_in_with_passkey(&self, credential: &RawField, devices: &[RawField]) -> Result<PasskeyOutcome> {
        let party = self.require_relying_party()?;
        let mut errors = FieldErrors::default();
        let json = errors.credential("credential", credential);
        let json = errors.finish(json)?;
        let client = self.charge_client(LimitKind::Passkeys, self.settings.limits.passkeys_client).await?;
        let response = match AssertionResponse::read(&json) {
            Ok(response) => response,
            Err(why) => {
                self.note_refused_passkey(why, None).await?;
                return Ok(PasskeyOutcome::Refused { unknown: None });
            }
        };
        let work = |_| self.enter_with_passkey(party, &response, devices);
        let entered = retry(ATTEMPTS, "the account kept changing during a login with a passkey", work).await;
        match entered {
            Ok(Ok(logged_in)) => {
                self.refund(client).await;
                Ok(PasskeyOutcome::LoggedIn(logged_in))
            }
            Err(error) => {
                self.refund(client).await;
                Err(error)
            }
            Ok(Err(refused)) => {
                self.note_refused_passkey(refused.why, refused.found.as_deref()).await?;
                let is_ours = response.user_handle().is_some_and(|handle| handle.is_of(&self.realm.keys));
                let unknown = (refused.why == PasskeyRefusal::Unknown && is_ours)
                    .then(|| (party.id.clone(), response.credential().clone()));
                Ok(PasskeyOutcome::Refused { unknown })
            }
        }
    }

    /// Verifies the response and creates the session. Returns `None` if the account or the passkey changed in the
    /// meantime.
    async fn enter_with_passkey(
        &self,
        party: &RelyingParty,
        response: &AssertionResponse,
        devices: &[RawField],
    ) -> Result<Option<Result<LoggedIn, Refused>>> {
        let (found, challenge, used) = match self.asserted(party, response).await? {
            Ok(asserted) => asserted,
            Err(refused) => return Ok(Some(Err(refused))),
        };
        let FoundPasskey { user, key, held } = found;
        let with =
            batch![self.spend_challenge(&SpentChallenge::new(&challenge, None)), held.replace(self.ctx, &key, &used),];
        let known = self.known_device(&user, devices);
        let device = known.clone().unwrap_or_else(|| KnownDevice::new(self.ctx));
        let hold = UserOp::Require { realm: user.realm.clone(), id: user.id.clone(), revision: user.revision };
        let owner = OpenedUser::open(self.realm, user)?;
        let passed =
            Passed { owner, amr: used.amr(true), opened_by: Openers { identity: None, passkey: Some(used.id) }, with };
        let tokens: Option<Tokens> = self.open(&passed, hold.into(), known.is_some()).await?;
        let device = self.device_value(&device, &passed.owner.user, devices);
        Ok(tokens.map(|tokens| Ok(LoggedIn { tokens, device })))
    }

    /// Verifies the response. Returns the stored passkey and the passkey after this use.
    async fn asserted(
        &self,
        party: &RelyingParty,
        response: &AssertionResponse,
    ) -> Result<Result<(FoundPasskey, PasskeyChallenge, Passkey), Refused>> {
        let is_ours =
            |challenge: &PasskeyChallenge| challenge.is_valid(&self.realm.keys, ChallengePurpose::Login, self.ctx.now);
        let Some(challenge) = response.challenge().filter(is_ours) else {
            return Ok(Err(PasskeyRefusal::Challenge.into()));
        };
        if self.spent_challenge(&challenge).await?.is_some() {
            return Ok(Err(PasskeyRefusal::Challenge.into()));
        }
        let Some(found) = self.passkey_of(party, response.credential()).await? else {
            return Ok(Err(PasskeyRefusal::Unknown.into()));
        };
        let passkey = &found.held.noun;
        let checked = if passkey.used_for == PasskeyUse::Login {
            response.verify(party, &challenge, passkey.stored(), true)
        } else {
            Err(PasskeyRefusal::Use)
        };
        Ok(match checked {
            Ok(asserted) => {
                let used = passkey.used(asserted, self.ctx.now);
                Ok((found, challenge, used))
            }
            Err(why) => Err(Refused { why, found: Some(Box::new(found)) }),
        })
    }
}
