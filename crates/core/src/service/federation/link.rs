//! Linking an external account to a user.

use super::{Federation, arrive::Arrived};
use crate::{
    account::{User, email::EmailAddress},
    audit::Event,
    batch,
    error::Result,
    factor::AddedFactor,
    federation::{Identity, NewIdentity, ProvedIdentity, Provider},
    id::FactorId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    port::{Batch, ChallengeOp, RecordOp, UserOp},
    record::{Record, RecordKeys, RecordKind},
    seal::DataKey,
    service::{
        RawField,
        session::{FirstProof, ProvedLogin},
    },
    session::Amr,
};

impl Federation<'_> {
    /// Links an identity to the user of its address and logs in with it. Returns `None` if a concurrent change
    /// requires a retry.
    ///
    /// # Errors
    /// Returns `Forbidden` if the account is locked, `Unavailable` if the store fails, and `Internal` if data cannot
    /// be decrypted or serialized.
    pub(super) async fn link_and_enter(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        user: User,
        mut with: Batch,
        devices: &[RawField],
    ) -> Result<Option<Arrived>> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let (identity, linked) = self.linking(provider, proved, (&user, &key))?;
        let user = User { revision: user.revision + 1, ..user };
        with.extend(linked);
        let login = ProvedLogin {
            proof: FirstProof { amr: Amr::Federated, identity: Some(identity) },
            has_two_factors: provider.trust_mfa && proved.has_two_factors,
            held: UserOp::Update(user.clone()).into(),
            user,
            with,
            devices,
        };
        Ok(self.sessions().enter_proved(login).await?.map(Arrived::Entered))
    }

    /// Returns the operations that link an identity to a user: they store the record, invalidate open tickets, and
    /// send a notification with an undo link. The caller updates the user's revision.
    ///
    /// # Errors
    /// Returns `Internal` if the mail cannot be serialised.
    pub(super) fn linking(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        (user, key): (&User, &DataKey),
    ) -> Result<(FactorId, Batch)> {
        let (identity, mut batch) = self.new_identity(provider, proved, (&user.id, key), user.revision + 1);
        batch.extend(self.drop_tickets(user));
        batch.push(self.drop_links(user));
        batch.push(self.audit(Event::IdentityLinked).user(user).detail("provider", provider.name.as_str()).into());
        let recipient = Recipient::of(&user.envelope.open_profile(key)?).with("provider", provider.label.as_str());
        // The user name is omitted: an attacker could use it to send a message to the owner.
        let recipient = recipient.with("called", proved.email.as_ref().map_or("", EmailAddress::as_str));
        let undo = self.realm.policy.addition_undo;
        if undo.is_zero() {
            batch.push(self.message(MessageKind::IdentityLinkedForGood, &recipient, None)?.into());
            return Ok((identity, batch));
        }
        let challenge = Challenge::beginning(self.ctx, &self.realm.name, Purpose::FactorUndo, &user.id, undo);
        let added = AddedFactor { kind: RecordKind::Identity, id: identity.clone() };
        let note = added.seal(self.ctx, key, &challenge)?;
        let mail = self.message(MessageKind::IdentityLinked, &recipient, Some(challenge.id))?;
        batch.extend(batch![mail, ChallengeOp::Insert(Challenge { note: Some(note), ..challenge })]);
        Ok((identity, batch))
    }

    /// Returns the operation that stores a new identity, with its identifier.
    pub(super) fn new_identity(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        (user, key): (&crate::id::UserId, &DataKey),
        since: u64,
    ) -> (FactorId, Batch) {
        let id = FactorId::random(self.ctx.random());
        let of = NewIdentity { id: id.clone(), user, provider: &provider.name, since, at: self.ctx.now };
        let identity = Identity::new(&self.realm.keys, proved, of);
        let row = identity.seal(self.ctx, &self.realm.name, RecordKeys::Owner(key));
        (id, batch![RecordOp::Insert(row)])
    }
}
