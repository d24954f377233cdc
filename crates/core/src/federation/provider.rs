use secrecy::{ExposeSecret, SecretString};

use super::{Discovery, Preset};

/// Sign-in provider of a realm, as configured in the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Name used in URLs: lower-case letters and digits.
    pub name: String,
    pub preset: Preset,
    /// Display name of the provider.
    pub label: String,
    /// Client ID of the server at the provider.
    pub client_id: String,
    pub client_secret: Option<ClientSecret>,
    /// Client IDs of applications that may exchange ID tokens.
    pub native_client_ids: Vec<String>,
    /// Requested scopes, separated by spaces.
    pub scopes: String,
    /// Whether to trust `email_verified` from a provider that is not a preset.
    pub trust_email: bool,
    /// Whether to accept `mfa` in the provider's `amr` as two factors.
    pub trust_mfa: bool,
    /// Issuer or, for OAuth 2.0, the base URL.
    pub base_url: String,
    /// Whether the base URL comes from a setting. Its host may then have a private address.
    pub is_named_by_setting: bool,
}

/// Client secret of the server at a provider. Never printed.
#[derive(Debug, Clone)]
pub enum ClientSecret {
    Fixed(SecretString),
    /// Signed with a private key for each request, as Apple requires.
    Signed {
        team_id: String,
        key_id: String,
        key: SecretString,
    },
}

/// When to link an identity whose address belongs to an existing user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkPolicy {
    /// After asking the owner of the address.
    Ask,
    /// Immediately, if the provider operates the mailbox and the user has no second factor.
    Authoritative,
}

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Fixed(one), Self::Fixed(other)) => one.expose_secret() == other.expose_secret(),
            (
                Self::Signed { team_id: one_team, key_id: one_id, key: one },
                Self::Signed { team_id: other_team, key_id: other_id, key: other },
            ) => one_team == other_team && one_id == other_id && one.expose_secret() == other.expose_secret(),
            _ => false,
        }
    }
}

impl Eq for ClientSecret {}

impl Provider {
    /// Returns whether applications may exchange its ID tokens.
    #[must_use]
    pub const fn is_native(&self) -> bool {
        self.preset.has_id_tokens() && !self.native_client_ids.is_empty()
    }

    /// Returns whether browsers can sign in with it. All presets require a secret.
    #[must_use]
    pub const fn is_for_browsers(&self) -> bool {
        self.client_secret.is_some() || matches!(self.preset, Preset::Oidc)
    }

    /// Returns whether this `iss` of a callback may belong to the provider (RFC 9207). Microsoft sends the issuer of
    /// a tenant, which the ID token confirms. Providers with plain OAuth 2.0 have no metadata with an issuer, so the
    /// host is compared.
    #[must_use]
    pub(crate) fn may_be_named(&self, iss: &str) -> bool {
        let is_below = |base: &str| iss == base || iss.strip_prefix(base).is_some_and(|rest| rest.starts_with('/'));
        match self.preset {
            Preset::Microsoft => Discovery::is_of_tenants(self, iss),
            Preset::Github | Preset::Discord => is_below(self.base_url.trim_end_matches('/')),
            _ => iss == self.base_url,
        }
    }

    /// Returns the base URL if it comes from a setting. Its host may have a private address.
    #[must_use]
    pub fn trusted_url(&self) -> Option<&str> {
        self.is_named_by_setting.then_some(self.base_url.as_str())
    }
}
