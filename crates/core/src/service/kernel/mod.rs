//! Shared parts of all areas: ports, settings, commits, limits, links and messages.

mod accounts;
mod addresses;
mod admin_grants;
mod administrator;
mod audit;
mod audit_keys;
mod authority;
mod browser_sessions;
mod client_sessions;
mod clients;
mod commit;
mod copies;
mod current_password;
mod factor_changes;
mod factor_sms;
mod factor_tries;
mod factors;
mod fields;
mod hashing;
mod identities;
mod impersonation;
mod known_devices;
mod limits;
mod links;
mod listings;
mod outbox;
mod passkeys;
mod pauses;
mod realms;
mod refusals;
mod registering;
mod repetitions;
mod retry;
mod scope;
mod sms_limits;
mod sms_stops;
mod successions;
mod tickets;
mod viewer;

pub use administrator::{Administrator, Permit};
pub use authority::{ApiClient, AuthenticatedClient, FreshOwner, Introspector, Owner};
pub use browser_sessions::RenewedCookie;

pub(super) use authority::Authentication;
pub use fields::{FieldErrors, NamedField, RawField, RawJson};
pub use passkeys::{AcceptedCredentials, NamedCredential};
pub use realms::Realms;
pub use refusals::RefusedRequest;
pub use scope::Scope;
pub use tickets::{Challenged, FactorChallenge};
pub use viewer::Viewer;

pub(super) use admin_grants::GrantsRead;
pub(super) use administrator::Identity;
pub(super) use audit::AuditDraft;
pub(super) use current_password::Reauthenticated;
pub(super) use factor_changes::FactorChange;
pub(super) use factors::UsedFactor;
pub(super) use hashing::HashPermit;
pub(super) use limits::Charge;
pub(super) use listings::SessionPlace;
pub(super) use outbox::AddressMail;
pub(super) use passkeys::FoundPasskey;
pub(super) use pauses::ChannelPauses;
pub(super) use registering::{Placement, RegistrationDraft};
pub(super) use repetitions::Repetitions;
pub(super) use retry::{ATTEMPTS, HASHED_ATTEMPTS, retry};
pub(super) use scope::Opens;
pub(super) use sms_stops::SmsStops;
pub(super) use tickets::OpenTicket;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use copies::Copies;

use crate::{
    audit::Retention,
    clock::Timestamp,
    factor::passkey::RelyingParty,
    federation::KnownProviders,
    id::NodeId,
    limit::{InFlight, Limits},
    oauth::ApiClients,
    port::{
        AccountCache, Counters, Fetch, MailSender, Mailbox, PasswordHasher, Render, SessionCache, SharedCache,
        SmsSender, Store,
    },
    seal::EncryptionKey,
    token::{AccessTokens, Algorithm},
};

/// Implementations of the ports.
#[derive(Debug, Clone)]
pub struct Ports {
    pub store: Arc<dyn Store>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub sessions: Arc<dyn SessionCache>,
    pub accounts: Arc<dyn AccountCache>,
    pub counters: Arc<dyn Counters>,
    /// Cache shared by all processes, if one is configured.
    pub shared: Option<Arc<dyn SharedCache>>,
    pub mailer: Arc<dyn MailSender>,
    /// Sender of SMS, if one is configured.
    pub sms: Option<Arc<dyn SmsSender>>,
    pub render: Arc<dyn Render>,
    /// Requests to other providers.
    pub fetch: Arc<dyn Fetch>,
    /// Mailbox of a development server, which also shows the messages that a limit withheld.
    pub mailbox: Option<Arc<dyn Mailbox>>,
}

/// Settings of the whole server. Settings of a realm are in [`RealmPolicy`](crate::realm::RealmPolicy).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name of the application, which authenticator apps show.
    pub app_name: String,
    /// Name of this process in the audit trail, which it chooses at its start.
    pub node: NodeId,
    /// Base URL of links in mails, without a slash at the end.
    pub public_url: String,
    /// ISO codes of the countries to which SMS may be sent; `None` allows all.
    pub sms_countries: Option<Vec<String>>,
    /// Whether `create` reveals that an address is taken.
    pub reveal_taken: bool,
    pub limits: Limits,
    pub admin: AdminSettings,
    pub audit: Retention,
    /// The server as the party that passkeys are made for; `None` if there can be none.
    pub passkeys: Option<RelyingParty>,
    /// Services that may introspect tokens.
    pub api_clients: ApiClients,
    /// Maximum random delay before a message is sent; the minimum is a sixth of it.
    pub message_delay: Duration,
}

/// Settings of administration.
#[derive(Debug, Clone, Copy)]
pub struct AdminSettings {
    /// Whether an administrator without a second factor can only add one.
    pub requires_mfa: bool,
    /// Whether users are notified when an administrator begins to impersonate them.
    pub notifies: bool,
}

/// Rotation of the signing keys that the server makes.
#[derive(Debug)]
pub struct KeyRotation {
    /// Algorithm of the server's own access tokens; `None` if a shared secret signs them.
    pub own: Option<Algorithm>,
    /// Time for which a key signs.
    pub rotation: Duration,
    /// Keys that seal signing keys in the store. The first seals, all open.
    pub sealed_by: Vec<EncryptionKey>,
}

/// What administrators see of a signing key.
#[derive(Debug)]
pub struct SigningKeyStatus {
    pub kid: String,
    pub algorithm: Algorithm,
    pub created_at: Timestamp,
    /// Time from which it signs, or has signed.
    pub signs_from: Timestamp,
    /// `published`, `signing` or `retired`.
    pub state: &'static str,
}

/// Shared state of all operations.
pub struct Kernel {
    pub(super) ports: Ports,
    pub(super) settings: Settings,
    pub(super) tokens: AccessTokens,
    /// Rotation of the signing keys that the server generates.
    pub(super) key_rotation: KeyRotation,
    pub(super) realms: Realms,
    pub(super) in_flight: InFlight,
    pub(super) pauses: ChannelPauses,
    pub(super) sms_stops: SmsStops,
    pub(super) repetitions: Repetitions,
    pub(super) copies: Copies,
    pub(super) providers: KnownProviders,
    /// Whether the last write of the server's own line has succeeded.
    pub(super) is_writable: AtomicBool,
    /// Whether signing keys in the store have changed since they were loaded.
    pub(super) keys_changed: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel").field("realms", &self.realms).finish_non_exhaustive()
    }
}

impl Kernel {
    pub(super) fn new(
        ports: Ports,
        settings: Settings,
        tokens: AccessTokens,
        key_rotation: KeyRotation,
        realms: Realms,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            ports,
            settings,
            tokens,
            key_rotation,
            realms,
            in_flight: InFlight::default(),
            pauses: ChannelPauses::default(),
            sms_stops: SmsStops::default(),
            repetitions: Repetitions::default(),
            copies: Copies::default(),
            providers: KnownProviders::default(),
            is_writable: AtomicBool::new(true),
            keys_changed: AtomicBool::new(false),
            wake: Box::new(wake),
        }
    }
}
