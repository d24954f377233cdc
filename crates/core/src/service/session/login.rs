//! `login`: creates a session for an address and a password.

use super::{
    LoggedIn, Sessions, Tokens,
    open::Entry,
    prove::ProofResult,
    step::{FirstProof, SecondFactor, Step},
};
use crate::{
    account::{User, email::EmailAddress, password::Password},
    audit::Event,
    clock::Timestamp,
    error::{
        Error, Result,
        catalogue::{LOGIN_REFUSED, LOGIN_UNVERIFIED, PASSWORD_CHANGE_REQUIRED},
    },
    limit::LimitKind,
    link::{Challenge, Purpose},
    message::MessageKind,
    port::{AddressState, Op},
    seal::BlindIndex,
    service::{
        FieldErrors, RawField,
        kernel::{AddressMail, Challenged, Charge, HASHED_ATTEMPTS, HashPermit, retry},
    },
    session::device::{self, DeviceOwner, KnownDevice},
};

/// Credentials of a login as received.
#[derive(Debug)]
pub struct Credentials<'a> {
    /// Email address of the account.
    pub username: &'a RawField,
    pub password: &'a RawField,
    /// Device identifiers sent by the client. One may match a known device of the account.
    pub devices: &'a [RawField],
    pub second: SecondFactor<'a>,
}

impl Credentials<'_> {
    /// Returns whether one of the values has the format of a device.
    fn may_name_a_device(&self) -> bool {
        !self.device_texts().is_empty()
    }

    /// Returns the device identifiers that were sent.
    fn device_texts(&self) -> Vec<&str> {
        device::texts(self.devices.iter().filter_map(RawField::text))
    }
}

/// Result of a login.
#[derive(Debug)]
pub enum LoginOutcome {
    LoggedIn(LoggedIn),
    /// The password is correct and a second factor is required.
    Challenged(Challenged),
    /// The password is correct, but the address is not verified.
    Unverified,
    /// The password is correct but compromised. A password reset link is emailed.
    Compromised,
    /// The account does not exist, or the password is wrong.
    Wrong,
}

impl LoginOutcome {
    /// Returns the session, or the ticket for a second factor.
    ///
    /// # Errors
    /// Returns `Refused` if the credentials are wrong, and `Forbidden` if the address is not verified.
    pub fn into_result(self) -> Result<Entry> {
        match self {
            Self::LoggedIn(logged_in) => Ok(Entry::LoggedIn(logged_in)),
            Self::Challenged(challenged) => Ok(Entry::Challenged(challenged)),
            Self::Unverified => Err(LOGIN_UNVERIFIED.into()),
            Self::Compromised => Err(PASSWORD_CHANGE_REQUIRED.into()),
            Self::Wrong => Err(LOGIN_REFUSED.into()),
        }
    }
}

/// Login whose password may be checked.
struct Admitted<'a> {
    permit: HashPermit<'a>,
    /// State of the address.
    found: AddressState,
    device: Option<KnownDevice>,
    client: Charge,
}

/// Result of proving a password and creating a session.
enum Entered {
    Session(Tokens, DeviceOwner, KnownDevice),
    Challenged(Challenged),
    Unverified,
    Compromised(Box<User>),
    Wrong,
}

impl Sessions<'_> {
    /// Logs in. Hashes one password whether or not the address has a user, and two if it also has a registration.
    ///
    /// # Errors
    /// Returns `Invalid` if fields are missing, `Limited` after too many failed attempts, `Overloaded` if the hash
    /// queue is full, and `Unavailable` if the store fails.
    pub async fn login(&self, credentials: &Credentials<'_>) -> Result<LoginOutcome> {
        let mut errors = FieldErrors::default();
        let both = errors.text("username", credentials.username).zip(errors.text("password", credentials.password));
        let (username, password) = errors.finish(both)?;
        // The client is charged before anything is read, so that the duration of a rejection reveals nothing.
        let client = self.charge_client(LimitKind::Passwords, self.settings.limits.passwords_client).await;
        // A client beyond its limit is rejected, unless it may be a known device of the account.
        let client = if credentials.may_name_a_device() { client } else { Ok(client?) };
        let (Ok(email), Ok(password)) = (EmailAddress::parse(username), Password::parse(password)) else {
            return client.map(|_| LoginOutcome::Wrong);
        };
        let index = email.blind_index(&self.realm.keys);
        let Admitted { permit, found, device, client } = self.admit(client, index, &credentials.device_texts()).await?;
        let user = found.user.clone();
        let attempt = match self.begin_attempt(client, index, device.as_ref()).await {
            Ok(attempt) => attempt,
            Err(refused) => {
                self.note_limit_at(user.as_ref(), index).await?;
                return Err(refused);
            }
        };
        match self.enter(&permit, (index, found), (&password, credentials.second), device.as_ref()).await {
            Ok(Entered::Challenged(challenged)) => {
                self.refund_attempt(attempt).await;
                Ok(LoginOutcome::Challenged(challenged))
            }
            Ok(Entered::Session(tokens, owner, device)) => {
                self.refund_attempt(attempt).await;
                let device = device.expose(self.ctx, &self.realm.keys, owner);
                let device = device::joined(&device, credentials.device_texts().into_iter());
                Ok(LoginOutcome::LoggedIn(LoggedIn { tokens, device }))
            }
            Ok(Entered::Wrong) => {
                self.note_refusal(user.as_ref(), index, "wrong", attempt.failed(self.ctx)).await?;
                Ok(LoginOutcome::Wrong)
            }
            // The charge is not refunded: no session was created, and two passwords were hashed.
            Ok(Entered::Unverified) => {
                self.note_refusal(user.as_ref(), index, "unverified", None).await?;
                Ok(LoginOutcome::Unverified)
            }
            Ok(Entered::Compromised(user)) => {
                self.require_new_password(&user, &email).await?;
                self.note_refusal(Some(&*user), index, "compromised", None).await?;
                Ok(LoginOutcome::Compromised)
            }
            Err(error) => {
                self.refund_attempt(attempt).await;
                Err(error)
            }
        }
    }

    /// Rejects a passwordless login to an account secured by its owner or an administrator, in the same way as one
    /// with the password. Until the password is changed, other people may have access to the account.
    pub(super) async fn refuse_compromised(&self, user: &User) -> Result<Error> {
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let email = user.envelope.open_profile(&key)?.email;
        self.require_new_password(user, &email).await?;
        self.note_refusal(Some(user), user.index, "compromised", None).await?;
        Ok(PASSWORD_CHANGE_REQUIRED.into())
    }

    /// Emails a password reset link to the owner of a compromised password. Earlier links remain valid.
    async fn require_new_password(&self, user: &User, email: &EmailAddress) -> Result<()> {
        let ttl = self.realm.policy.reset_ttl;
        self.mail_to_address(AddressMail {
            email,
            kind: MessageKind::PasswordChangeRequired,
            challenge: Challenge::new(self.ctx, &self.realm.name, Purpose::Reset, &user.id, ttl),
            replaces: false,
            user: Some(user.clone()),
            event: Event::ResetRequested,
        })
        .await
    }

    /// Acquires a permit, then reads the state of the address, and recognises a known device. Known devices have
    /// their own limits, so their client is neither charged nor rejected.
    async fn admit(&self, client: Result<Charge>, index: BlindIndex, devices: &[&str]) -> Result<Admitted<'_>> {
        let read = async {
            let permit = self.hash_permit()?;
            Ok((permit, self.ports.store.at_address(&self.realm.name, index).await?))
        };
        let (permit, found) = match read.await {
            Ok(read) => read,
            Err(error) => {
                self.refund(client.unwrap_or_default()).await;
                return Err(error);
            }
        };
        let device = self.known_device(devices, index, &found);
        let client = if device.is_some() {
            self.refund(client.unwrap_or_default()).await;
            Charge::default()
        } else {
            client?
        };
        Ok(Admitted { permit, found, device, client })
    }

    /// Returns the known device among these values. For an address without a user, the work is the same and the
    /// result is `None`.
    fn known_device(&self, texts: &[&str], index: BlindIndex, found: &AddressState) -> Option<KnownDevice> {
        let decoy = DeviceOwner { account: index, password_set_at: Timestamp::default() };
        let owner = found.user.as_ref().map_or(decoy, DeviceOwner::from);
        let parse = |text: &&str| KnownDevice::parse(self.ctx, &self.realm.keys, owner, text);
        let device = texts.iter().find_map(parse);
        device.filter(|_| found.user.is_some())
    }

    /// Runs the three stages. Repeats them if the account changed in the meantime.
    async fn enter(
        &self,
        permit: &HashPermit<'_>,
        (index, found): (BlindIndex, AddressState),
        (password, second): (&Password, SecondFactor<'_>),
        known: Option<&KnownDevice>,
    ) -> Result<Entered> {
        let device = known.cloned().unwrap_or_else(|| KnownDevice::new(self.ctx));
        let device = &device;
        let mut found = Some(found);
        let stages = |_| {
            let found = found.take();
            async move {
                let found = match found {
                    Some(found) => found,
                    None => self.ports.store.at_address(&self.realm.name, index).await?,
                };
                let owner = match self.prove_password(permit, found, password).await? {
                    ProofResult::Proved(owner) => *owner,
                    ProofResult::Unverified => return Ok(Some(Entered::Unverified)),
                    ProofResult::Wrong => return Ok(Some(Entered::Wrong)),
                };
                if owner.user.compromised {
                    return Ok(Some(Entered::Compromised(Box::new(owner.user))));
                }
                let held = self.hold_user(permit, &owner, password).await?;
                match self.step(owner, FirstProof::PASSWORD, second, Some(device), known.is_some()).await? {
                    Step::Passed(passed) => {
                        let tokens = self.open(&passed, held, known.is_some()).await?;
                        let owner = DeviceOwner::from(&passed.owner.user);
                        Ok(tokens.map(|tokens| Entered::Session(tokens, owner, device.clone())))
                    }
                    Step::Challenged(challenged, ticket) => {
                        let batch = std::iter::once(held).chain(ticket).collect();
                        Ok(self.hand_out_ticket(challenged, batch).await?.map(Entered::Challenged))
                    }
                }
            }
        };
        retry(HASHED_ATTEMPTS, "the account kept changing during a login", stages).await
    }

    async fn note_refusal(
        &self,
        user: Option<&User>,
        index: BlindIndex,
        reason: &'static str,
        count: Option<Op>,
    ) -> Result<()> {
        tracing::info!(realm = %self.realm.name, reason, "login rejected");
        let audit = self.refused(self.audit(Event::LoginRefused).address(user, index).reason(reason));
        Ok(self.commit(count.into_iter().chain(audit).collect()).await?)
    }
}
