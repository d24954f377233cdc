//! Redis settings. Several servers share one Redis.

use std::{net::Ipv6Addr, path::PathBuf, time::Duration};

use portcullis_core::SecretString;

use super::section::{Context, Section, settings};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{CALL, Choice, HOST_NAME, NAME_PREFIX, PATH, PORT_NUMBER, REDIS, authority, choice, is_loopback_host},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Redis", SETTINGS).deriving(derive).checked(check);

settings! {
    REDIS_URL: SecretString = REDIS, Derived("`redis://REDIS_HOST:REDIS_PORT` if `REDIS_HOST` is set"),
        "Redis or Valkey server shared by several servers: `redis://USER:PASSWORD@HOST:PORT/DATABASE`, `rediss://` with TLS, `unix:///PATH?db=DATABASE`, or `redis-sentinel://HOST:PORT,HOST:PORT/DATABASE?name=NAME` (`rediss-sentinel://` with TLS). Without it, each server counts and caches separately.", secret;
    REDIS_HOST: String = HOST_NAME, Nothing,
        "Host of Redis, used if `REDIS_URL` is not set.";
    REDIS_PORT: u16 = PORT_NUMBER, Fixed("6379"),
        "Port of Redis at `REDIS_HOST`.";
    REDIS_CA_FILE: PathBuf = PATH, Nothing,
        "PEM file with the root certificates used to verify the certificate of Redis, instead of the system's.";
    REDIS_PREFIX: String = NAME_PREFIX, Fixed("pc"),
        "Prefix of all keys and of the channel in Redis. Deployments that share Redis need different prefixes.";
    REDIS_TIMEOUT: Duration = CALL, Fixed("100ms"),
        "Timeout of a Redis command. After three failures, requests do not use Redis until it responds again.";
    REDIS_PLAINTEXT: Plaintext = choice(), Derived("`refuse` in production, else `allow`"),
        "Whether connections to Redis over a network may be unencrypted.";
}

/// Whether network connections may be unencrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::config) enum Plaintext {
    Refuse,
    Allow,
}

impl Choice for Plaintext {
    const WORDS: &'static [(&'static str, Self)] = &[("refuse", Self::Refuse), ("allow", Self::Allow)];
    const PLACEHOLDER: &'static str = "refuse|allow";
}

#[derive(Debug)]
pub struct Redis {
    /// URL. `None` without Redis.
    pub url: Option<SecretString>,
    pub ca_file: Option<PathBuf>,
    pub prefix: String,
    pub timeout: Duration,
}

impl Redis {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            url: values.get(&REDIS_URL),
            ca_file: values.path(&REDIS_CA_FILE),
            prefix: values.get(&REDIS_PREFIX)?,
            timeout: values.get(&REDIS_TIMEOUT)?,
        })
    }
}

fn derive(values: &mut Values, environment: Environment) {
    values.derive(&REDIS_URL, |values| {
        let (host, port) = (values.get(&REDIS_HOST)?, values.get(&REDIS_PORT)?);
        let is_v6 = host.parse::<Ipv6Addr>().is_ok();
        Some(if is_v6 { format!("redis://[{host}]:{port}") } else { format!("redis://{host}:{port}") })
    });
    let plaintext = if environment == Environment::Production { "refuse" } else { "allow" };
    values.derive(&REDIS_PLAINTEXT, |_| Some(plaintext.to_owned()));
}

/// Rejects a connection that others can read. It carries the Redis password, and a man in the middle could
/// impersonate Redis.
fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    let name = REDIS_URL.name();
    let Some(url) = values.text(name).map(str::trim) else { return };
    let is_plain = url.starts_with("redis://") || url.starts_with("redis-sentinel://");
    let (_, hosts) = authority(url).unwrap_or_default();
    // A local Sentinel returns servers on other machines.
    let is_local = url.starts_with("redis://") && hosts.split(',').all(|host| is_loopback_host(host_of(host)));
    if !is_plain || is_local || values.get(&REDIS_PLAINTEXT) != Some(Plaintext::Refuse) {
        return;
    }
    let text = "is unencrypted: others on the network could read the Redis password and impersonate Redis";
    let fix = Fix::Do(format!(
        "use rediss:// or rediss-sentinel:// in {name}, or set {}=allow on a network that you trust",
        REDIS_PLAINTEXT.name()
    ));
    let diagnostic = if values.is_derived(REDIS_PLAINTEXT.name()) {
        report.insecure(RefusedElseWarned, name, text, fix)
    } else {
        report.problem(name, text, fix)
    };
    if values.is_derived(name) {
        diagnostic.beside(REDIS_HOST.name());
    }
}

/// Returns the host of `HOST:PORT`, where an IPv6 address is in brackets.
fn host_of(address: &str) -> &str {
    match address.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => host,
        _ => address,
    }
}
