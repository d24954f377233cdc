//! Passkey and security key settings.

use portcullis_core::factor::passkey::RelyingParty;

use super::{
    general::{APP_NAME, PUBLIC_URL},
    section::{Context, Section, settings},
};
use crate::config::{
    environment::Environment,
    fix::Fix,
    report::{Report, Severity::RefusedElseWarned},
    setting::Fallback::{Derived, Fixed},
    value::{ORIGINS, PublicUrl, RP_ID, SWITCH},
    values::Values,
};

pub(super) const SECTION: Section = Section::new("Passkeys", SETTINGS).deriving(derive).checked(check);

settings! {
    PASSKEYS: bool = SWITCH, Fixed("on"),
        "Whether users may sign in with passkeys.", per_realm;
    PASSKEY_RP_ID: String = RP_ID, Derived("the host of `PUBLIC_URL`; passkeys are off if it is not a domain name"),
        "Domain of the passkeys (relying party ID). Passkeys of another domain cannot be used, so set this before changing `PUBLIC_URL`.";
    PASSKEY_ORIGINS: Vec<String> = ORIGINS, Derived("the origin of `PUBLIC_URL`"),
        "Web origins, separated by commas, that may use passkeys. Origins other than that of `PUBLIC_URL` are listed at `/.well-known/webauthn`.";
}

#[derive(Debug)]
pub struct Passkeys {
    /// `None` if passkeys are not available, because an IP address cannot be their domain.
    pub party: Option<RelyingParty>,
    /// Whether the domain is derived from `PUBLIC_URL`.
    pub follows_public_url: bool,
    /// Origin of `PUBLIC_URL`.
    pub own_origin: String,
}

impl Passkeys {
    pub(super) fn read(values: &Values) -> Option<Self> {
        let own_origin = origin(&values.get(&PUBLIC_URL)?);
        let origins = values.get(&PASSKEY_ORIGINS).unwrap_or_else(|| vec![own_origin.clone()]);
        let name = values.get(&APP_NAME)?;
        let party = values.get(&PASSKEY_RP_ID).map(|id| RelyingParty { id, origins, name });
        Some(Self { party, follows_public_url: values.is_derived(PASSKEY_RP_ID.name()), own_origin })
    }
}

fn derive(values: &mut Values, _: Environment) {
    values.derive(&PASSKEY_RP_ID, |values| {
        let url = values.get(&PUBLIC_URL)?;
        (RP_ID.read)(url.host()).ok()
    });
    values.derive(&PASSKEY_ORIGINS, |values| Some(origin(&values.get(&PUBLIC_URL)?)));
}

/// Returns the origin of a URL in the format sent by browsers.
fn origin(url: &PublicUrl) -> String {
    let without_path = url.as_str().strip_suffix(url.path()).unwrap_or(url.as_str());
    (ORIGINS.read)(without_path).ok().and_then(|mut origins| origins.pop()).unwrap_or_else(|| without_path.to_owned())
}

fn check(values: &Values, _: &Context<'_>, report: &mut Report) {
    let name = PASSKEY_ORIGINS.name();
    if values.is_derived(name) {
        return;
    }
    let origins = values.get(&PASSKEY_ORIGINS).unwrap_or_default();
    if origins.iter().any(|origin| origin == "*") {
        let own = values.get(&PUBLIC_URL).map_or_else(String::new, |url| origin(&url));
        report.problem(name, "allows all origins (`*`): list the origins", Fix::set(name, own));
    }
    let is_plain = |origin: &String| PublicUrl::parse(origin).is_ok_and(|url| !url.is_https() && !url.is_loopback());
    if origins.iter().any(is_plain) {
        let secured: Vec<String> = origins.iter().map(|origin| origin.replacen("http://", "https://", 1)).collect();
        let text = "contains an origin with http: browsers support passkeys only on https";
        report.insecure(RefusedElseWarned, name, text, Fix::set(name, secured.join(",")));
    }
}
