//! HTTP server settings: listening, limits, and trusted proxies.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use ipnet::IpNet;
use portcullis_core::limit::FailedAttempts;

use super::section::{Context, Section, settings};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::Report,
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{ADDRESS, DELAY, DURATION, LISTEN, NETWORKS, PORT_NUMBER, SWITCH, number},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("HTTP", SETTINGS).deriving(derive).checked(check);

settings! {
    HOST: IpAddr = ADDRESS, Fixed("127.0.0.1"),
        "IP address to listen on. With the default, or `localhost`, the server also listens on `::1` if IPv6 is available.";
    PORT: u16 = PORT_NUMBER, Fixed("8000"),
        "Port to listen on. With `0` the system chooses one.";
    DOCS: bool = SWITCH, Derived("`on`; `off` in production"),
        "Whether the documentation pages and `openapi.json` are served.";
    REQUEST_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "Maximum duration of a request.";
    HEADER_TIMEOUT: Duration = DURATION, Fixed("10s"),
        "Maximum time for a client to send the head of a request, from its first byte or from the start of a new connection.";
    KEEP_ALIVE_TIMEOUT: Duration = DURATION, Fixed("75s"),
        "Time after which an idle connection is closed. A proxy in front of the server must have a shorter idle timeout.";
    BODY_TIMEOUT: Duration = DURATION, Fixed("10s"),
        "Maximum time for a client to send the body of a request, at most 1m.";
    WRITE_TIMEOUT: Duration = DURATION, Fixed("30s"),
        "Maximum time for a client to read a part of a response.";
    MAX_CONNECTIONS: usize = number::<_, 16, 1_000_000>(), Fixed("10000"),
        "Maximum number of open connections. Further connections are closed immediately. Lowered if the system allows too few open files.";
    MAX_CONNECTIONS_CLIENT: usize = number::<_, 1, 1_000_000>(), Fixed("1000"),
        "Maximum number of open connections per client address. For IPv6, per /64 network; a /48 network may have four times as many. Trusted proxies are exempt.";
    BODY_LIMIT_BYTES: usize = number::<_, 1024, 16_777_216>(), Fixed("65536"),
        "Maximum size of a request body.";
    SHUTDOWN_GRACE: Duration = DURATION, Fixed("10s"),
        "Time for requests in progress to finish after the stop signal.";
    DRAIN_DELAY: Duration = DELAY, Derived("`5s`; `0s` in development"),
        "Time after the stop signal during which new connections are still accepted. `/readyz` returns 503, so that load balancers send requests to other servers.";
    TRUSTED_PROXIES: Vec<IpNet> = NETWORKS, Nothing,
        "Networks of proxies, separated by commas, whose `X-Forwarded-For` is trusted. The client is the right-most address outside these networks. `none` means that there is no proxy. Required in production if `HOST` is loopback.";
    METRICS_LISTEN: SocketAddr = LISTEN, Nothing,
        "Address and port of the metrics listener (Prometheus, `/metrics`). Without it, no metrics are recorded.";
}

/// HTTP server settings.
#[derive(Debug)]
pub struct Http {
    /// `HOST` and `PORT`.
    pub listen: SocketAddr,
    /// The other loopback address, if `HOST` is `localhost` or the default.
    pub listen_also: Option<SocketAddr>,
    pub request_timeout: Duration,
    pub header_timeout: Duration,
    pub keep_alive_timeout: Duration,
    pub body_timeout: Duration,
    pub write_timeout: Duration,
    pub max_connections: usize,
    pub max_connections_client: usize,
    pub body_limit_bytes: usize,
    pub shutdown_grace: Duration,
    pub drain_delay: Duration,
    pub metrics_listen: Option<SocketAddr>,
    pub trusted_proxies: Vec<IpNet>,
    pub docs: bool,
}

impl Http {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            listen: SocketAddr::new(values.get(&HOST)?, values.get(&PORT)?),
            listen_also: listen_also(values),
            request_timeout: values.get(&REQUEST_TIMEOUT)?,
            header_timeout: values.get(&HEADER_TIMEOUT)?,
            keep_alive_timeout: values.get(&KEEP_ALIVE_TIMEOUT)?,
            body_timeout: values.get(&BODY_TIMEOUT)?,
            write_timeout: values.get(&WRITE_TIMEOUT)?,
            max_connections: values.get(&MAX_CONNECTIONS)?,
            max_connections_client: values.get(&MAX_CONNECTIONS_CLIENT)?,
            body_limit_bytes: values.get(&BODY_LIMIT_BYTES)?,
            shutdown_grace: values.get(&SHUTDOWN_GRACE)?,
            drain_delay: values.get(&DRAIN_DELAY)?,
            metrics_listen: values.get(&METRICS_LISTEN),
            trusted_proxies: trusted_proxies(values),
            docs: values.get(&DOCS)?,
        })
    }
}

/// Returns the IPv6 loopback address. Browsers try it first for `localhost`, where another program could otherwise
/// answer.
fn listen_also(values: &Values) -> Option<SocketAddr> {
    let host = values.text(HOST.name()).map(str::trim);
    let is_name = host.is_none_or(|host| host.eq_ignore_ascii_case("localhost"));
    is_name.then(|| Some(SocketAddr::new(Ipv6Addr::LOCALHOST.into(), values.get(&PORT)?))).flatten()
}

/// Returns the trusted networks. Trusting IPv4 loopback implies trusting IPv6 loopback if the server listens there,
/// because a local proxy that connects to `localhost` uses it.
fn trusted_proxies(values: &Values) -> Vec<IpNet> {
    let mut trusted = values.get(&TRUSTED_PROXIES).unwrap_or_default();
    let trusts = |trusted: &[IpNet], address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let also = listen_also(values).map(|also| also.ip());
    if let Some(also) = also.filter(|also| trusts(&trusted, Ipv4Addr::LOCALHOST.into()) && !trusts(&trusted, *also)) {
        trusted.push(also.into());
    }
    trusted
}

fn derive(values: &mut Values, environment: Environment) {
    let (docs, drain_delay) = if environment == Environment::Development { ("on", "0s") } else { ("off", "5s") };
    values.derive(&DOCS, |_| Some(docs.to_owned()));
    values.derive(&DRAIN_DELAY, |_| Some(drain_delay.to_owned()));
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    body_timeout(values, report);
    listeners(values, report);
}

fn body_timeout(values: &Values, report: &mut Report) {
    if values.get(&BODY_TIMEOUT).is_some_and(|timeout| timeout > FailedAttempts::MAX_WAIT) {
        let name = BODY_TIMEOUT.name();
        let text = "must be at most 1m, the longest wait after a wrong password";
        report.problem(name, text, Fix::set(name, "1m"));
    }
}

/// Rejects identical addresses of both listeners, because the second could not be opened.
fn listeners(values: &Values, report: &mut Report) {
    let (Some(metrics), Some(host), Some(port)) = (values.get(&METRICS_LISTEN), values.get(&HOST), values.get(&PORT))
    else {
        return;
    };
    let is_shared = metrics.ip() == host || metrics.ip().is_unspecified() || host.is_unspecified();
    if port != 0 && metrics.port() == port && is_shared {
        let name = METRICS_LISTEN.name();
        let text = "is the address of HOST and PORT: choose another port";
        let other = SocketAddr::new(metrics.ip(), if port == 9090 { 9091 } else { 9090 });
        report.problem(name, text, Fix::set(name, other.to_string()));
    }
}
