//! The development mailbox, which stores messages instead of sending them.

use ipnet::IpNet;

use super::{
    general::{ENVIRONMENT, PUBLIC_URL},
    http::HOST,
    section::{Context, Section, settings},
};
use crate::config::{
    developer_access::DeveloperAccess,
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::Refused},
    setting::Fallback::{Derived, Fixed, Nothing},
    value::{NETWORKS, SWITCH, number},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Development mailbox", SETTINGS).checked(check);

settings! {
    DEV_MAILBOX: bool = SWITCH,
        Derived("`on` if `MAIL_SERVER` is not set, and `HOST` is loopback or `ENVIRONMENT=development` is set; never in production"),
        "Whether emails and SMS are stored and shown at `/dev/mailbox` instead of being sent. They are stored in `DATA_DIR/mailbox.jsonl`.";
    DEV_MAILBOX_SIZE: usize = number::<_, 1, 10_000>(), Fixed("200"),
        "Maximum number of messages in the development mailbox.";
    DEV_MAILBOX_NETWORKS: Vec<IpNet> = NETWORKS, Nothing,
        "Networks, separated by commas, that may read the development mailbox in addition to this machine, such as `172.16.0.0/12` for the host of a container. For development only.";
}

/// Returns the access rules of the mailbox.
pub(super) fn access(values: &Values) -> Option<DeveloperAccess> {
    Some(DeveloperAccess {
        networks: values.get(&DEV_MAILBOX_NETWORKS).unwrap_or_default(),
        public_host: values.get(&PUBLIC_URL)?.host().trim_matches(['[', ']']).to_owned(),
    })
}

/// Turns on the mailbox if emails could not be delivered otherwise.
pub(super) fn derive(values: &mut Values, environment: Environment, has_server: bool) {
    values.derive(&DEV_MAILBOX, |values| {
        let is_needed = !has_server && environment == Environment::Development;
        let is_explicit = values.has(ENVIRONMENT.name()) && !values.is_derived(ENVIRONMENT.name());
        let is_on = is_needed && (is_explicit || values.get(&HOST)?.is_loopback());
        Some(if is_on { "on" } else { "off" }.to_owned())
    });
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    if values.get(&DEV_MAILBOX) == Some(true) {
        let text = "is on: emails would be shown on this machine and never sent";
        report.insecure(Refused, DEV_MAILBOX.name(), text, Fix::set(DEV_MAILBOX.name(), "off"));
    }
    if values.has(DEV_MAILBOX_NETWORKS.name()) {
        let (name, text) = (DEV_MAILBOX_NETWORKS.name(), "would let other machines read emails with links: unset it");
        report.insecure(Refused, name, text, Fix::Unset(name));
    }
}
