//! The verbs: what a caller may ask for. Each is one straight walk from what was given to one commit.

mod authenticate;
mod create;
mod delete;
mod deliver;
mod deliver_sms;
mod disown;
mod form;
mod hashing;
mod housekeeping;
mod limits;
mod login;
mod logout;
mod phone;
mod realms;
mod recover;
mod resend;
mod session;
mod settle;
mod signing_keys;
mod sms_limits;
mod verify;

pub use authenticate::Principal;
pub use create::{CreateForm, Created};
pub use deliver::Delivery;
pub use form::{FieldErrors, RawField};
pub use login::LoggedIn;
pub use realms::{OpenRealmsError, Realms};
pub use session::Tokens;
pub use signing_keys::{OwnKeys, reseal_signing_keys};
pub use verify::Verified;

use std::{fmt, sync::Arc, time::Duration};

use crate::{
    account::password::Policy,
    ctx::Ctx,
    error::{Error, ErrorKind, Result},
    id::{ChallengeId, OutboxId, RealmName},
    limit::{InFlight, Limits},
    link::{Challenge, HAND_OVER_WITHIN, LinkAction, LinkToken},
    message::{MessageKind, Recipient, outbox::OutboxRow},
    port::{
        AccountCache, Batch, CommitError, Counters, Effect, HashError, MailSender, Op, PasswordHasher, Render,
        SessionCache, SmsSender, Store, StoreError,
    },
    realm::Realm,
    token::AccessTokens,
};

/// When something we depend on is away, it is worth another try after this.
const COME_BACK: Duration = Duration::from_secs(2);

/// The filled sockets.
#[derive(Debug, Clone)]
pub struct Ports {
    /// The truth.
    pub store: Arc<dyn Store>,
    /// Slow hashes.
    pub hasher: Arc<dyn PasswordHasher>,
    /// What is known of ended sessions.
    pub sessions: Arc<dyn SessionCache>,
    /// Accounts read lately.
    pub accounts: Arc<dyn AccountCache>,
    /// What clients have done lately.
    pub counters: Arc<dyn Counters>,
    /// The way out for mails.
    pub mailer: Arc<dyn MailSender>,
    /// The way out for short messages, where there is one.
    pub sms: Option<Arc<dyn SmsSender>>,
    /// The words of mails.
    pub render: Arc<dyn Render>,
}

/// What the operator has decided.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What links in mails start with; no slash at the end.
    pub public_url: String,
    /// Which passwords may be chosen.
    pub password: Policy,
    /// How long a registration waits to be verified.
    pub registration_lifetime: Duration,
    /// How long a verification link lives after its mail was handed over.
    pub verification_lifetime: Duration,
    /// How long a reset link lives after its mail was handed over.
    pub reset_lifetime: Duration,
    /// How long a code by SMS lives.
    pub code_lifetime: Duration,
    /// The countries (ISO codes) to which codes may go; `None` for all.
    pub sms_countries: Option<Vec<String>>,
    /// How long a refresh token may lie unused.
    pub refresh_lifetime: Duration,
    /// How long after a login an account may still be deleted.
    pub delete_max_auth_age: Duration,
    /// How long a session lasts at the most.
    pub session_lifetime: Duration,
    /// Whether `create` may say that an address is taken.
    pub reveal_taken: bool,
    /// How often things may be done.
    pub limits: Limits,
}

/// The verbs, over filled sockets.
pub struct Service {
    ports: Ports,
    rules: Rules,
    tokens: AccessTokens,
    /// How signing keys are made, where they are our own.
    own_keys: Option<OwnKeys>,
    realms: Realms,
    in_flight: InFlight,
    /// Called when something new waits in the outbox.
    wake: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("realms", &self.realms).finish_non_exhaustive()
    }
}

impl Service {
    /// Joins everything; `wake` is called when something new waits in the outbox.
    #[must_use]
    pub fn new(
        ports: Ports,
        rules: Rules,
        tokens: AccessTokens,
        own_keys: Option<OwnKeys>,
        realms: Realms,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self { ports, rules, tokens, own_keys, realms, in_flight: InFlight::default(), wake: Box::new(wake) }
    }

    /// The realm of this name.
    #[must_use]
    pub fn realm(&self, name: &str) -> Option<&Arc<Realm>> {
        self.realms.get(name)
    }

    /// The names of all realms that are open.
    pub fn realm_names(&self) -> impl Iterator<Item = &RealmName> {
        self.realms.names()
    }

    /// Commits a batch, then applies its effects to the caches and workers of this process.
    async fn commit(&self, batch: Batch) -> Result<(), CommitError> {
        let effects: Vec<Effect> = batch.iter().flat_map(Op::effects).collect();
        self.ports.store.commit(batch).await?;
        for effect in effects {
            match effect {
                Effect::SessionEnded(ended) => self.ports.sessions.revoke(&[ended]),
                Effect::UserChanged { realm, user } => {
                    self.ports.sessions.invalidate_user(&realm, &user);
                    self.ports.accounts.invalidate(&realm, &user);
                }
                Effect::MessageEnqueued => (self.wake)(),
            }
        }
        Ok(())
    }

    /// The full URL of a page of a realm, with a token.
    fn link(&self, realm: &RealmName, page: &str, token: &LinkToken) -> String {
        format!("{}/{realm}/{page}?token={}", self.rules.public_url, token.expose())
    }

    /// The URL under which the form of a contested registration is sent.
    #[must_use]
    pub fn claim_url(&self, realm: &Realm, token: &LinkToken) -> String {
        self.link(&realm.name, "reset_password", token)
    }

    /// The URL of a mail that opens this page and does this.
    fn mailed_url(&self, realm: &Realm, page: &str, act: LinkAction, challenge: &Challenge) -> String {
        self.link(&realm.name, page, &LinkToken::derive(&realm.keys, act, challenge))
    }
}

/// A message for the outbox, due at once.
fn message(
    ctx: &Ctx,
    realm: &Realm,
    kind: MessageKind,
    to: &Recipient,
    challenge: Option<ChallengeId>,
) -> Result<OutboxRow> {
    let id = OutboxId::random(ctx.random());
    let plain = serde_json::to_vec(to).map_err(Error::internal)?;
    Ok(OutboxRow {
        recipient: realm.keys.seal_outbox(ctx, id.as_str(), &plain),
        id,
        realm: realm.name.clone(),
        kind,
        challenge,
        created_at: ctx.now,
        due_at: ctx.now,
        give_up_at: ctx.now.plus(HAND_OVER_WITHIN),
        attempts: 0,
    })
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                Self::new(ErrorKind::Unavailable(COME_BACK), "unavailable", "The service is not available for now.")
                    .because(error)
            }
            StoreError::Broken(_) => Self::internal(error),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            CommitError::Failed(_) => Self::internal(error),
        }
    }
}

impl From<HashError> for Error {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Overloaded => {
                Self::new(ErrorKind::Overloaded(COME_BACK), "overloaded", "Too much to do for now; please try again.")
                    .because(error)
            }
            HashError::Failed(_) => Self::internal(error),
        }
    }
}
