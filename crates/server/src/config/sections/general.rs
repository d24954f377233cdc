//! General settings: the environment, public addresses and realms.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
};

use portcullis_core::id::RealmName;

use super::{
    http::{HOST, PORT},
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    origin::Origin,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{Choice, DOMAIN, PATH, PUBLIC, PublicUrl, REALM_NAMES, TEXT, WEB_ADDRESS, choice},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("General", SETTINGS).checked(check).checked_per_realm(templates_dir);

settings! {
    ENVIRONMENT: Environment = choice(),
        Derived("`development` if `HOST` and `PUBLIC_URL` are loopback, else `production`"),
        "Environment of the server. `production` rejects all insecure settings and reports them in one list.";
    APP_NAME: String = TEXT, Fixed("Portcullis"),
        "Name of the application in pages and emails.";
    PUBLIC_URL: PublicUrl = PUBLIC, Derived("from `APP_DOMAIN`, else `http://localhost:PORT`"),
        "Base URL of links in emails. The `Host` header is ignored.";
    APP_DOMAIN: PublicUrl = DOMAIN, Nothing,
        "Host, optionally with a port, from which `PUBLIC_URL` is derived: `http` for loopback, `https` otherwise.";
    APP_URL: String = WEB_ADDRESS, Nothing,
        "URL of the application. All pages and emails link to it.", per_realm;
    REALMS: Vec<RealmName> = REALM_NAMES, Fixed("User1,User2"),
        "Realms, separated by commas. Each is a separate set of users. Its name is the first segment of its paths.";
    TEMPLATES_DIR: PathBuf = PATH, Nothing,
        "Folder whose files replace the built-in templates of the same name.", per_realm;
    DEFAULT_LOCALE: Locale = choice(), Fixed("en"),
        "Language of pages and emails. This version only supports English.", per_realm;
}

/// Language of pages and emails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locale {
    English,
}

impl Choice for Locale {
    const WORDS: &'static [(&'static str, Self)] = &[("en", Self::English)];
    const PLACEHOLDER: &'static str = "en";
}

/// Derives `PUBLIC_URL` and `ENVIRONMENT`. All other sections depend on them.
pub(super) fn derive(values: &mut Values) -> Environment {
    values.derive(&PUBLIC_URL, public_url);
    values.derive(&ENVIRONMENT, |values| Some(environment(values).as_str().to_owned()));
    environment(values)
}

fn public_url(values: &Values) -> Option<String> {
    if values.has(APP_DOMAIN.name()) {
        return values.get(&APP_DOMAIN).map(|url| url.to_string());
    }
    let port = values.get(&PORT)?;
    Some(match values.get(&HOST)? {
        // `localhost` also resolves to the IPv4 address, where nothing listens in this case.
        IpAddr::V6(host) if host.is_loopback() => format!("http://[{host}]:{port}"),
        IpAddr::V4(host) if host.is_loopback() && host != Ipv4Addr::LOCALHOST => format!("http://{host}:{port}"),
        _ => format!("http://localhost:{port}"),
    })
}

/// Returns the environment. An invalid setting does not imply production, because the production checks would hide
/// the actual mistake among others.
fn environment(values: &Values) -> Environment {
    values.get(&ENVIRONMENT).unwrap_or_else(|| {
        let is_local = values.get(&HOST).is_none_or(|host| host.is_loopback())
            && values.get(&PUBLIC_URL).is_none_or(|url| url.is_loopback());
        if is_local { Environment::Development } else { Environment::Production }
    })
}

fn templates_dir(values: &Values, report: &mut Report) {
    if let Some(folder) = values.path(&TEMPLATES_DIR)
        && !folder.is_dir()
    {
        let fix = Fix::Unset(TEMPLATES_DIR.name());
        report.problem(TEMPLATES_DIR.name(), format!("{} is not a folder", folder.display()), fix);
    }
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    if let Some(url) = values.get(&PUBLIC_URL)
        && !url.is_https()
    {
        let text = format!("is {url}, not https: the tokens in links would be sent unencrypted");
        let severity = if url.is_loopback() { Refused } else { RefusedElseWarned };
        let https = url.as_str().replacen("http://", "https://", 1);
        let https = if url.is_loopback() { "https://accounts.example.com".to_owned() } else { https };
        let diagnostic = report.insecure(severity, PUBLIC_URL.name(), text, Fix::set(PUBLIC_URL.name(), https));
        if values.is_derived(PUBLIC_URL.name()) && values.has(APP_DOMAIN.name()) {
            diagnostic.beside(APP_DOMAIN.name());
        }
    }
}

/// Reports `[realms.NAME]` tables of unknown realms.
pub(in crate::config) fn check_realm_tables<'t>(
    realms: &[RealmName],
    tables: impl Iterator<Item = (&'t str, &'t Origin)>,
    report: &mut Report,
) {
    for (table, origin) in tables {
        if !realms.iter().any(|realm| realm.as_str() == table) {
            let names: Vec<&str> = realms.iter().map(|realm| realm.as_str()).chain([table]).collect();
            let text = "is the table of a realm that is not in REALMS";
            report.problem(format!("realms.{table}"), text, Fix::set(REALMS.name(), names.join(","))).at(origin);
        }
    }
}

/// Explains why the environment is considered production, if `ENVIRONMENT` is not set.
pub(in crate::config) fn why_production(values: &Values, environment: Environment) -> Option<String> {
    if environment == Environment::Development || !values.is_derived(ENVIRONMENT.name()) {
        return None;
    }
    let is_exposed = values.get(&HOST).is_some_and(|host| !host.is_loopback());
    let name = if is_exposed { HOST.name() } else { PUBLIC_URL.name() };
    Some(format!("The environment is production because {name} is not loopback and ENVIRONMENT is not set."))
}
