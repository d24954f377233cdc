//! External accounts, verified through an ID token or the provider's API.

use serde_json::{Map, Value};

use super::{IdClaims, Preset, Provider};
use crate::account::{email::EmailAddress, name::PersonName};

/// A verified account at a provider. Personal data: never printed.
#[derive(Clone)]
pub struct ProvedIdentity {
    pub issuer: String,
    /// Stable identifier of the account. Never an address or a name.
    pub subject: String,
    pub email: Option<EmailAddress>,
    /// Whether the provider has verified the address.
    pub is_email_proved: bool,
    /// Whether the provider operates the mailbox of the address.
    pub operates_mailbox: bool,
    pub first_name: Option<PersonName>,
    pub last_name: Option<PersonName>,
    /// Display name of the account: the address or, without one, the user name.
    pub called: Option<String>,
    /// Whether the provider reports that two factors were used.
    pub has_two_factors: bool,
}

impl std::fmt::Debug for ProvedIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProvedIdentity(…)")
    }
}

/// Maximum length of a stored account name, in characters.
const MAX_NAME_LENGTH: usize = 254;

impl ProvedIdentity {
    /// Reads the account from an ID token. Returns `None` if the token does not identify an account.
    #[must_use]
    pub fn of_claims(provider: &Provider, claims: &IdClaims) -> Option<Self> {
        let subject = match provider.preset {
            // Microsoft's `sub` differs for each client.
            Preset::Microsoft => format!("{}:{}", claims.text("tid")?, claims.text("oid")?),
            _ => claims.text("sub")?.to_owned(),
        };
        let email = claims.text("email").and_then(|email| EmailAddress::parse(email).ok());
        let domain = email.as_ref().and_then(|email| email.as_str().rsplit_once('@')).map(|(_, domain)| domain);
        let operates = domain.is_some_and(|domain| provider.preset.operates(domain, claims.text("hd")));
        let is_proved = email.is_some() && proves(provider, claims);
        let names = (claims.text("given_name"), claims.text("family_name"));
        let amr = claims.value("amr").and_then(Value::as_array);
        let called = ["email", "preferred_username", "nickname", "name"].into_iter().find_map(|name| claims.text(name));
        Some(Self {
            issuer: claims.issuer.clone(),
            subject,
            is_email_proved: is_proved,
            operates_mailbox: is_proved && operates,
            email,
            first_name: names.0.and_then(|name| PersonName::parse(name).ok()),
            last_name: names.1.and_then(|name| PersonName::parse(name).ok()),
            called: called.and_then(called_of),
            has_two_factors: amr.is_some_and(|amr| amr.iter().any(|method| method == "mfa")),
        })
    }

    /// Reads the account from GitHub's `/user` and `/user/emails`. Returns `None` if they do not identify an account.
    #[must_use]
    pub fn of_github(provider: &Provider, user: &Map<String, Value>, emails: &[Value]) -> Option<Self> {
        let is_primary = |entry: &&Value| entry.get("primary") == Some(&Value::Bool(true));
        let primary = emails.iter().find(is_primary);
        let email = primary.and_then(|entry| entry.get("email")).and_then(Value::as_str);
        let is_verified = primary.and_then(|entry| entry.get("verified")) == Some(&Value::Bool(true));
        let id = user.get("id").and_then(Value::as_u64)?;
        Self::of_api(provider, id, (email, is_verified), user.get("login"), user.get("name"))
    }

    /// Reads the account from Discord's `/users/@me`. Returns `None` if it does not identify an account.
    #[must_use]
    pub fn of_discord(provider: &Provider, user: &Map<String, Value>) -> Option<Self> {
        let id: u64 = user.get("id").and_then(Value::as_str)?.parse().ok()?;
        let email = user.get("email").and_then(Value::as_str);
        let is_verified = user.get("verified") == Some(&Value::Bool(true));
        Self::of_api(provider, id, (email, is_verified), user.get("username"), user.get("global_name"))
    }

    fn of_api(
        provider: &Provider,
        id: u64,
        (email, is_verified): (Option<&str>, bool),
        login: Option<&Value>,
        name: Option<&Value>,
    ) -> Option<Self> {
        let email = email.and_then(|email| EmailAddress::parse(email).ok());
        let called = email.as_ref().map(EmailAddress::as_str).or_else(|| login?.as_str());
        // Stores the full name as the first name, because it cannot be split reliably.
        let first_name = name.and_then(Value::as_str).and_then(|name| PersonName::parse(name).ok());
        Some(Self {
            issuer: provider.base_url.clone(),
            subject: id.to_string(),
            is_email_proved: is_verified && email.is_some(),
            operates_mailbox: false,
            called: called.and_then(called_of),
            email,
            first_name,
            last_name: None,
            has_two_factors: false,
        })
    }

    /// Returns the address if the provider has verified it.
    #[must_use]
    pub fn proved_email(&self) -> Option<&EmailAddress> {
        self.email.as_ref().filter(|_| self.is_email_proved)
    }
}

/// Returns whether the provider has verified the address in the token.
fn proves(provider: &Provider, claims: &IdClaims) -> bool {
    let is = |name: &str| claims.value(name) == Some(&Value::Bool(true));
    let says = |name: &str| claims.text(name).is_some_and(|text| text.eq_ignore_ascii_case("true"));
    match provider.preset {
        Preset::Google | Preset::Gitlab => is("email_verified"),
        Preset::Apple => is("email_verified") || says("email_verified"),
        // Tenant administrators can set any address on their accounts.
        Preset::Microsoft => {
            let is_owned = is("xms_edov") || says("xms_edov") || claims.text("xms_edov") == Some("1");
            claims.text("tid").is_some_and(Preset::is_personal)
                || is_owned
                || claims.value("xms_edov") == Some(&1.into())
        }
        Preset::Oidc => provider.trust_email && is("email_verified"),
        Preset::Github | Preset::Discord => false,
    }
}

/// Returns the name if it can be displayed. `None` if it is empty, too long or contains control characters.
fn called_of(name: &str) -> Option<String> {
    let name = name.trim();
    let is_plain = !name.is_empty() && name.chars().count() <= MAX_NAME_LENGTH && !name.chars().any(char::is_control);
    is_plain.then(|| name.to_owned())
}
