//! Settings of sign-in with other providers. Each provider is a member of a family of settings.

use portcullis_core::{
    SecretString,
    clock::Timestamp,
    federation::{ClientSecret, LinkPolicy, Preset, Provider},
};

use super::section::{Section, settings};
use crate::config::{
    fix::Fix,
    report::{Report, Severity::Refused},
    setting::{
        Entry,
        Fallback::{Derived, Fixed, Nothing},
        Setting,
    },
    value::{CLIENT_IDS, Choice, ISSUER, NAME_PREFIX, PEM, PublicUrl, SECRET, SWITCH, TEXT, choice},
    values::Values,
};

pub(super) const SECTION: Section =
    Section::new("Sign-in with other providers", SETTINGS).checked_per_realm(check_realm);

settings! {
    SOCIAL_LINK: SocialLink = choice(), Fixed("ask"),
        "What happens if the address of a new identity has an account. `ask`: the owner must log in or follow an emailed link. `authoritative`: the identity is linked immediately if the provider operates the mailbox and two-step verification is off.", per_realm;
    SOCIAL_CLIENT_ID as "SOCIAL_<NAME>_CLIENT_ID": String = TEXT, Nothing,
        "Client ID of this server at a provider. `<NAME>` is `GOOGLE`, `MICROSOFT`, `APPLE`, `GITHUB`, `GITLAB`, `DISCORD`, or a name of letters and digits for any other OpenID Connect provider. A provider is enabled if it has a client ID. These settings have no command-line flags.", per_realm;
    SOCIAL_CLIENT_SECRET as "SOCIAL_<NAME>_CLIENT_SECRET": SecretString = SECRET, Nothing,
        "Client secret. Not used for Apple, which requires a key.", secret, per_realm;
    SOCIAL_NATIVE_CLIENT_IDS as "SOCIAL_<NAME>_NATIVE_CLIENT_IDS": Vec<String> = CLIENT_IDS, Nothing,
        "Client IDs of applications, separated by commas. Their ID tokens can be exchanged at `token`.", per_realm;
    SOCIAL_SCOPES as "SOCIAL_<NAME>_SCOPES": String = TEXT, Derived("by provider; else `openid email profile`"),
        "Requested scopes, separated by spaces.", per_realm;
    SOCIAL_LABEL as "SOCIAL_<NAME>_LABEL": String = TEXT, Derived("the provider's name; else `<NAME>`"),
        "Name of the provider on pages and in emails.", per_realm;
    SOCIAL_TRUST_EMAIL as "SOCIAL_<NAME>_TRUST_EMAIL": bool = SWITCH, Fixed("off"),
        "Whether to trust `email_verified` of a custom OpenID Connect provider. Only turn it on if the provider verifies addresses.", per_realm;
    SOCIAL_TRUST_MFA as "SOCIAL_<NAME>_TRUST_MFA": bool = SWITCH, Fixed("off"),
        "Whether to accept `mfa` in the provider's `amr` as two factors.", per_realm;
    SOCIAL_ISSUER as "SOCIAL_<NAME>_ISSUER": String = ISSUER, Derived("by provider; without one it is required"),
        "Issuer of an OpenID Connect provider, exactly as in its metadata.", per_realm;
    SOCIAL_TENANT as "SOCIAL_<NAME>_TENANT": String = NAME_PREFIX, Derived("`common` for Microsoft"),
        "Microsoft tenant: `common`, `organizations`, `consumers`, or the ID or domain of a tenant.", per_realm;
    SOCIAL_TEAM_ID as "SOCIAL_<NAME>_TEAM_ID": String = NAME_PREFIX, Nothing,
        "Apple team ID.", per_realm;
    SOCIAL_KEY_ID as "SOCIAL_<NAME>_KEY_ID": String = NAME_PREFIX, Nothing,
        "Apple key ID.", per_realm;
    SOCIAL_KEY as "SOCIAL_<NAME>_KEY": SecretString = PEM, Nothing,
        "Apple private key (`.p8`), which signs the client secret for each request. Set the path of its file in `…_KEY_FILE`.", secret, per_realm;
    SOCIAL_BASE_URL as "SOCIAL_<NAME>_BASE_URL": String = ISSUER, Derived("`https://github.com` for GitHub"),
        "Base URL of GitHub Enterprise Server.", per_realm;
}

/// When to link an identity to an existing account with its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SocialLink {
    Ask,
    Authoritative,
}

impl Choice for SocialLink {
    const WORDS: &'static [(&'static str, Self)] = &[("ask", Self::Ask), ("authoritative", Self::Authoritative)];
    const PLACEHOLDER: &'static str = "ask|authoritative";
}

impl From<SocialLink> for LinkPolicy {
    fn from(link: SocialLink) -> Self {
        match link {
            SocialLink::Ask => Self::Ask,
            SocialLink::Authoritative => Self::Authoritative,
        }
    }
}

/// Reads the providers in display order: presets first, then others by name.
pub(super) fn providers(values: &Values) -> Vec<Provider> {
    let mut providers: Vec<Provider> =
        values.members(&[&SOCIAL_CLIENT_ID]).into_iter().filter_map(|member| provider(values, member)).collect();
    providers.sort_by(|one, other| (one.preset, &one.name).cmp(&(other.preset, &other.name)));
    providers
}

/// Reads a provider. Returns `None` if a value is missing or invalid, which has already been reported.
fn provider(values: &Values, member: &str) -> Option<Provider> {
    let name = member.to_ascii_lowercase();
    let preset = Preset::of(&name);
    let default = match preset {
        Preset::Microsoft => {
            let tenant = values.of_member(&SOCIAL_TENANT, member).unwrap_or_else(|| "common".to_owned());
            Some(format!("{}/{tenant}/v2.0", preset.base_url()?))
        }
        _ => preset.base_url().map(str::to_owned),
    };
    // A setting that repeats the preset's own URL has no effect.
    let url = own_url(values, preset, member).filter(|url| Some(url) != default.as_ref());
    let label = values.of_member(&SOCIAL_LABEL, member);
    Some(Provider {
        label: label.unwrap_or_else(|| preset.label().unwrap_or(member).to_owned()),
        client_id: values.of_member(&SOCIAL_CLIENT_ID, member)?,
        client_secret: client_secret(values, member),
        native_client_ids: values.of_member(&SOCIAL_NATIVE_CLIENT_IDS, member).unwrap_or_default(),
        scopes: values.of_member(&SOCIAL_SCOPES, member).unwrap_or_else(|| preset.scopes().to_owned()),
        trust_email: values.of_member(&SOCIAL_TRUST_EMAIL, member)?,
        trust_mfa: values.of_member(&SOCIAL_TRUST_MFA, member)?,
        is_named_by_setting: url.is_some(),
        base_url: url.or(default)?,
        name,
        preset,
    })
}

fn client_secret(values: &Values, member: &str) -> Option<ClientSecret> {
    let of = |setting| values.of_member(setting, member);
    match (of(&SOCIAL_TEAM_ID), of(&SOCIAL_KEY_ID), values.of_member(&SOCIAL_KEY, member)) {
        (Some(team_id), Some(key_id), Some(key)) => Some(ClientSecret::Signed { team_id, key_id, key }),
        _ => values.of_member(&SOCIAL_CLIENT_SECRET, member).map(ClientSecret::Fixed),
    }
}

/// Returns the setting for the URL of a provider.
const fn url_setting(preset: Preset) -> &'static Setting<String> {
    if preset.has_id_tokens() { &SOCIAL_ISSUER } else { &SOCIAL_BASE_URL }
}

fn own_url(values: &Values, preset: Preset, member: &str) -> Option<String> {
    let url = values.of_member(url_setting(preset), member)?;
    // For OAuth 2.0 it is only a prefix of paths, so a trailing slash is removed.
    Some(if preset.has_id_tokens() { url } else { url.trim_end_matches('/').to_owned() })
}

/// All settings of the family.
const FAMILY: [&dyn Entry; 13] = [
    &SOCIAL_CLIENT_ID,
    &SOCIAL_CLIENT_SECRET,
    &SOCIAL_NATIVE_CLIENT_IDS,
    &SOCIAL_SCOPES,
    &SOCIAL_LABEL,
    &SOCIAL_TRUST_EMAIL,
    &SOCIAL_TRUST_MFA,
    &SOCIAL_ISSUER,
    &SOCIAL_TENANT,
    &SOCIAL_TEAM_ID,
    &SOCIAL_KEY_ID,
    &SOCIAL_KEY,
    &SOCIAL_BASE_URL,
];

fn check_realm(values: &Values, report: &mut Report) {
    for member in values.members(&FAMILY) {
        let Some(client_id) = values.name_of_member(&SOCIAL_CLIENT_ID, member) else {
            let name = format!("SOCIAL_{member}_CLIENT_ID");
            let fix = Fix::Do(format!("write {name} too, or remove the settings that begin with SOCIAL_{member}_"));
            report.problem(name, "is required to enable the provider", fix);
            continue;
        };
        let preset = Preset::of(&member.to_ascii_lowercase());
        if member == "LINK" {
            let fix = Fix::Do("choose a name other than LINK for the provider".to_owned());
            report.problem(client_id, "configures a provider `link`, which is the name of a page", fix);
        }
        check_url(values, preset, member, report);
        check_secret(values, preset, member, report);
    }
}

fn check_url(values: &Values, preset: Preset, member: &str, report: &mut Report) {
    let Some(name) = values.name_of_member(url_setting(preset), member) else {
        if preset == Preset::Oidc {
            let name = format!("SOCIAL_{member}_ISSUER");
            let fix = Fix::Do(format!("write {name}=https://login.example.com, the issuer of the provider"));
            report.problem(name, "is required for a custom provider", fix);
        }
        return;
    };
    let is_plain = |url: String| PublicUrl::parse(&url).is_ok_and(|url| !url.is_https());
    if own_url(values, preset, member).is_some_and(is_plain) {
        let fix = Fix::Do(format!("write a URL with https into {name}"));
        report.insecure(Refused, name, "is plain http: others on the network could read and replace tokens", fix);
    }
    if matches!(preset, Preset::Google | Preset::Microsoft | Preset::Apple | Preset::Discord) {
        let text = "replaces the address of a well-known provider, which is for development only";
        report.insecure(Refused, name, text, Fix::Unset(name));
    }
}

fn check_secret(values: &Values, preset: Preset, member: &str, report: &mut Report) {
    let is_set = |name: Option<&'static str>| name.is_some();
    let of_key = [
        ("TEAM_ID", is_set(values.name_of_member(&SOCIAL_TEAM_ID, member))),
        ("KEY_ID", is_set(values.name_of_member(&SOCIAL_KEY_ID, member))),
        ("KEY", is_set(values.name_of_member(&SOCIAL_KEY, member))),
    ];
    if of_key.iter().any(|(_, is_set)| *is_set) {
        for (end, _) in of_key.iter().filter(|(_, is_set)| !is_set) {
            let name = format!("SOCIAL_{member}_{end}");
            let fix = Fix::Do(format!("write {name} too"));
            report.problem(name, "is required with the other two of TEAM_ID, KEY_ID and KEY", fix);
        }
        let provider = provider(values, member);
        if let Some(name) = values.name_of_member(&SOCIAL_KEY, member)
            && provider.is_some_and(|provider| provider.secret_at(Timestamp::default()).is_err())
        {
            let fix = Fix::Do(format!("write the `.p8` file of Apple into {name}, as it was downloaded"));
            report.problem(name, "must be a P-256 private key in PEM (PKCS#8)", fix);
        }
        return;
    }
    let has_secret = values.name_of_member(&SOCIAL_CLIENT_SECRET, member).is_some();
    let is_native = values.name_of_member(&SOCIAL_NATIVE_CLIENT_IDS, member).is_some();
    if !has_secret && !is_native && preset != Preset::Oidc {
        let end = if preset == Preset::Apple { "KEY" } else { "CLIENT_SECRET" };
        let name = format!("SOCIAL_{member}_{end}");
        let fix = Fix::in_a_file(&name);
        report.problem(name, "is required for sign-in in a browser", fix);
    }
}
