//! Operations of the domain. Each performs a request in one commit.
//!
//! A request opens a [`Scope`] of its realm and calls an operation of an area: `scope.accounts().create(&form)`.

mod account;
mod admin;
mod audit;
mod delivery;
mod factor;
mod federation;
mod kernel;
mod keys;
mod oauth;
mod session;
mod upkeep;

pub use account::{
    Accounts, CreateForm, Created, Expected, Export, ExportedChange, OpenedLink, ProfilePatch, SigninCodeRequest, Undo,
    Undoable, Verified,
};
pub use admin::{
    Administered, Administration, ClientFields, Explained, ExportForm, ExportPage, ExportedLine, Impersonated,
    ListedAdmin, ListedAdminKey, ListedAdminKeys, ListedAdmins, ListedBlocks, ListedClients, ListedMessage,
    ListedMessages, ListedStats, ListedTrail, ListedUser, ListedUsers, LockSheet, NewAdminKey, NewUser, OutboxFilters,
    PasswordSheet, RealmStatus, SignInStep, SignedIn, StatsFilters, TrailFilters, TrailRow, UserFilters, UserPatch,
    UserSheet, WrongPasswords,
};
pub use audit::{AuditTrail, ListedEvents};
pub use delivery::{Deliveries, DeliveryResult};
pub use factor::{
    AddedPasskey, AddedSms, Confirmed, CreationOffer, EnrolmentOffer, Enrols, FactorStatus, ListedRecoveryCodes,
    SecondFactors, Switched, passkeys_of_other_domains,
};
pub use federation::{
    Begun, Callback, Completing, CompletionFields, CompletionForm, Exchange, Federation, OpenFlow, Question, Returned,
};
pub use kernel::{
    AcceptedCredentials, AdminSettings, Administrator, ApiClient, AuthenticatedClient, Challenged, FactorChallenge,
    FieldErrors, FreshOwner, Introspector, KeyRotation, ListedGrant, NamedCredential, NamedField, Owner, Permit, Ports,
    RawField, RawJson, Realms, RefusedRequest, RenewedCookie, Scope, SealedCount, Sealing, Settings, SigningKeyStatus,
    Viewer,
};
pub use keys::{OpenRealmsError, check_encryption_keys, reseal_signing_keys};
pub use oauth::{
    Authorized, ClientAnswer, ClientTokens, CodeForm, ConsentSheet, Decision, IdToken, LiveToken, OAuth,
    PresentedClient, Returning, SignedOut, TokenKind, UserInfo,
};
pub use session::{
    Completed, Completion, Credentials, Entry, FactorRequest, ListedSessions, LoggedIn, LoginOutcome, PasskeyOutcome,
    PasskeyRequest, SecondFactor, Sessions, SigninLink, StepUp, Stepped, SteppedUp, Tokens,
};
pub use upkeep::Upkeep;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use kernel::Kernel;

use crate::{
    clock::Clock,
    ctx::Ctx,
    error::Result,
    id::RealmName,
    limit::Usage,
    oauth::{ClientId, RegisteredClient},
    realm::Realm,
    token::{AccessTokens, Algorithm, Jwk},
};

/// Operations of the domain, with the ports they use.
pub struct Service(Kernel);

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Service").field(&self.0).finish()
    }
}

impl Service {
    /// Creates the service. `wake` is called when a message is enqueued.
    #[must_use]
    pub fn new(
        ports: Ports,
        settings: Settings,
        tokens: AccessTokens,
        key_rotation: KeyRotation,
        realms: Realms,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self(Kernel::new(ports, settings, tokens, key_rotation, realms, wake))
    }

    /// Returns the realm with this name.
    #[must_use]
    pub fn realm(&self, name: &str) -> Option<&Arc<Realm>> {
        self.0.realms.get(name)
    }

    /// Returns the administrators' realm for pages opened by emailed links. The realm has no other pages.
    #[must_use]
    pub fn realm_of_link(&self, name: &str, page: &str) -> Option<&Arc<Realm>> {
        const PAGES: [&str; 3] = ["reset_password_form", "reset_password", "undo"];
        self.0.realms.admin().ok().filter(|realm| realm.name.as_str() == name && PAGES.contains(&page))
    }

    /// Returns the names of all open realms.
    pub fn realm_names(&self) -> impl Iterator<Item = &RealmName> {
        self.0.realms.names()
    }

    /// Opens the scope of a request in a realm. `usage` collects the quotas used by the request.
    #[must_use]
    pub const fn scope<'a>(&'a self, ctx: &'a Ctx, realm: &'a Realm, usage: &'a Usage) -> Scope<'a> {
        Scope::new(&self.0, ctx, realm, usage)
    }

    /// Returns the operations of the delivery workers.
    #[must_use]
    pub const fn deliveries<'a>(&'a self, ctx: &'a Ctx, clock: &'a dyn Clock) -> Deliveries<'a> {
        Deliveries::new(&self.0, ctx, clock)
    }

    /// Returns the operations of the worker that seals the audit trail.
    #[must_use]
    pub const fn sealing<'a>(&'a self, ctx: &'a Ctx) -> Sealing<'a> {
        Sealing::new(&self.0, ctx)
    }

    /// Returns the operations of the maintenance worker.
    #[must_use]
    pub const fn upkeep(&self) -> Upkeep<'_> {
        Upkeep::new(&self.0)
    }

    /// Loads the signing keys from the store, generates one if it is due, and removes those that no valid token
    /// needs.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub async fn refresh_signing_keys(&self, ctx: &Ctx) -> Result<()> {
        keys::refresh(&self.0, ctx).await
    }

    /// Loads the signing keys from the store without changing them, for a process that is not a server.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub async fn load_signing_keys(&self, ctx: &Ctx) -> Result<()> {
        keys::load(&self.0, ctx).await
    }

    /// Reloads the signing keys if another process has changed them.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub async fn follow_signing_keys(&self, ctx: &Ctx) -> Result<()> {
        let has_changed = self.0.keys_changed.swap(false, Ordering::Relaxed);
        if has_changed { keys::refresh(&self.0, ctx).await } else { Ok(()) }
    }

    /// Loads or generates the key that signs a client's tokens if this process does not have it yet.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be decrypted.
    pub async fn load_key_of(&self, ctx: &Ctx, realm: &Realm, client: &RegisteredClient) -> Result<()> {
        let algorithm = realm.policy.openid.algorithm_of(client);
        if self.0.tokens.keys.signs_for_clients(algorithm) { Ok(()) } else { keys::refresh(&self.0, ctx).await }
    }

    /// Returns the signature algorithms of a realm's clients. Empty if OpenID Connect is off.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a client cannot be decrypted.
    pub async fn algorithms_of_clients(&self, realm: &Realm) -> Result<Vec<Algorithm>> {
        let clients = self.0.clients_of(realm).await?;
        let has = |algorithm| clients.iter().any(|client| realm.policy.openid.algorithm_of(client) == algorithm);
        Ok([Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa].into_iter().filter(|one| has(*one)).collect())
    }

    /// Returns a third-party client in a realm that only allows first-party clients.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a client cannot be decrypted.
    pub async fn client_without_audience(&self) -> Result<Option<ClientId>> {
        for realm in self.0.realms.all().filter(|realm| realm.policy.openid.first_party_only) {
            let clients = self.0.clients_of(realm).await?;
            if let Some(client) = clients.into_iter().find(|client| !client.first_party) {
                return Ok(Some(client.id));
            }
        }
        Ok(None)
    }

    /// Returns the issuer of the access tokens of a realm.
    #[must_use]
    pub fn issuer(&self, realm: &RealmName) -> String {
        self.0.tokens.issuer(realm)
    }

    /// Returns the public keys of all keys that may have signed a valid token. Shared secrets have no public key.
    #[must_use]
    pub fn public_keys(&self) -> Vec<Jwk> {
        self.0.tokens.keys.public()
    }
}
