//! Consent of users to third-party clients.

use std::time::Duration;

use super::{
    OAuth,
    authorize::{Asking, Authorized, Step},
};
use crate::{
    account::User,
    audit::Event,
    error::Result,
    oauth::{ClientError, Consent, Prompt, RegisteredClient, Scopes, Wishes, scopes::OFFLINE_ACCESS},
    port::{Op, RecordOp},
    record::{Record, RecordKeys, RecordRow},
    seal::DataKey,
};

/// Interval after which another use of a consent is recorded.
const USE_RECORDED_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Contents of the consent page.
#[derive(Debug)]
pub struct ConsentSheet {
    pub client: RegisteredClient,
    /// Host of the redirect URI.
    pub host: String,
    /// Requested scopes that were not granted before.
    pub scopes: Scopes,
    /// Whether the user has already granted some scopes.
    pub has_some: bool,
}

/// Decision of a user on the consent page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allow,
    Deny,
}

/// Consent of a user, stored together with the code.
pub(super) struct GivenConsent {
    pub(super) consent: Consent,
    /// Revision of the record, or 0 if there is none.
    pub(super) revision: u64,
    /// Whether it was given just now, for the first time or for additional scopes.
    pub(super) is_more: bool,
    /// Whether its use must be recorded.
    pub(super) is_touched: bool,
}

impl OAuth<'_> {
    /// Requires the consent of the user if it is needed. Returns the consent to store with the code.
    pub(super) async fn consent(
        &self,
        asking: &Asking<'_>,
        wishes: &Wishes,
        decision: Option<Decision>,
    ) -> Result<Step<Option<GivenConsent>>> {
        let (known, client) = (asking.known, &asking.known.client);
        // A denial takes precedence over a consent given elsewhere in the meantime.
        if decision == Some(Decision::Deny) {
            return Ok(Err(self.refuse(known, ClientError("access_denied", "The user did not consent"))));
        }
        let is_unproved = client.is_unproved_at(&known.registered);
        let (known_consent, revision) = self.known_consent(&asking.user, client).await?;
        let before = known_consent.as_ref().map(|consent| consent.scopes.clone()).unwrap_or_default();
        let is_given = client.first_party || (known_consent.is_some() && before.include(&asking.scopes));
        let asks_again = wishes.prompts.contains(&Prompt::Consent) && !client.first_party;
        // If any program on the device could impersonate the client, an earlier consent is not sufficient.
        let is_asked = is_unproved || asks_again || !is_given;
        if !is_asked || decision == Some(Decision::Allow) {
            let used_at = known_consent.as_ref().map(|consent| consent.last_used_at);
            let consent = Consent {
                user: asking.user.id.clone(),
                client: client.id.clone(),
                scopes: before.union(&asking.scopes),
                created_at: known_consent.map_or(self.ctx.now, |consent| consent.created_at),
                last_used_at: self.ctx.now,
            };
            let is_touched = used_at.is_none_or(|at| self.ctx.now.since(at) > USE_RECORDED_AFTER);
            let given = GivenConsent { consent, revision, is_more: !is_given, is_touched };
            return Ok(Ok((!client.first_party).then_some(given)));
        }
        if wishes.prompts.contains(&Prompt::None) {
            let error = match is_unproved {
                true => ClientError("interaction_required", "The user must confirm"),
                false => ClientError("consent_required", "The user must consent"),
            };
            return Ok(Err(self.refuse(known, error)));
        }
        let is_partial = has_some(&before) && !is_unproved && !asks_again;
        let scopes = if is_partial { asking.scopes.without(&before) } else { asking.scopes.clone() };
        let sheet = ConsentSheet {
            client: client.clone(),
            host: known.registered.host().to_owned(),
            scopes,
            has_some: is_partial,
        };
        Ok(Err(Authorized::Consent(Box::new(sheet))))
    }

    /// Returns the consent of a user to a client and its revision, which is 0 if there is none.
    async fn known_consent(&self, user: &User, client: &RegisteredClient) -> Result<(Option<Consent>, u64)> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let Some((row, consent)) = self.consent_record(&user.id, &client.id, &key).await? else { return Ok((None, 0)) };
        // A consent to an earlier client with this identifier is replaced.
        let is_current = consent.created_at >= client.created_at;
        Ok((is_current.then_some(consent), row.revision))
    }

    /// Returns the operations that store a consent, or require it to be unchanged.
    pub(super) fn consent_ops(&self, (user, key): (&User, &DataKey), given: &GivenConsent) -> Vec<Op> {
        let GivenConsent { consent, revision, is_more, is_touched } = given;
        let row = consent.seal(self.ctx, &self.realm.name, RecordKeys::Owner(key));
        let write = match revision {
            0 => RecordOp::Insert(row),
            before if *is_more || *is_touched => RecordOp::Replace(RecordRow { revision: before + 1, ..row }),
            before => RecordOp::Require { realm: row.realm, kind: row.kind, key: row.key, revision: *before },
        };
        let mut ops: Vec<Op> = vec![write.into()];
        if *is_more {
            let audit = self.audit(Event::ConsentGiven).user(user).detail("client", consent.client.as_str());
            ops.push(audit.detail("scope", consent.scopes.to_text()).into());
        }
        ops
    }
}

/// Returns whether the scopes grant access to anything by themselves.
fn has_some(before: &Scopes) -> bool {
    before.iter().any(|scope| scope != OFFLINE_ACCESS)
}
