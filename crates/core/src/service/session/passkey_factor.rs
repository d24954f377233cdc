//! Passkeys and security keys as second factors: the challenge of a ticket and the response to it.

use super::Sessions;
use crate::{
    batch,
    error::{Result, catalogue::MFA_INVALID},
    factor::{
        Factors, TicketPurpose,
        passkey::{
            AssertionResponse, CHALLENGE_TTL, ChallengePurpose, PasskeyChallenge, PasskeyRefusal, PasskeyUse,
            SpentChallenge,
        },
    },
    limit::LimitKind,
    service::{
        FieldErrors, RawField,
        kernel::{FoundPasskey, NamedCredential, OpenTicket, UsedFactor},
    },
    session::Amr,
};

/// Options for using one of the caller's passkeys or security keys.
#[derive(Debug)]
pub struct FactorRequest {
    pub rp_id: String,
    pub challenge: PasskeyChallenge,
    pub credentials: Vec<NamedCredential>,
    /// Whether a passkey can renew a login alone. Its authenticator must then verify the user.
    pub prefers_verification: bool,
    pub expires_in: std::time::Duration,
}

impl Sessions<'_> {
    /// Returns the options for completing a ticket with a passkey or security key. Nothing is stored.
    ///
    /// # Errors
    /// Returns `BadLink` if the ticket is not open or accepts no passkey, `NotFound` if passkeys are disabled,
    /// `Limited` if a rate limit is reached, and `Unavailable` if the store fails.
    pub async fn request_factor(&self, ticket: &RawField, kind: &RawField) -> Result<FactorRequest> {
        let mut errors = FieldErrors::default();
        let both = errors.text("mfa_token", ticket).zip(errors.text("type", kind));
        let (ticket, kind) = errors.finish(both)?;
        let party = self.relying_party().ok_or(MFA_INVALID)?;
        self.charge_client(LimitKind::PasskeyOptions, self.settings.limits.passkey_options_client).await?;
        let opened = self.open_ticket(ticket).await?.filter(|opened| opened.note.purpose != TicketPurpose::Enrolment);
        let opened = opened.filter(|opened| kind == "passkey" && opened.has_tries()).ok_or(MFA_INVALID)?;
        let factors = self.accepted_factors(&opened.user, &opened.key).await?;
        if factors.passkeys.is_empty() {
            return Err(MFA_INVALID.into());
        }
        let purpose = ChallengePurpose::Factor(opened.ticket.id);
        Ok(FactorRequest {
            rp_id: party.id.clone(),
            challenge: PasskeyChallenge::issue(self.ctx, &self.realm.keys, purpose),
            credentials: factors.named_credentials(),
            prefers_verification: may_be_alone(&opened),
            expires_in: CHALLENGE_TTL.min(opened.ticket.expires_at.since(self.ctx.now)),
        })
    }

    /// Verifies a response to the challenge of a ticket. Returns `None` if it is rejected.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(super) async fn use_passkey(
        &self,
        opened: &OpenTicket,
        factors: &Factors,
        credential: &RawField,
    ) -> Result<Option<UsedFactor>> {
        let mut errors = FieldErrors::default();
        let json = errors.credential("passkey", credential).unwrap_or_default();
        match self.checked_factor(opened, factors, &json).await? {
            Ok(used) => Ok(Some(used)),
            Err((why, found)) => {
                self.note_refused_passkey(why, found.as_deref()).await?;
                Ok(None)
            }
        }
    }

    async fn checked_factor(
        &self,
        opened: &OpenTicket,
        factors: &Factors,
        json: &serde_json::Value,
    ) -> Result<Result<UsedFactor, (PasskeyRefusal, Option<Box<FoundPasskey>>)>> {
        let (Some(party), Ok(response)) = (self.relying_party(), AssertionResponse::read(json)) else {
            return Ok(Err((PasskeyRefusal::Malformed, None)));
        };
        let purpose = ChallengePurpose::Factor(opened.ticket.id);
        let challenge = response.challenge().filter(|given| given.is_valid(&self.realm.keys, purpose, self.ctx.now));
        let Some(challenge) = challenge else { return Ok(Err((PasskeyRefusal::Challenge, None))) };
        if self.spent_challenge(&challenge).await?.is_some() {
            return Ok(Err((PasskeyRefusal::Challenge, None)));
        }
        let is_accepted = factors.passkeys.iter().any(|held| held.noun.credential == *response.credential());
        let found = self.passkey_of(party, response.credential()).await?;
        let Some(found) = found.filter(|found| is_accepted && found.user.id == opened.user.id) else {
            return Ok(Err((PasskeyRefusal::Unknown, None)));
        };
        let passkey = &found.held.noun;
        Ok(match response.verify(party, &challenge, passkey.stored(), false) {
            Ok(asserted) => {
                let used = passkey.used(asserted, self.ctx.now);
                let is_alone = asserted.is_verified && used.used_for == PasskeyUse::Login && may_be_alone(opened);
                let (method, amr, id) = (used.used_for.method(), used.amr(is_alone), used.id.clone());
                let with = batch![
                    self.spend_challenge(&SpentChallenge::new(&challenge, None)),
                    found.held.replace(self.ctx, &found.key, &used),
                ];
                Ok(UsedFactor { method, amr, passkey: Some(id), with })
            }
            Err(why) => Err((why, Some(Box::new(found)))),
        })
    }
}

/// Returns whether a passkey can complete a ticket without the password: the ticket renews a login, and no password
/// was given.
fn may_be_alone(opened: &OpenTicket) -> bool {
    matches!(opened.note.purpose, TicketPurpose::StepUp { .. }) && !opened.note.proved.contains(&Amr::Password)
}
