//! `login`: address and password for a session.

use crate::{
    account::{
        Registration, User,
        email::EmailAddress,
        password::{Password, PasswordHash},
    },
    audit::{AuditRow, Event},
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    limit::LimitKind,
    port::{AddressState, CommitError, Op, Precondition, SessionOp, UserOp},
    realm::Realm,
    seal::{BlindIndex, DataKey},
    service::{FieldErrors, RawField, Service, Tokens, hashing::Turn},
    session::{
        Amr,
        device::{DeviceOwner, KnownDevice},
    },
};

/// So often is a login tried anew when the account changes under it.
const TRIES: usize = 3;

fn refused() -> Error {
    Error::new(ErrorKind::Refused, "login.refused", "Invalid email or password")
}

/// A user with what only a login needs.
struct Unlocked {
    user: User,
    key: DataKey,
    hash: PasswordHash,
}

/// Who has the address.
type Seen = AddressState;

/// What the password turned out to be.
enum Verdict {
    Owner(Box<Unlocked>),
    Unverified,
    Wrong,
}

/// What a login gives.
#[derive(Debug)]
pub struct LoggedIn {
    /// For the session.
    pub tokens: Tokens,
    /// Names the device the next time.
    pub device: String,
}

impl Service {
    /// Logs somebody in, by a device that they have logged in from before, if any of these is one. One password is hashed
    /// whether or not the address has a user; where it has a registration, two.
    ///
    /// # Errors
    /// Invalid for missing fields; refused, without saying why; forbidden for the right password of an address that is not
    /// yet proved; limited, after too many wrong ones; overloaded; unavailable.
    pub async fn login(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        username: &RawField,
        password: &RawField,
        devices: &[RawField],
    ) -> Result<LoggedIn> {
        let mut faults = FieldErrors::default();
        let both = faults.text("username", username).zip(faults.text("password", password));
        let (username, password) = faults.finish(both)?;
        // First of all: beyond it nothing is looked at, so that nothing can be told by how long that takes.
        let client = self.client_may(ctx, LimitKind::Passwords, self.rules.limits.passwords_client).await?;
        let (Ok(email), Ok(password)) = (EmailAddress::parse(username), Password::parse(password)) else {
            return Err(refused());
        };
        let index = email.blind_index(&realm.keys);
        let (turn, seen) = match self.admit(ctx, realm, index).await {
            Ok(admitted) => admitted,
            Err(error) => {
                self.give_back(client).await;
                return Err(error);
            }
        };
        // Nobody's devices are looked at like anybody's.
        let nobody = DeviceOwner { account: index, password_set_at: Timestamp::default() };
        let holder = seen.user.as_ref().map_or(nobody, DeviceOwner::from);
        let device = devices.iter().find_map(|device| KnownDevice::parse(ctx, &realm.keys, holder, device.text()?));
        let device = device.filter(|_| seen.user.is_some());
        let attempt = self.try_password(ctx, realm, client, index, device.as_ref()).await?;
        let (tokens, holder) = match self.enter(ctx, realm, index, (&turn, seen), &password).await {
            Ok(entered) => entered,
            Err(error) if error.kind() == ErrorKind::Refused => {
                self.note_refusal(ctx, realm, index, "wrong", attempt.failed(ctx)).await?;
                return Err(error);
            }
            // The right password of an address that is not proved opens nothing, and costs two hashes.
            Err(error) if error.kind() == ErrorKind::Forbidden => return Err(error),
            Err(error) => {
                self.forgive(attempt).await;
                return Err(error);
            }
        };
        self.forgive(attempt).await;
        let device = device.unwrap_or_else(|| KnownDevice::new(ctx)).expose(ctx, &realm.keys, holder);
        Ok(LoggedIn { tokens, device })
    }

    /// Sees who has the address, once the client may have a password hashed.
    async fn admit(&self, ctx: &Ctx, realm: &Realm, index: BlindIndex) -> Result<(Turn<'_>, Seen)> {
        let turn = self.turn(ctx)?;
        Ok((turn, self.ports.store.at_address(&realm.name, index).await?))
    }

    /// Opens a session for the owner of the password.
    async fn enter(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        index: BlindIndex,
        (turn, mut seen): (&Turn<'_>, Seen),
        password: &Password,
    ) -> Result<(Tokens, DeviceOwner)> {
        for _ in 0..TRIES {
            match self.judge(ctx, realm, (turn, seen), password).await? {
                Verdict::Owner(owner) => {
                    let holder = DeviceOwner::from(&owner.user);
                    if let Some(tokens) = self.open_session(ctx, realm, turn, *owner, password).await? {
                        return Ok((tokens, holder));
                    }
                }
                Verdict::Unverified => {
                    self.note_refusal(ctx, realm, index, "unverified", None).await?;
                    return Err(Error::new(ErrorKind::Forbidden, "login.unverified", "Email not verified"));
                }
                Verdict::Wrong => return Err(refused()),
            }
            seen = self.ports.store.at_address(&realm.name, index).await?;
        }
        Err(Error::internal("the account kept changing during a login"))
    }

    async fn judge(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        (turn, Seen { user, registration }): (&Turn<'_>, Seen),
        password: &Password,
    ) -> Result<Verdict> {
        let owner = match user {
            Some(user) => Some(Unlocked::open(realm, user)?),
            None => {
                let nobody = &realm.nobody;
                nobody.envelope.open_password(&nobody.envelope.key(&realm.keys, &nobody.id)?)?;
                None
            }
        };
        let of_owner = self.matches(turn, password, owner.as_ref().map(|owner| &owner.hash)).await?;
        let of_registration = match registration.filter(|registration| registration.is_pending(ctx.now)) {
            Some(registration) => self.is_of(turn, realm, &registration, password).await?,
            None => false,
        };
        Ok(match owner {
            Some(owner) if of_owner => Verdict::Owner(Box::new(owner)),
            _ if of_registration => Verdict::Unverified,
            _ => Verdict::Wrong,
        })
    }

    async fn is_of(
        &self,
        turn: &Turn<'_>,
        realm: &Realm,
        registration: &Registration,
        password: &Password,
    ) -> Result<bool> {
        let key = registration.envelope.key(&realm.keys, &registration.id)?;
        self.matches(turn, password, Some(&registration.envelope.open_password(&key)?)).await
    }

    /// Commits the session, and a stronger hash if the settings have risen. `None` when the account has changed since the
    /// password was checked: a login by an old password must not outlive its change.
    async fn open_session(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        turn: &Turn<'_>,
        owner: Unlocked,
        password: &Password,
    ) -> Result<Option<Tokens>> {
        let profile = owner.user.envelope.open_profile(&owner.key)?;
        let (session, tokens) = self.begin_session(ctx, realm, &owner.user.id, &owner.key, &profile, Amr::Password)?;
        let id = session.id.clone();
        let audit = AuditRow::new(ctx, &realm.name, Event::LoggedIn).user(&owner.user.id);
        let same_user = self.same_user(ctx, turn, owner, password).await?;
        match self.commit(batch![same_user, SessionOp::Insert(session), audit]).await {
            Ok(()) => {
                tracing::info!(realm = %realm.name, session = %id, "logged in");
                Ok(Some(tokens))
            }
            Err(CommitError::Failed(Precondition::UserRevision)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Holds the user at the revision that was checked, or moves them on with a hash at today's settings.
    async fn same_user(&self, ctx: &Ctx, turn: &Turn<'_>, owner: Unlocked, password: &Password) -> Result<Op> {
        let Unlocked { user, key, hash } = owner;
        if !self.ports.hasher.is_outdated(&hash) {
            return Ok(UserOp::Require { realm: user.realm, id: user.id, revision: user.revision }.into());
        }
        let stronger = self.hash(ctx, turn, password).await?;
        let envelope = user.envelope.with_password(ctx, &key, &stronger);
        Ok(UserOp::Update(User { envelope, revision: user.revision + 1, ..user }).into())
    }

    async fn note_refusal(
        &self,
        ctx: &Ctx,
        realm: &Realm,
        index: BlindIndex,
        reason: &'static str,
        count: Option<Op>,
    ) -> Result<()> {
        tracing::info!(realm = %realm.name, reason, "login refused");
        let row = AuditRow::new(ctx, &realm.name, Event::LoginRefused).index(index).reason(reason);
        Ok(self.commit(count.into_iter().chain(batch![row]).collect()).await?)
    }
}

impl Unlocked {
    fn open(realm: &Realm, user: User) -> Result<Self> {
        let key = user.envelope.key(&realm.keys, &user.id)?;
        let hash = user.envelope.open_password(&key)?;
        Ok(Self { user, key, hash })
    }
}
