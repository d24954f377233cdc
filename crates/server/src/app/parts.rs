//! Converts the settings for each part of the application: listener, services, realms, workers, pages.

use std::{sync::Arc, time::Duration};

use portcullis_core::{
    account::password::Policy,
    audit::Retention,
    clock::Clock,
    factor::{Method, MfaPolicy},
    id::{NodeId, RealmName},
    random::Random,
    realm::{OpenId, RealmPolicy, Signup},
    service::{AdminSettings, Service, Settings},
    token::Algorithm,
};

use super::backends;
use crate::{
    config::{self, Config, Enumeration, Environment, IdTokenAlgorithm, MailTransport, Signing},
    http::{AdminAccess, RequestBounds, ServerInfo},
    listen::{ConnectionLimiter, Timeouts},
    worker::{Identity, Wakeups, Worker},
};

pub(super) fn connection_limiter(config: &Config) -> Arc<ConnectionLimiter> {
    let http = &config.http;
    ConnectionLimiter::new(http.max_connections, http.max_connections_client, http.trusted_proxies.clone())
}

pub(super) fn timeouts(config: &Config) -> Timeouts {
    let http = &config.http;
    Timeouts {
        head: http.header_timeout,
        idle: http.keep_alive_timeout,
        write: http.write_timeout,
        drain: http.drain_delay,
        grace: http.shutdown_grace,
    }
}

pub(super) const fn bounds(config: &Config) -> RequestBounds {
    let http = &config.http;
    RequestBounds { body: http.body_limit_bytes, body_time: http.body_timeout, time: http.request_timeout }
}

pub(super) fn settings(config: &Config, random: &dyn Random) -> Settings {
    Settings {
        app_name: config.app_name.clone(),
        node: NodeId::random(random),
        public_url: config.public_url.to_string(),
        sms_countries: config.sms.countries.clone(),
        reveal_taken: config.accounts.enumeration == Enumeration::Reveal,
        passkeys: config.passkeys.party.clone(),
        limits: config.limits.clone(),
        admin: AdminSettings { requires_mfa: config.admin.requires_mfa, notifies: config.admin.notifies },
        audit: Retention { main: config.audit.retention, reads: config.audit.retention_reads },
        api_clients: config.token.api_clients.clone(),
        message_delay: config.mail.delay,
    }
}

/// Returns the policy of each realm.
pub(super) fn policies(config: &Config) -> Vec<(RealmName, RealmPolicy)> {
    let policy = |name: &RealmName, of: &config::RealmPolicy| RealmPolicy {
        signup: of.signup,
        signup_required: of.signup_required.clone(),
        password: Policy { min_length: of.password_min_length, names: vec![config.app_name.clone(), name.to_string()] },
        registration_ttl: of.registration_ttl,
        invitation_ttl: of.invitation_ttl,
        verification_ttl: of.verification_ttl,
        reset_ttl: of.reset_ttl,
        email_undo_window: of.email_undo_window,
        phone_unique: of.phone_unique,
        new_device_mail: of.new_device_mail,
        email_signin: of.email_signin,
        signin_code_ttl: of.signin_code_ttl,
        otp_ttl: of.otp_ttl,
        access_token_ttl: of.access_token_ttl,
        refresh_token_ttl: of.refresh_token_ttl,
        session_max_age: of.session_max_age,
        sessions_max: of.sessions_max,
        refresh_grace: of.refresh_grace,
        fresh_auth_age: of.fresh_auth_age,
        delete_max_auth_age: of.delete_max_auth_age,
        mfa_policy: of.mfa_policy,
        passkeys: of.passkeys && config.passkeys.party.is_some(),
        mfa_methods: methods(config, of),
        mfa_ttl: of.mfa_ttl,
        mfa_remember: of.mfa_remember,
        addition_undo: of.addition_undo,
        pages: of.templates.branding.pages,
        providers: of.providers.clone(),
        social_link: of.social_link,
        browser_session_idle: of.browser_session_idle,
        browser_session_max_age: of.browser_session_max_age,
        browser_remember: of.browser_remember,
        openid: openid(config, of),
    };
    let of_realms = config.policies.iter().map(|(name, of)| (name.clone(), policy(name, of)));
    let admin = RealmName::admin();
    let of_admin = of_administrators(policy(&admin, &config.admin.policy));
    of_realms.chain([(admin, of_admin)]).collect()
}

/// Returns the OpenID Connect configuration of a realm.
fn openid(config: &Config, of: &config::RealmPolicy) -> OpenId {
    let has_own_issuer = config.token.jwt_issuer == format!("{}/{{realm}}", config.public_url);
    OpenId {
        is_possible: of.oidc && of.templates.branding.pages && has_own_issuer,
        id_token_algorithm: match of.id_token_algorithm {
            IdTokenAlgorithm::Rs256 => Algorithm::Rs256,
            IdTokenAlgorithm::Es256 => Algorithm::Es256,
            IdTokenAlgorithm::EdDsa => Algorithm::EdDsa,
        },
        scopes: of.scopes.clone(),
        declared: of.clients.clone(),
        first_party_only: config.environment == Environment::Production && config.token.jwt_audience.is_none(),
    }
}

/// Maximum idle time and maximum duration of administrators' sessions.
const ADMIN_IDLE: Duration = Duration::from_secs(30 * 60);
const ADMIN_SESSION: Duration = Duration::from_secs(12 * 3600);
/// Lifetime of administrators' invitations.
const ADMIN_INVITATION: Duration = Duration::from_secs(24 * 3600);

/// Returns the administrators' policy: no registration, short sessions, and TOTP always available as a second factor.
fn of_administrators(policy: RealmPolicy) -> RealmPolicy {
    let mut mfa_methods = policy.mfa_methods;
    if !mfa_methods.contains(&Method::Totp) {
        mfa_methods.push(Method::Totp);
    }
    RealmPolicy {
        signup: Signup::Closed,
        signup_required: Vec::new(),
        providers: Vec::new(),
        refresh_token_ttl: ADMIN_IDLE,
        session_max_age: ADMIN_SESSION,
        mfa_policy: MfaPolicy::Optional,
        mfa_remember: Duration::ZERO,
        mfa_methods,
        invitation_ttl: ADMIN_INVITATION,
        // Access to the mailbox alone must not remove the second factor of an administrator.
        addition_undo: Duration::ZERO,
        ..policy
    }
}

/// Returns the kinds of second factors of a realm. Security keys require passkeys to be enabled.
fn methods(config: &Config, of: &config::RealmPolicy) -> Vec<Method> {
    let has_passkeys = of.passkeys && config.passkeys.party.is_some();
    of.mfa_methods.iter().copied().filter(|method| has_passkeys || *method != Method::Passkey).collect()
}

pub(super) fn worker(
    config: &Config,
    service: &Arc<Service>,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    wakeups: Arc<Wakeups>,
) -> Worker {
    Worker {
        service: Arc::clone(service),
        clock: Arc::clone(clock),
        random: Arc::clone(random),
        wakeups,
        senders: config.mail.workers,
        lease: lease(&config.mail.transport),
        longest_delivery: longest_delivery(&config.mail.transport),
        grace: config.http.shutdown_grace,
        identity: Identity { schema: backends::schema_version(config), interval: backends::heartbeat(config) },
    }
}

/// Returns the lease duration. It exceeds the duration of a normal delivery.
fn lease(transport: &MailTransport) -> Duration {
    match transport {
        MailTransport::Smtp(smtp) => smtp.timeout * 4,
        MailTransport::DevMailbox { .. } => Duration::from_secs(30),
    }
}

/// Returns an upper bound for the slowest delivery: everything up to the last reply, plus the wait for that reply.
fn longest_delivery(transport: &MailTransport) -> Duration {
    match transport {
        MailTransport::Smtp(smtp) => smtp.timeout * 4 + smtp.reply_timeout,
        MailTransport::DevMailbox { .. } => Duration::from_secs(30),
    }
}

pub(super) fn admin_access(config: &Config) -> AdminAccess {
    let config::Admin { is_on, ref listen, ref networks, search_budget, .. } = config.admin;
    AdminAccess { is_on, has_listener: listen.is_some(), networks: networks.clone(), search_budget }
}

/// Returns the origins on which browsers may use the passkeys of the server's domain. Empty if there is only the
/// server's own.
fn related_origins(config: &Config) -> Vec<String> {
    let origins = config.passkeys.party.as_ref().map(|party| party.origins.clone()).unwrap_or_default();
    if origins.iter().any(|origin| *origin != config.passkeys.own_origin) { origins } else { Vec::new() }
}

pub(super) fn server_info(config: &Config) -> ServerInfo {
    ServerInfo {
        base_url: config.public_url.to_string().into(),
        root: config.public_url.path().into(),
        first_realm: config.realms.first().map_or("", |name| name.as_str()).into(),
        realms: config.realms.iter().map(ToString::to_string).collect(),
        database: backends::DATABASE,
        has_public_keys: matches!(config.token.signing, Signing::KeyPair(_)),
        is_https: config.public_url.is_https(),
        hsts: config.browser.hsts.clone(),
        has_email_signin: config.policies.values().any(|of| of.email_signin),
        has_passkeys: config.passkeys.party.is_some() && config.policies.values().any(|of| of.passkeys),
        has_providers: config.policies.values().any(|of| !of.providers.is_empty()),
        related_origins: related_origins(config),
        docs: config.http.docs,
        is_development: config.environment == Environment::Development,
    }
}

/// Returns the function to call after a message was enqueued.
pub(super) fn waker(wakeups: &Arc<Wakeups>) -> impl Fn() + Send + Sync + 'static {
    let wakeups = Arc::clone(wakeups);
    move || wakeups.wake()
}
