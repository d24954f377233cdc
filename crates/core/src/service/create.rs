//! `create`: writes a registration, whoever may stand behind the address already.

use crate::{
    audit::{AuditRow, Event},
    ctx::Ctx,
    email::EmailAddress,
    error::{Error, Kind, Result},
    id::UserId,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient},
    outbox::OutboxRow,
    password::Password,
    port::{CommitError, Op, Precondition, Replaces},
    realm::Realm,
    service::{Faults, Given, Service, message},
    user::{Profile, Registration, Vault},
};

/// What `create` takes.
#[derive(Debug, Clone, Default)]
pub struct CreateForm {
    /// Given name.
    pub first_name: Given,
    /// Family name.
    pub last_name: Given,
    /// Address.
    pub email: Given,
    /// Number in E.164.
    pub phone: Given,
    /// ISO or dial code.
    pub country_code: Given,
    /// The password.
    pub password: Given,
}

/// What `create` answers, the same whether or not the address was free.
#[derive(Debug, Clone)]
pub struct Created {
    /// Of the registration.
    pub id: UserId,
    /// In canonical form.
    pub email: EmailAddress,
}

/// With so many registrations that come at the same moment the new one is compared.
const COMPARISONS: usize = 3;

impl Service {
    /// Registers somebody: keeps what they told and mails the link that proves the address, or tells the owner of a taken
    /// address. The answer, and the work done for it, do not depend on whether the address has a user.
    ///
    /// # Errors
    /// Invalid with every bad field; overloaded; unavailable; and a conflict where the operator lets taken addresses be told.
    pub async fn create(&self, ctx: &Ctx, realm: &Realm, form: &CreateForm) -> Result<Created> {
        let (profile, password) = self.check(form)?;
        let hash = self.ports.hasher.hash(&password, ctx.bytes()).await?;
        let index = realm.keys.blind_index(&profile.email);
        let id = UserId::random(ctx.random());
        let challenge = Challenge::new(ctx, &realm.name, Purpose::Registration, &id, self.rules.verification_lifetime);
        let mut registration = Registration {
            realm: realm.name.clone(),
            vault: Vault::seal(ctx, &realm.keys, &id, &profile, &hash)?,
            id: id.clone(),
            index,
            contested: false,
            created_at: ctx.now,
            expires_at: ctx.now.plus(self.rules.registration_lifetime),
        };
        for _ in 0..COMPARISONS {
            let (owner, prior) = self.ports.store.by_index(&realm.name, index).await?;
            if owner.is_some() && self.rules.reveal_taken {
                return Err(Error::new(Kind::Conflict, "email.taken", "Email already exists"));
            }
            registration.contested = self.is_contested(ctx, realm, prior.as_ref(), &password).await?;
            let replaces = Replaces::Exactly(prior.map(|prior| prior.id));
            if self.put(ctx, realm, &registration, &challenge, replaces, owner.is_some(), &profile).await? {
                return Ok(told(realm, &registration, profile));
            }
        }
        // Too many came at once to compare with each: then the owner of the address shall decide.
        registration.contested = true;
        let owner = self.ports.store.by_index(&realm.name, index).await?.0;
        let is_put =
            self.put(ctx, realm, &registration, &challenge, Replaces::Anything, owner.is_some(), &profile).await?;
        if is_put {
            Ok(told(realm, &registration, profile))
        } else {
            Err(Error::internal("the address kept changing hands"))
        }
    }

    /// Reads all fields, or names every bad one.
    fn check(&self, form: &CreateForm) -> Result<(Profile, Password)> {
        let mut faults = Faults::default();
        let first_name = faults.name("first_name", &form.first_name);
        let last_name = faults.name("last_name", &form.last_name);
        let email = faults.email("email", &form.email);
        let phone = faults.phone("phone", &form.phone);
        let country = faults.country("country_code", &form.country_code);
        let context: Vec<&str> =
            [&form.first_name, &form.last_name, &form.email].iter().filter_map(|given| given.text()).collect();
        let password = faults.password("password", &form.password, &self.rules.password, &context);
        let all = (|| {
            let profile = Profile {
                first_name: first_name?,
                last_name: last_name?,
                email: email?,
                phone: phone?,
                country: country?,
            };
            Some((profile, password?))
        })();
        faults.unless_any(all)
    }

    /// Whether another password came for this address before: then only its owner can settle which one counts.
    async fn is_contested(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        prior: Option<&Registration>,
        password: &Password,
    ) -> Result<bool> {
        let Some(prior) = prior.filter(|prior| prior.expires_at > ctx.now) else {
            return Ok(false);
        };
        let hash = prior.vault.open_password(&prior.vault.key(&realm.keys, &prior.id)?)?;
        let same = self.ports.hasher.verify(password, Some(&hash)).await?;
        Ok(prior.contested || !same)
    }

    /// The mail: a link for a free address, a word to the owner of a taken one.
    fn announce(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        is_taken: bool,
        profile: &Profile,
        challenge: &Challenge,
    ) -> Result<OutboxRow> {
        if is_taken {
            // Whoever typed the name need not be the owner.
            let owner = Recipient { to: profile.email.as_str().to_owned(), name: String::new() };
            return message(ctx, realm, MessageKind::AlreadyRegistered, &owner, Some(challenge.id));
        }
        message(ctx, realm, MessageKind::VerifyEmail, &Recipient::of(profile), Some(challenge.id))
    }

    /// Writes the registration over the one that was seen, with the mail that fits; `false` when the address is not as it was
    /// seen any more.
    #[allow(clippy::too_many_arguments, reason = "all of what one registration is made of, in one place")]
    async fn put(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        row: &Registration,
        challenge: &Challenge,
        replaces: Replaces,
        is_taken: bool,
        profile: &Profile,
    ) -> Result<bool> {
        let batch = vec![
            Op::RequireAddress { realm: realm.name.clone(), index: row.index, is_taken },
            Op::PutRegistration { row: row.clone(), replaces },
            Op::InsertChallenge(challenge.clone()),
            Op::Enqueue(self.announce(ctx, realm, is_taken, profile, challenge)?),
            Op::Audit(AuditRow::new(ctx, &realm.name, Event::Registered).user(&row.id).index(row.index)),
        ];
        match self.commit(batch).await {
            Err(CommitError::Failed(Precondition::RegistrationReplaced | Precondition::AddressAsSeen)) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }
}

fn told(realm: &Realm, registration: &Registration, profile: Profile) -> Created {
    let contested = registration.contested;
    tracing::info!(realm = %realm.name, user = %registration.id, contested, "registered");
    Created { id: registration.id.clone(), email: profile.email }
}
