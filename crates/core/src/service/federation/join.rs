//! Sign-up with a provider that has verified the address.

use super::{Federation, arrive::Arrived, completion::lacks};
use crate::{
    account::{Envelope, Profile, User, attributes::Attributes, email::EmailAddress, password::PasswordHash},
    admin::Invitation,
    audit::Event,
    batch,
    error::Result,
    federation::{ProvedIdentity, Provider},
    id::UserId,
    limit::LimitKind,
    message::{MessageKind, Recipient},
    port::{AddressState, Batch, ChallengeOp, RecordOp, UserOp},
    record::Record,
    seal::BlindIndex,
    service::{
        RawField,
        session::{FirstProof, ProvedLogin},
    },
    session::Amr,
};

impl Federation<'_> {
    /// Creates the user of a verified address and logs in. Accepts the invitation of the address if there is one.
    /// Returns `None` if a concurrent change requires a retry. A registration of the address is discarded, because
    /// another person may have chosen its password.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if data cannot be decrypted or serialized.
    pub(super) async fn join(
        &self,
        provider: &Provider,
        proved: &ProvedIdentity,
        (email, found, completed): (&EmailAddress, AddressState, Option<&Profile>),
        (mut with, devices): (Batch, &[RawField]),
    ) -> Result<Option<Arrived>> {
        let index = email.blind_index(&self.realm.keys);
        let invited = self.invitation_at(index).await?;
        if invited.is_none() && !self.realm.policy.is_signup_open() {
            return Ok(Some(Arrived::SignupClosed));
        }
        let profile = match completed {
            Some(completed) => filled(completed, invited.as_ref()),
            None => profile(proved, email, invited.as_ref()),
        };
        if self.has_gap(&profile) {
            return Ok(Some(Arrived::Incomplete));
        }
        let user = self.new_user(index, &profile, invited.as_ref())?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let (identity, stored) = self.new_identity(provider, proved, (&user.id, &key), user.revision);
        with.extend(stored);
        with.extend(self.discard_registration(found));
        with.push(self.require_unreserved(index, &user.id));
        with.push(self.require_uninvited(index, &user.id));
        let linked = self.audit(Event::IdentityLinked).user(&user).detail("provider", provider.name.as_str());
        with.extend(batch![
            self.audit(Event::EmailVerified).user(&user),
            linked,
            self.message(MessageKind::Welcome, &Recipient::unnamed(email), None)?,
        ]);
        // The invitation is accepted before the user is created, because it reserves the address.
        let held = UserOp::Insert(user.clone()).into();
        let with = match &invited {
            Some(invitation) => self.accepting(invitation, &user).into_iter().chain(with).collect(),
            None => with,
        };
        // Counted like registrations, because an attacker's provider can report any address.
        self.charge_client(LimitKind::Registrations, self.settings.limits.mails_client).await?;
        let login = ProvedLogin {
            user,
            proof: FirstProof { amr: Amr::Federated, identity: Some(identity) },
            has_two_factors: provider.trust_mfa && proved.has_two_factors,
            held,
            with,
            devices,
        };
        Ok(self.sessions().enter_proved(login).await?.map(Arrived::Entered))
    }

    /// Returns whether the profile lacks a field that sign-up requires.
    fn has_gap(&self, profile: &Profile) -> bool {
        self.realm.policy.signup_required.iter().any(|field| lacks(profile, *field))
    }

    fn new_user(&self, index: BlindIndex, profile: &Profile, invited: Option<&Invitation>) -> Result<User> {
        let (ctx, keys) = (self.ctx, &self.realm.keys);
        let id = invited.map_or_else(|| UserId::random(ctx.random()), |invitation| invitation.user.clone());
        let envelope = Envelope::seal(ctx, keys, &id, profile, &PasswordHash::none())?;
        let key = envelope.key(keys, &id)?;
        Ok(User {
            realm: self.realm.name.clone(),
            envelope: envelope.without_password(ctx, &key),
            id,
            index,
            password_set_at: ctx.now,
            phone_verified_at: None,
            phone_disputed: false,
            compromised: false,
            two_step: false,
            roles: invited.map(|invitation| invitation.roles.clone()).unwrap_or_default(),
            lock: None,
            seen_on: None,
            is_invited: invited.is_some(),
            created_at: ctx.now,
            revision: 1,
        })
    }

    fn accepting(&self, invitation: &Invitation, user: &User) -> Batch {
        let realm = &self.realm.name;
        let (kind, key) = (Invitation::KIND, Invitation::key_of(invitation.index));
        batch![
            ChallengeOp::Spend { realm: realm.clone(), id: invitation.challenge, now: self.ctx.now },
            RecordOp::Delete { realm: realm.clone(), kind, key, revision: None },
            self.audit(Event::InvitationAccepted).user(user),
        ]
    }
}

/// Returns the profile entered by a new user. An invitation adds what the user has left out, and what no user enters.
fn filled(completed: &Profile, invited: Option<&Invitation>) -> Profile {
    let entered = completed.clone();
    let Some(Invitation { profile: invited, .. }) = invited.cloned() else { return entered };
    Profile {
        first_name: entered.first_name.or(invited.first_name),
        last_name: entered.last_name.or(invited.last_name),
        phone: entered.phone.or(invited.phone),
        country: entered.country.or(invited.country),
        email: invited.email,
        locale: invited.locale,
        attributes: invited.attributes,
    }
}

/// Returns the profile of a new user: from the invitation or, without one, from the names reported by the provider.
fn profile(proved: &ProvedIdentity, email: &EmailAddress, invited: Option<&Invitation>) -> Profile {
    match invited {
        Some(invitation) => Profile {
            first_name: invitation.profile.first_name.clone().or_else(|| proved.first_name.clone()),
            last_name: invitation.profile.last_name.clone().or_else(|| proved.last_name.clone()),
            ..invitation.profile.clone()
        },
        None => Profile {
            email: email.clone(),
            first_name: proved.first_name.clone(),
            last_name: proved.last_name.clone(),
            phone: None,
            country: None,
            locale: None,
            attributes: Attributes::default(),
        },
    }
}
