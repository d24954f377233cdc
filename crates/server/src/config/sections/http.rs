//! How the server listens, and which clients and pages it trusts.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;
use portcullis_core::limit::FailedAttempts;

use super::section::{Context, Section, settings};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{ADDRESS, DURATION, LISTEN, NETWORKS, ORIGINS, PORT_NUMBER, SWITCH, number},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("HTTP", SETTINGS).deriving(derive).checked(check);

settings! {
    HOST: IpAddr = ADDRESS, Fixed("127.0.0.1"),
        "The address to listen on.";
    PORT: u16 = PORT_NUMBER, Fixed("8000"),
        "The port to listen on; with 0 the system chooses.";
    DOCS: bool = SWITCH, Derived("`on`; `off` in production"),
        "Whether the documentation pages and `openapi.json` are served.";
    REQUEST_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "The longest time that a request may take.";
    HEADER_TIMEOUT: Duration = DURATION, Fixed("10s"),
        "The longest time that a client may take to send the head of a request.";
    BODY_TIMEOUT: Duration = DURATION, Fixed("10s"),
        "The longest time that a client may take to send the body of a request; a minute at most.";
    WRITE_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "The longest time that a client may take to read a part of an answer.";
    MAX_CONNECTIONS: usize = number::<_, 16, 1_000_000>(), Fixed("10000"),
        "How many connections may be open at a time; more are closed at once. Fewer, where the system allows too few open files.";
    MAX_CONNECTIONS_CLIENT: usize = number::<_, 1, 1_000_000>(), Fixed("1000"),
        "How many of them from one address; of IPv6, from one network of 64 bits, and four times as many from one of 48. Trusted proxies may have all.";
    BODY_LIMIT_BYTES: usize = number::<_, 1024, 16_777_216>(), Fixed("65536"),
        "The largest body of a request.";
    SHUTDOWN_GRACE: Duration = DURATION, Fixed("10s"),
        "How long requests under way may go on after the signal to stop.";
    TRUSTED_PROXIES: Vec<IpNet> = NETWORKS, Nothing,
        "Networks by commas whose `X-Forwarded-For` is believed; the right-most address that is none of theirs is the client.";
    CORS_ALLOWED_ORIGINS: Vec<String> = ORIGINS, Nothing,
        "Origins of web pages, by commas, that may call the server from the browser (CORS).";
    METRICS_LISTEN: SocketAddr = LISTEN, Nothing,
        "The address and port of a listener for metrics (Prometheus), at `/metrics`; without it nothing is measured.";
}

/// How the server listens.
#[derive(Debug)]
pub struct Http {
    /// `HOST` and `PORT`.
    pub listen: SocketAddr,
    /// `REQUEST_TIMEOUT`
    pub request_timeout: Duration,
    /// `HEADER_TIMEOUT`
    pub header_timeout: Duration,
    /// `BODY_TIMEOUT`.
    pub body_timeout: Duration,
    /// `WRITE_TIMEOUT`
    pub write_timeout: Duration,
    /// `MAX_CONNECTIONS`
    pub max_connections: usize,
    /// `MAX_CONNECTIONS_CLIENT`
    pub max_connections_client: usize,
    /// `BODY_LIMIT_BYTES`
    pub body_limit_bytes: usize,
    /// `SHUTDOWN_GRACE`
    pub shutdown_grace: Duration,
    /// `METRICS_LISTEN`
    pub metrics_listen: Option<SocketAddr>,
    /// `TRUSTED_PROXIES`
    pub trusted_proxies: Vec<IpNet>,
    /// `CORS_ALLOWED_ORIGINS`
    pub cors_allowed_origins: Vec<String>,
    /// `DOCS`
    pub docs: bool,
}

impl Http {
    pub(super) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            listen: SocketAddr::new(values.get(&HOST)?, values.get(&PORT)?),
            request_timeout: values.get(&REQUEST_TIMEOUT)?,
            header_timeout: values.get(&HEADER_TIMEOUT)?,
            body_timeout: values.get(&BODY_TIMEOUT)?,
            write_timeout: values.get(&WRITE_TIMEOUT)?,
            max_connections: values.get(&MAX_CONNECTIONS)?,
            max_connections_client: values.get(&MAX_CONNECTIONS_CLIENT)?,
            body_limit_bytes: values.get(&BODY_LIMIT_BYTES)?,
            shutdown_grace: values.get(&SHUTDOWN_GRACE)?,
            metrics_listen: values.get(&METRICS_LISTEN),
            trusted_proxies: values.get(&TRUSTED_PROXIES).unwrap_or_default(),
            cors_allowed_origins: values.get(&CORS_ALLOWED_ORIGINS).unwrap_or_default(),
            docs: values.get(&DOCS)?,
        })
    }
}

fn derive(values: &mut Values, environment: Environment) {
    let docs = if environment == Environment::Development { "on" } else { "off" };
    values.derive(&DOCS, |_| Some(docs.to_owned()));
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    body_timeout(values, report);
    proxies(values, report);
    cors(values, report);
}

fn body_timeout(values: &Values, report: &mut Report) {
    if values.get(&BODY_TIMEOUT).is_some_and(|timeout| timeout > FailedAttempts::LONGEST_WAIT) {
        let name = BODY_TIMEOUT.name();
        let text = "must be at most 1m: a request is judged by the time at which it came";
        report.problem(name, text, Fix::set(name, "1m"));
    }
}

/// Whoever trusts everybody lets each client choose its own address, and so be a new one for every limit.
fn proxies(values: &Values, report: &mut Report) {
    let trusted = values.get(&TRUSTED_PROXIES).unwrap_or_default();
    let named: Vec<String> = trusted.iter().filter(|net| net.prefix_len() > 0).map(ToString::to_string).collect();
    if named.len() < trusted.len() {
        let name = TRUSTED_PROXIES.name();
        let text = "trusts every address, so that clients could name themselves as they like and no limit would hold";
        let named = if named.is_empty() { "127.0.0.1".to_owned() } else { named.join(",") };
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, named));
    }
}

fn cors(values: &Values, report: &mut Report) {
    let origins = values.get(&CORS_ALLOWED_ORIGINS).unwrap_or_default();
    if origins.iter().any(|origin| origin == "*") {
        let name = CORS_ALLOWED_ORIGINS.name();
        let named: Vec<&str> = origins.iter().map(String::as_str).filter(|origin| *origin != "*").collect();
        let named = if named.is_empty() { "https://app.example.com".to_owned() } else { named.join(",") };
        report.insecure(Refused, name, "allows every page (`*`): name the origins", Fix::set(name, named));
    }
}
