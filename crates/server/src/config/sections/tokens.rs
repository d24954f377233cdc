//! Access tokens and sessions.

use std::time::Duration;

use portcullis_core::{SecretString, oauth::ApiClients};

use super::{
    general::{PUBLIC_URL, REALMS},
    longest::at_most,
    section::{Context, Section, settings},
    weak_secrets::{generated_before, is_patterned, is_published},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{CLIENTS, Choice, DURATION, SECRET, TEXT, choice, client_pairs, number},
    values::Values,
};

pub(super) const SECTION: Section =
    Section::new("Tokens and sessions", SETTINGS).deriving(derive).checked(check).checked_per_realm(check_realm);

settings! {
    JWT_ALGORITHM: JwtAlgorithm = choice(), Derived("`HS256` if `JWT_SECRET` is set, else `ES256`"),
        "Signature algorithm of access tokens: `HS256` with `JWT_SECRET`, or `RS256`, `ES256` or `EdDSA` with key pairs that the server generates.";
    JWT_SECRET: SecretString = SECRET, Nothing,
        "Secret that signs access tokens with `HS256`, at least 32 bytes. It is never generated.", secret, random;
    JWT_SECRET_PREVIOUS: SecretString = SECRET, Nothing,
        "Previous `JWT_SECRET`. Only used to verify tokens.", secret;
    JWT_KEY_ROTATION: Duration = DURATION, Fixed("90d"),
        "How long a generated key pair is used for signing. Its successor is published one hour earlier.";
    JWT_ISSUER: String = TEXT, Derived("`PUBLIC_URL/{realm}`"),
        "`iss` claim of access tokens. `{realm}` is replaced with the realm's name.";
    JWT_AUDIENCE: String = TEXT, Nothing,
        "`aud` claim of access tokens. Without it, tokens have none.";
    ACCESS_TOKEN_TTL: Duration = DURATION, Fixed("30m"),
        "Lifetime of an access token.", per_realm;
    REFRESH_TOKEN_TTL: Duration = DURATION, Fixed("30d"),
        "Lifetime of an unused refresh token.", per_realm;
    SESSION_MAX_AGE: Duration = DURATION, Fixed("90d"),
        "Maximum lifetime of a session, even if it is in use.", per_realm;
    REFRESH_GRACE: Duration = DURATION, Fixed("24h"),
        "How long the previous refresh token is accepted if its successor has not been used. It can be repeated without restriction for 60 s, and after that twice in 24 hours.", per_realm;
    SESSIONS_MAX: usize = number::<_, 1, 100_000>(), Fixed("100"),
        "Maximum number of application sessions per user, and of browser sessions. Another login first revokes sessions that were never refreshed, then the least recently refreshed ones.", per_realm;
    API_CLIENTS: ApiClients = CLIENTS, Nothing,
        "Services that may introspect tokens, as `id:secret`, separated by commas. A secret must have at least 32 characters and no comma. An id may occur twice to rotate its secret.", secret;
}

/// Signature algorithm of access tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JwtAlgorithm {
    /// HMAC with a shared secret.
    Hs256,
    Rs256,
    /// ECDSA on P-256.
    Es256,
    EdDsa,
}

impl Choice for JwtAlgorithm {
    const WORDS: &'static [(&'static str, Self)] =
        &[("HS256", Self::Hs256), ("RS256", Self::Rs256), ("ES256", Self::Es256), ("EdDSA", Self::EdDsa)];
    const PLACEHOLDER: &'static str = "HS256|RS256|ES256|EdDSA";
}

/// Access token and session settings.
#[derive(Debug)]
pub struct Token {
    /// Key that signs access tokens.
    pub signing: Signing,
    /// `JWT_ISSUER`, where `{realm}` is a placeholder for the realm's name.
    pub jwt_issuer: String,
    pub jwt_audience: Option<String>,
    pub jwt_key_rotation: Duration,
    /// Services that may introspect tokens.
    pub api_clients: ApiClients,
}

/// `JWT_ALGORITHM` with its secrets, if it has any.
#[derive(Debug)]
pub enum Signing {
    Shared {
        secret: SecretString,
        /// `JWT_SECRET_PREVIOUS`, which is only used to verify.
        previous: Option<SecretString>,
    },
    /// An algorithm with key pairs. Never [`JwtAlgorithm::Hs256`].
    KeyPair(JwtAlgorithm),
}

impl Token {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let signing = match values.get(&JWT_ALGORITHM)? {
            JwtAlgorithm::Hs256 => {
                Signing::Shared { secret: values.get(&JWT_SECRET)?, previous: values.get(&JWT_SECRET_PREVIOUS) }
            }
            pair => Signing::KeyPair(pair),
        };
        Some(Self {
            signing,
            jwt_issuer: values.get(&JWT_ISSUER)?,
            jwt_audience: values.get(&JWT_AUDIENCE),
            jwt_key_rotation: values.get(&JWT_KEY_ROTATION)?,
            api_clients: values.get(&API_CLIENTS).unwrap_or_default(),
        })
    }
}

fn derive(values: &mut Values, _: Environment) {
    values.derive(&JWT_ISSUER, |values| Some(format!("{}/{{realm}}", values.get(&PUBLIC_URL)?)));
}

/// Chooses the default algorithm, which depends on whether there is a shared secret.
pub(in crate::config) fn derive_algorithm(values: &mut Values) {
    values.derive(&JWT_ALGORITHM, |values| {
        Some(if values.has(JWT_SECRET.name()) { "HS256" } else { "ES256" }.to_owned())
    });
}

/// Returns whether access tokens would be signed with a shared secret.
pub(in crate::config) fn takes_jwt_secret(values: &Values) -> bool {
    !values.has(JWT_ALGORITHM.name()) || values.get(&JWT_ALGORITHM) == Some(JwtAlgorithm::Hs256)
}

const MIN_SECRET_BYTES: usize = 32;

/// Maximum lifetimes in production, in hours. An access token cannot be revoked at services that only verify its
/// signature.
const ACCESS_TOKEN_MOST: u64 = 24;
const SESSION_MOST: u64 = 400 * 24;

fn check_realm(values: &Values, report: &mut Report) {
    at_most(&ACCESS_TOKEN_TTL, ACCESS_TOKEN_MOST, values, report);
    at_most(&SESSION_MAX_AGE, SESSION_MOST, values, report);
}

/// Rejects the same issuer for several realms. A service that checks the issuer would accept tokens of another realm.
fn issuer(values: &Values, report: &mut Report) {
    let name = JWT_ISSUER.name();
    let has_several = values.get(&REALMS).is_some_and(|realms| realms.len() > 1);
    let is_shared = values.get(&JWT_ISSUER).is_some_and(|issuer| !issuer.contains("{realm}"));
    if has_several && is_shared {
        let text = "has no `{realm}`, although there are several realms: services could not tell their tokens apart";
        // The value itself is not shown, because it may contain a password by mistake.
        let url = values.get(&PUBLIC_URL).map(|url| url.to_string());
        let url = url.unwrap_or_else(|| "https://accounts.example.com".to_owned());
        let fix = Fix::set(name, format!("{url}/{{realm}}"));
        report.insecure(RefusedElseWarned, name, text, fix).beside(REALMS.name());
    }
}

/// Rejects weak secrets of services. An attacker could guess them without an account.
fn api_clients(values: &Values, report: &mut Report) {
    let name = API_CLIENTS.name();
    let Some(text) = values.text(name).filter(|_| values.get(&API_CLIENTS).is_some()) else { return };
    let why = if client_pairs(text).any(|(_, secret)| secret.len() < MIN_SECRET_BYTES) {
        format!("has a secret that is shorter than {MIN_SECRET_BYTES} characters and could be guessed")
    } else if client_pairs(text).any(|(_, secret)| is_patterned(secret.as_bytes())) {
        "has a secret that is a repeated or counting sequence".to_owned()
    } else {
        return;
    };
    let fix = Fix::Do(format!("set a new secret for each id in {name} (`openssl rand -hex 32` prints one)"));
    report.insecure(RefusedElseWarned, name, why, fix);
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    issuer(values, report);
    api_clients(values, report);
    if !takes_jwt_secret(values) {
        return;
    }
    if !values.has(JWT_SECRET.name()) {
        let kept = generated_before(context);
        let text = format!("is required with JWT_ALGORITHM=HS256{kept}; unset both to sign with generated key pairs");
        let diagnostic = report.problem(JWT_SECRET.name(), text, Fix::NewSecret(JWT_SECRET.name()));
        diagnostic.beside(JWT_ALGORITHM.name());
    }
    for name in [JWT_SECRET.name(), JWT_SECRET_PREVIOUS.name()] {
        let Some(secret) = values.text(name) else { continue };
        let why = if is_published(secret.trim()) {
            "is a published example".to_owned()
        } else if secret.len() < MIN_SECRET_BYTES {
            format!("is shorter than {MIN_SECRET_BYTES} bytes and could be guessed")
        } else if is_patterned(secret.trim().as_bytes()) {
            "is a repeated or counting sequence".to_owned()
        } else {
            continue;
        };
        let fix = if name == JWT_SECRET.name() { Fix::NewSecret(name) } else { Fix::Unset(name) };
        report.insecure(RefusedElseWarned, name, why, fix);
    }
}
