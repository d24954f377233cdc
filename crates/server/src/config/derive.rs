//! What a setting is when nobody says: the rules that the table only tells in words.

use std::{fmt::Debug, net::IpAddr, thread::available_parallelism};

use super::{
    choices::Environment,
    setting::Setting,
    table::{
        APP_DOMAIN, APP_NAME, DATA_DIR, DATABASE_URL, DEV_MAILBOX, DOCS, ENVIRONMENT, HASH_THREADS, HOST, JWT_ISSUER,
        MAIL_FROM, MAIL_FROM_NAME, MAIL_PORT, MAIL_SERVER, MAIL_SSL_TLS, MAIL_STARTTLS, MAIL_USERNAME, MONGO_URL, PORT,
        PUBLIC_URL, USE_CREDENTIALS,
    },
    value::{PublicUrl, is_loopback_host},
    values::Values,
};

/// Fills in what was not given. Where a setting is missing because its text cannot be read, what depends on it is
/// left out: the one report is enough.
pub(super) fn fill(values: &mut Values) -> Environment {
    derive(values, &PUBLIC_URL, public_url);
    derive(values, &ENVIRONMENT, |values| Some(environment(values).as_str().to_owned()));
    let environment = environment(values);
    let switch = |on: bool| Some(if on { "on" } else { "off" }.to_owned());
    derive(values, &DOCS, |_| switch(environment == Environment::Development));
    derive(values, &DATABASE_URL, database_url);
    derive(values, &JWT_ISSUER, |values| Some(format!("{}/{{realm}}", values.get(&PUBLIC_URL)?)));
    derive(values, &HASH_THREADS, |_| Some(available_parallelism().map_or(1, usize::from).to_string()));
    let by_tls =
        |values: &Values, with, without: &str| Some(if values.get(&MAIL_SSL_TLS)? { with } else { without }.to_owned());
    derive(values, &MAIL_PORT, |values| by_tls(values, "465", "587"));
    derive(values, &MAIL_STARTTLS, |values| by_tls(values, "off", "on"));
    derive(values, &USE_CREDENTIALS, |values| switch(values.has(MAIL_USERNAME.name())));
    derive(values, &MAIL_FROM, mail_from);
    derive(values, &MAIL_FROM_NAME, |values| values.get(&APP_NAME));
    derive(values, &DEV_MAILBOX, |values| {
        let nobody_sends = !values.has(MAIL_SERVER.name()) && environment == Environment::Development;
        switch(nobody_sends && values.get(&HOST)?.is_loopback())
    });
    environment
}

fn derive<T: Debug>(values: &mut Values, setting: &'static Setting<T>, rule: impl Fn(&Values) -> Option<String>) {
    if !values.has(setting.name())
        && let Some(text) = rule(values)
    {
        values.derive(setting.name(), text);
    }
}

fn public_url(values: &Values) -> Option<String> {
    if values.has(APP_DOMAIN.name()) {
        return values.get(&APP_DOMAIN).map(|url| url.to_string());
    }
    let port = values.get(&PORT)?;
    Some(match values.get(&HOST)? {
        IpAddr::V6(host) if host.is_loopback() => format!("http://[{host}]:{port}"),
        _ => format!("http://127.0.0.1:{port}"),
    })
}

/// What cannot be read does not make it production: that would bury the one mistake under a list of others.
fn environment(values: &Values) -> Environment {
    values.get(&ENVIRONMENT).unwrap_or_else(|| {
        let is_local = values.get(&HOST).is_none_or(|host| host.is_loopback())
            && values.get(&PUBLIC_URL).is_none_or(|url| url.is_loopback());
        if is_local { Environment::Development } else { Environment::Production }
    })
}

fn database_url(values: &Values) -> Option<String> {
    if values.has(MONGO_URL.name()) {
        return values.text(MONGO_URL.name()).map(|url| url.trim().to_owned());
    }
    let folder = values.get(&DATA_DIR)?;
    Some(format!("sqlite://{}/portcullis.db", folder.to_str()?.trim_end_matches('/')))
}

fn mail_from(values: &Values) -> Option<String> {
    let url: PublicUrl = values.get(&PUBLIC_URL)?;
    // An address literal (`user@[127.0.0.1]`) is taken by few servers.
    let is_named = !is_loopback_host(url.host())
        && url.host().contains(|c: char| c.is_ascii_alphabetic())
        && !url.host().starts_with('[');
    let domain = if is_named { url.host() } else { "localhost" };
    Some(format!("no-reply@{domain}"))
}
