//! `create`: writes a registration, whoever may stand behind the address already.

use crate::{
    account::{
        Envelope, Profile, Registration,
        email::EmailAddress,
        password::{Password, PasswordHash},
    },
    audit::{AuditRow, Event},
    batch,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    id::UserId,
    limit::LimitKind,
    link::{Challenge, Purpose},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{AddressState, ChallengeOp, CommitError, Op, OutboxOp, Precondition, RegistrationOp, Replaces, UserOp},
    realm::Realm,
    service::{FieldErrors, RawField, Service, hashing::Turn, message},
};

/// What `create` takes.
#[derive(Debug, Clone, Default)]
pub struct CreateForm {
    /// RawField name.
    pub first_name: RawField,
    /// Family name.
    pub last_name: RawField,
    /// Address.
    pub email: RawField,
    /// Number in E.164.
    pub phone: RawField,
    /// ISO or dial code.
    pub country_code: RawField,
    /// The password.
    pub password: RawField,
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
/// So often is it tried in all.
const TRIES: usize = 10;

impl Service {
    /// Registers somebody: keeps what they told and mails the link that proves the address, or tells the owner of a taken
    /// address. The answer, and the work done for it, do not depend on whether the address has a user.
    ///
    /// # Errors
    /// Limited; invalid with every bad field; overloaded; unavailable; and a conflict where the operator lets taken addresses be
    /// told.
    pub async fn create(&self, ctx: &Ctx, realm: &Realm, form: &CreateForm) -> Result<Created> {
        let (profile, password) = self.check(form)?;
        let quota = self.rules.limits.mails_client;
        self.ask(ctx, LimitKind::Registrations, quota, self.register(ctx, realm, profile, &password)).await
    }

    async fn register(&self, ctx: &Ctx, realm: &Realm, profile: Profile, password: &Password) -> Result<Created> {
        let turn = self.turn(ctx)?;
        let hash = self.hash(ctx, &turn, password).await?;
        let mut draft = self.draft(ctx, realm, profile, &hash)?;
        for attempt in 0..TRIES {
            let AddressState { user: owner, registration: prior } =
                self.ports.store.at_address(&realm.name, draft.row.index).await?;
            if owner.is_some() && self.rules.reveal_taken {
                return Err(Error::new(ErrorKind::Conflict, "email.taken", "Email already exists"));
            }
            // Where too many come at once to compare with each, the owner of the address shall decide.
            let is_compared = attempt < COMPARISONS;
            let exactly = Replaces::Exactly(prior.as_ref().map(|prior| prior.id.clone()));
            let replaces = if is_compared { exactly } else { Replaces::Anything };
            let waiting = prior.filter(|prior| prior.is_pending(ctx.now));
            draft.row.contested = !is_compared || self.is_contested(&turn, realm, waiting.as_ref(), password).await?;
            if self.put(ctx, realm, &draft, waiting.map(|prior| prior.id), replaces, owner.is_some()).await? {
                return Ok(draft.told(realm));
            }
        }
        Err(Error::internal("the address kept changing hands"))
    }

    /// The registration as it will be written, unless it turns out to be contested.
    fn draft(&self, ctx: &Ctx, realm: &Realm, profile: Profile, hash: &PasswordHash) -> Result<Draft> {
        let id = UserId::random(ctx.random());
        let challenge = Challenge::new(ctx, &realm.name, Purpose::Registration, &id, self.rules.verification_lifetime);
        let row = Registration {
            realm: realm.name.clone(),
            envelope: Envelope::seal(ctx, &realm.keys, &id, &profile, hash)?,
            index: profile.email.blind_index(&realm.keys),
            id,
            contested: false,
            created_at: ctx.now,
            expires_at: ctx.now.plus(self.rules.registration_lifetime),
        };
        Ok(Draft { row, challenge, profile })
    }

    /// Reads all fields, or names every bad one.
    fn check(&self, form: &CreateForm) -> Result<(Profile, Password)> {
        let mut faults = FieldErrors::default();
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
        faults.finish(all)
    }

    /// Whether another password came for this address before: then only its owner can settle which one counts.
    async fn is_contested(
        &self,
        turn: &Turn<'_>,
        realm: &Realm,
        waiting: Option<&Registration>,
        password: &Password,
    ) -> Result<bool> {
        let Some(prior) = waiting else { return Ok(false) };
        let hash = prior.envelope.open_password(&prior.envelope.key(&realm.keys, &prior.id)?)?;
        let same = self.matches(turn, password, Some(&hash)).await?;
        Ok(prior.contested || !same)
    }

    /// Writes the registration over the one that was seen, with the mail that fits; `false` when the address is not as it was
    /// seen any more.
    ///
    /// Where the address has had too many mails, it is written without one, to be asked for later. The one that waits keeps
    /// its place then, since links to it are under way, but its password counts no more, if this is another: otherwise whoever
    /// has used up the mails of an address would have its owner prove theirs.
    async fn put(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        draft: &Draft,
        waiting: Option<UserId>,
        replaces: Replaces,
        is_taken: bool,
    ) -> Result<bool> {
        let Draft { row, challenge, .. } = draft;
        let as_seen: Op = UserOp::RequireAddress { realm: realm.name.clone(), index: row.index, is_taken }.into();
        let register: Op = RegistrationOp::Put { row: row.clone(), replaces }.into();
        let silent = match waiting {
            Some(id) => RegistrationOp::Contest {
                realm: realm.name.clone(),
                id,
                is_contested: row.contested,
                expires_at: row.expires_at,
            }
            .into(),
            None => register.clone(),
        };
        let silent = vec![as_seen.clone(), silent];
        let batch = batch![
            as_seen,
            register,
            ChallengeOp::Insert(challenge.clone()),
            OutboxOp::Enqueue(draft.announce(ctx, realm, is_taken)?),
            AuditRow::new(ctx, &realm.name, Event::Registered).user(&row.id).index(row.index),
        ];
        match self.commit_mail(ctx, realm, row.index, batch, silent).await {
            Err(CommitError::Failed(
                Precondition::RegistrationReplaced | Precondition::RegistrationThere | Precondition::AddressAsSeen,
            )) => Ok(false),
            done => Ok(done.map(|()| true)?),
        }
    }
}

/// A registration on its way into the store.
struct Draft {
    row: Registration,
    challenge: Challenge,
    profile: Profile,
}

impl Draft {
    /// The mail: a link for a free address, a word to the owner of a taken one.
    fn announce(&self, ctx: &Ctx, realm: &Realm, is_taken: bool) -> Result<OutboxRow> {
        if is_taken {
            // Whoever typed the name need not be the owner.
            let owner = Recipient { to: self.profile.email.as_str().to_owned(), name: String::new() };
            return message(ctx, realm, MessageKind::AlreadyRegistered, &owner, Some(self.challenge.id));
        }
        message(ctx, realm, MessageKind::VerifyEmail, &Recipient::of(&self.profile), Some(self.challenge.id))
    }

    fn told(self, realm: &Realm) -> Created {
        let contested = self.row.contested;
        tracing::info!(realm = %realm.name, user = %self.row.id, contested, "registered");
        Created { id: self.row.id, email: self.profile.email }
    }
}
