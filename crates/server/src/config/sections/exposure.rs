//! HTTP settings rejected in production: missing or overly broad proxy trust, and public metrics.

use ipnet::IpNet;

use super::http::{HOST, METRICS_LISTEN, TRUSTED_PROXIES};
use crate::config::{
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    values::Values,
};

pub(super) fn check(values: &Values, report: &mut Report) {
    unnamed_proxy(values, report);
    proxies(values, report);
    metrics(values, report);
}

/// Rejects a server on loopback without an explicit `TRUSTED_PROXIES`. Behind an unknown proxy, all clients share one
/// address, and a single client could exhaust the limits of all.
fn unnamed_proxy(values: &Values, report: &mut Report) {
    let name = TRUSTED_PROXIES.name();
    if values.get(&HOST).is_some_and(|host| host.is_loopback()) && !values.has(name) {
        let text = "is not set, and HOST is loopback: all clients of a proxy would share one limit. Name its address, or \
                    `none` if there is no proxy";
        report.insecure(Refused, name, text, Fix::set(name, "127.0.0.1,::1")).beside(HOST.name());
    }
}

/// Rejects trusting more than half of all addresses. Clients could then forge their address and evade every
/// per-client limit.
fn proxies(values: &Values, report: &mut Report) {
    let trusted = values.get(&TRUSTED_PROXIES).unwrap_or_default();
    let is_too_much = |is_v4: bool| {
        let networks: Vec<IpNet> = trusted.iter().filter(|net| matches!(net, IpNet::V4(_)) == is_v4).copied().collect();
        let shares = IpNet::aggregate(&networks).into_iter().map(|net| (-f64::from(net.prefix_len())).exp2());
        shares.sum::<f64>() > 0.5
    };
    let (every_v4, every_v6) = (is_too_much(true), is_too_much(false));
    if every_v4 || every_v6 {
        let name = TRUSTED_PROXIES.name();
        let kept = trusted.iter().filter(|net| if matches!(net, IpNet::V4(_)) { !every_v4 } else { !every_v6 });
        let kept: Vec<String> = kept.map(ToString::to_string).collect();
        let named = if kept.is_empty() { "127.0.0.1".to_owned() } else { kept.join(",") };
        let text = "trusts more than half of all addresses: clients could forge their address and evade all limits";
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, named));
    }
}

fn metrics(values: &Values, report: &mut Report) {
    if let Some(address) = values.get(&METRICS_LISTEN).filter(|address| address.ip().is_unspecified()) {
        let name = METRICS_LISTEN.name();
        let text = "is on all addresses: metrics need no login. Name the address of a private network";
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, format!("127.0.0.1:{}", address.port())));
    }
}
