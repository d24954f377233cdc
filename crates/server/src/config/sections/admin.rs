//! Administration settings.

use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;

use super::{
    RealmPolicy,
    general::PUBLIC_URL,
    http::{HOST, METRICS_LISTEN, PORT},
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{
        Report,
        Severity::{Refused, RefusedElseWarned},
    },
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{Choice, DURATION, LISTEN_ON, ListenOn, NETWORKS, SWITCH, choice},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Administration", SETTINGS).deriving(derive).checked(check);

/// Maximum time budget of a search, well below the request timeout.
const MAX_SEARCH: Duration = Duration::from_secs(20);

settings! {
    ADMIN: bool = SWITCH, Fixed("on"),
        "Whether the administration routes are served. The administration commands of the command line work in either case.";
    ADMIN_LISTEN: ListenOn = LISTEN_ON, Nothing,
        "Address and port, or `unix:` and the path of a socket, of a listener of its own for administration. The administration routes are then only served there, and the other listener responds to them with 404. A connection over a socket counts as coming from 127.0.0.1.";
    ADMIN_NETWORKS: Vec<IpNet> = NETWORKS, Nothing,
        "Networks, separated by commas, that may access the administration routes. Requests from other networks get a 404 response. If not set, all networks have access.";
    ADMIN_MFA: AdminMfa = choice(), Derived("`required` in production, else `off`"),
        "`required`: an administrator without a second factor can only add one.";
    SEARCH_BUDGET: Duration = DURATION, Fixed("2s"),
        "Maximum duration of one full-text search of users, at most 20s. The next page continues the search.";
    IMPERSONATION_NOTICE: bool = SWITCH, Fixed("on"),
        "Whether users are notified by email when an administrator impersonates them.";
}

/// Whether administrators need a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdminMfa {
    Required,
    Off,
}

impl Choice for AdminMfa {
    const WORDS: &'static [(&'static str, Self)] = &[("required", Self::Required), ("off", Self::Off)];
    const PLACEHOLDER: &'static str = "required|off";
}

#[derive(Debug)]
pub struct Admin {
    pub is_on: bool,
    /// Listener that alone serves administration.
    pub listen: Option<ListenOn>,
    /// Networks that may access administration. All networks are allowed if empty.
    pub networks: Vec<IpNet>,
    pub requires_mfa: bool,
    pub notifies: bool,
    /// Maximum duration of a full-text search.
    pub search_budget: Duration,
    /// Server-wide policy. The administrators' policy is based on it.
    pub policy: RealmPolicy,
}

impl Admin {
    pub(in crate::config) fn read(values: &Values) -> Option<Self> {
        Some(Self {
            is_on: values.get(&ADMIN)?,
            listen: values.get(&ADMIN_LISTEN),
            networks: values.get(&ADMIN_NETWORKS).unwrap_or_default(),
            requires_mfa: values.get(&ADMIN_MFA)? == AdminMfa::Required,
            notifies: values.get(&IMPERSONATION_NOTICE)?,
            search_budget: values.get(&SEARCH_BUDGET)?,
            policy: RealmPolicy::read(values)?,
        })
    }
}

fn derive(values: &mut Values, environment: Environment) {
    let mfa = if environment == Environment::Development { "off" } else { "required" };
    values.derive(&ADMIN_MFA, |_| Some(mfa.to_owned()));
}

fn check(values: &Values, context: &Context<'_>, report: &mut Report) {
    if values.get(&SEARCH_BUDGET).is_some_and(|budget| budget > MAX_SEARCH) {
        let text = "must be at most 20s: a longer search would exceed the request timeout";
        report.problem(SEARCH_BUDGET.name(), text, Fix::set(SEARCH_BUDGET.name(), "20s"));
    }
    listener(values, report);
    let is_careless = values.get(&ADMIN_MFA) == Some(AdminMfa::Off) && values.get(&ADMIN) == Some(true);
    if is_careless && context.environment == Environment::Production {
        let text = "lets a stolen password of an administrator open all accounts";
        report.insecure(Refused, ADMIN_MFA.name(), text, Fix::set(ADMIN_MFA.name(), "required"));
    }
}

/// Rejects a listener that cannot be opened beside the others, and one to which passwords travel unencrypted.
fn listener(values: &Values, report: &mut Report) {
    let Some(address) = values.get(&ADMIN_LISTEN).and_then(|on| on.address()) else { return };
    let name = ADMIN_LISTEN.name();
    let server = values.get(&HOST).zip(values.get(&PORT)).map(|(host, port)| SocketAddr::new(host, port));
    let others = [("HOST and PORT", server), (METRICS_LISTEN.name(), values.get(&METRICS_LISTEN))];
    let shares = |other: SocketAddr| {
        let is_on_all = address.ip().is_unspecified() || other.ip().is_unspecified();
        address.port() != 0 && address.port() == other.port() && (is_on_all || address.ip() == other.ip())
    };
    if let Some((of, _)) = others.into_iter().find(|(_, other)| other.is_some_and(shares)) {
        let other = SocketAddr::new(address.ip(), if address.port() == 9000 { 9001 } else { 9000 });
        report.problem(name, format!("is the address of {of}: choose another port"), Fix::set(name, other.to_string()));
    }
    let is_encrypted = values.get(&PUBLIC_URL).is_none_or(|url| url.is_https());
    if !is_encrypted && !address.ip().is_loopback() {
        let text = "is reachable from other machines, and PUBLIC_URL is not https: passwords of administrators would be \
                    sent unencrypted";
        let fix = Fix::set(name, format!("127.0.0.1:{}", address.port()));
        report.insecure(RefusedElseWarned, name, text, fix).beside(PUBLIC_URL.name());
    }
}
