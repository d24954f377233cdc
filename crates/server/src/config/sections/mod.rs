//! All settings, one file per group: definitions, types, derived values and checks.

mod accounts;
mod admin;
mod audit;
mod brand;
mod browser;
mod dev_mailbox;
mod exposure;
mod factors;
mod general;
mod http;
mod limits;
mod log;
mod longest;
mod mail;
mod openid;
mod pages;
mod passkeys;
mod realm_policy;
mod redis;
mod section;
mod signup;
mod sms;
mod social;
mod storage;
mod templates;
mod tokens;
mod weak_secrets;

pub use accounts::{Accounts, Argon2, Enumeration, Hashing, Password};
pub use admin::Admin;
pub use audit::Audit;
pub use brand::{Brand, Corners, Image};
pub use browser::{Browser, CorsOrigins};
pub use general::Locale;
pub(super) use general::{REALMS, check_realm_tables, why_production};
pub use http::Http;
pub(super) use http::PORT;
pub use log::{Log, LogFormat};
pub use mail::{Credentials, Mail, MailTls, MailTransport, Smtp};
pub use openid::IdTokenAlgorithm;
pub(super) use openid::SCOPES;
pub use passkeys::Passkeys;
pub use realm_policy::RealmPolicy;
pub use redis::Redis;
pub(super) use section::Context;
pub(crate) use section::Section;
pub use sms::{Sms, Twilio};
pub use storage::Store;
pub(super) use storage::{DATA_DIR, ENCRYPTION_KEY, existing_database, is_shared_database, lost_key};
pub use templates::{Branding, Templates};
pub(super) use tokens::{JWT_AUDIENCE, JWT_SECRET, derive_algorithm, takes_jwt_secret};
pub use tokens::{JwtAlgorithm, Signing, Token};

use std::collections::BTreeMap;

use portcullis_core::{id::RealmName, limit::Limits};

use super::{environment::Environment, listing::Listing, report::Report, value::PublicUrl, values::Values};
use general::{APP_NAME, ENVIRONMENT, PUBLIC_URL};

/// All sections in documentation order.
pub(crate) static SECTIONS: &[Section] = &[
    general::SECTION,
    http::SECTION,
    browser::SECTION,
    storage::SECTION,
    redis::SECTION,
    tokens::SECTION,
    signup::SECTION,
    accounts::SECTION,
    factors::SECTION,
    pages::SECTION,
    brand::SECTION,
    openid::SECTION,
    passkeys::SECTION,
    social::SECTION,
    limits::SECTION,
    admin::SECTION,
    audit::SECTION,
    mail::SECTION,
    dev_mailbox::SECTION,
    sms::SECTION,
    log::SECTION,
];

/// Derives the values of settings that are not set. Values that depend on an invalid setting are omitted, because
/// that setting is already reported.
pub(super) fn derive(values: &mut Values) -> Environment {
    let environment = general::derive(values);
    for section in SECTIONS {
        section.derive(values, environment);
    }
    environment
}

/// Reports contradictory settings, problems with files, and insecure settings.
pub(super) fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    for section in SECTIONS {
        section.check_realm(values, report);
        section.check(values, context, report);
    }
    exposure::check(values, report);
}

/// Reports contradictory and insecure settings of a realm.
pub(super) fn check_realm(values: &Values, report: &mut Report) {
    for section in SECTIONS {
        section.check_realm(values, report);
    }
    report.keep_own(|name| values.is_own(name));
}

/// The typed settings.
#[derive(Debug)]
pub struct Config {
    pub environment: Environment,
    pub app_name: String,
    pub public_url: PublicUrl,
    /// `REALMS`, at least one.
    pub realms: Vec<RealmName>,
    /// Settings that can differ between realms, one entry for each realm.
    pub policies: BTreeMap<RealmName, RealmPolicy>,
    /// Templates of pages and emails.
    pub templates: Templates,
    pub http: Http,
    pub browser: Browser,
    /// Database and encryption keys.
    pub store: Store,
    pub redis: Redis,
    /// Access tokens and sessions.
    pub token: Token,
    pub accounts: Accounts,
    /// Passwords and password hashing.
    pub password: Password,
    pub passkeys: Passkeys,
    pub limits: Limits,
    pub admin: Admin,
    pub audit: Audit,
    pub mail: Mail,
    pub sms: Sms,
    pub log: Log,
    /// Settings for administrators.
    pub listing: Listing,
}

impl Config {
    /// Reads the typed values, including those of the realms. Returns `None` if one is missing or invalid, which has
    /// already been reported.
    pub(super) fn read(values: &Values, realms: &[(RealmName, Values)]) -> Option<Self> {
        let infos: Vec<_> = SECTIONS.iter().flat_map(|section| section.settings).map(|entry| entry.info()).collect();
        let policies = realms.iter().map(|(realm, values)| Some((realm.clone(), RealmPolicy::read(values)?)));
        Some(Self {
            environment: values.get(&ENVIRONMENT)?,
            app_name: values.get(&APP_NAME)?,
            public_url: values.get(&PUBLIC_URL)?,
            realms: values.get(&REALMS)?,
            policies: policies.collect::<Option<_>>()?,
            templates: Templates::read(values)?,
            http: Http::read(values)?,
            browser: Browser::read(values)?,
            store: Store::read(values)?,
            redis: Redis::read(values)?,
            token: Token::read(values)?,
            accounts: Accounts::read(values)?,
            password: Password::read(values)?,
            passkeys: Passkeys::read(values)?,
            limits: limits::read(values)?,
            admin: Admin::read(values)?,
            audit: Audit::read(values)?,
            mail: Mail::read(values)?,
            sms: Sms::read(values)?,
            log: Log::read(values)?,
            listing: Listing::read(&infos, values, realms),
        })
    }
}
