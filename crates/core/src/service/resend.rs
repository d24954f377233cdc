//! `verify/resend`: the verification mail once more.

use crate::{
    audit::{AuditRow, Event},
    ctx::Ctx,
    error::{Error, Result},
    link::{Challenge, HAND_OVER_WITHIN, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, CommitError, Op, Precondition, Replaces},
    realm::Realm,
    service::{Faults, Given, Service, message},
    user::Registration,
};

impl Service {
    /// Sends the verification mail again, where a registration waits; tells the owner of a verified address that there is
    /// nothing to verify; otherwise nothing. The answer is the same.
    ///
    /// # Errors
    /// Invalid for what is no address; unavailable.
    pub async fn resend_verification(&self, ctx: &Ctx, realm: &Realm, email: &Given) -> Result<()> {
        let mut faults = Faults::default();
        let email = faults.email("email", email);
        let email = faults.unless_any(email)?;
        let index = realm.keys.blind_index(&email);
        let (owner, registration) = self.ports.store.by_index(&realm.name, index).await?;
        let pending = registration.filter(|registration| registration.expires_at > ctx.now);

        let mut batch = vec![Op::Audit(AuditRow::new(ctx, &realm.name, Event::VerificationResent).index(index))];
        let to = email.as_str().to_owned();
        match (owner, pending) {
            (Some(_), _) => {
                let recipient = Recipient { to, name: String::new() };
                batch.push(Op::Enqueue(message(ctx, realm, MessageKind::AlreadyRegistered, &recipient, None)?));
            }
            (None, Some(registration)) => self.send_again(ctx, realm, to, registration, &mut batch).await?,
            (None, None) => {}
        }
        match self.commit(batch).await {
            // A newer registration came meanwhile, and with it a mail of its own.
            Err(CommitError::Failed(Precondition::RegistrationReplaced)) => Ok(()),
            done => done.map_err(Error::from),
        }
    }

    /// The same link again while it lives, so that the first mail is as good as the second; a new one afterwards.
    async fn send_again(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        to: String,
        mut row: Registration,
        batch: &mut Batch,
    ) -> Result<()> {
        let profile = row.vault.open_profile(&row.vault.key(&realm.keys, &row.id)?)?;
        let recipient = Recipient { to, name: profile.first_name.for_greeting().to_owned() };
        let alive = self.ports.store.challenge(&realm.name, row.challenge).await?.filter(|c| c.expires_at > ctx.now);
        match alive {
            Some(challenge) => {
                let at = ctx.now.plus(HAND_OVER_WITHIN).plus(challenge.lifetime);
                batch.push(Op::ExpireChallenge { realm: realm.name.clone(), id: challenge.id, at });
            }
            None => {
                let lifetime = self.rules.verification_lifetime;
                let challenge = Challenge::new(ctx, &realm.name, Purpose::Registration, &row.id, lifetime);
                row.challenge = challenge.id;
                let replaces = Replaces::Exactly(Some(row.id.clone()));
                batch.push(Op::InsertChallenge(challenge));
                batch.push(Op::PutRegistration { row: row.clone(), replaces });
            }
        }
        batch.push(Op::Enqueue(message(ctx, realm, MessageKind::VerifyEmail, &recipient, Some(row.challenge))?));
        Ok(())
    }
}
