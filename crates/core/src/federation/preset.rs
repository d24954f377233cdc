/// Type of a provider. Determines the protocol and when an address is considered verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Preset {
    Google,
    Microsoft,
    Apple,
    Github,
    Gitlab,
    Discord,
    /// Any other OpenID Connect provider.
    Oidc,
}

/// Placeholder for the tenant in Microsoft's issuers.
pub(super) const TENANT: &str = "{tenantid}";
/// Tenant of personal Microsoft accounts. Microsoft verifies their addresses.
const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

impl Preset {
    /// All presets, in display order.
    pub const ALL: [Self; 7] =
        [Self::Google, Self::Microsoft, Self::Apple, Self::Github, Self::Gitlab, Self::Discord, Self::Oidc];

    /// Returns the name used in the API. For presets this is also the name of the provider.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Microsoft => "microsoft",
            Self::Apple => "apple",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Discord => "discord",
            Self::Oidc => "oidc",
        }
    }

    /// Returns the preset for a provider name in lower case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name).unwrap_or(Self::Oidc)
    }

    /// Returns the display name. `None` if the settings define it.
    #[must_use]
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("Google"),
            Self::Microsoft => Some("Microsoft"),
            Self::Apple => Some("Apple"),
            Self::Github => Some("GitHub"),
            Self::Gitlab => Some("GitLab"),
            Self::Discord => Some("Discord"),
            Self::Oidc => None,
        }
    }

    /// Returns the requested scopes, separated by spaces.
    #[must_use]
    pub const fn scopes(self) -> &'static str {
        match self {
            Self::Apple => "openid email name",
            Self::Github => "read:user user:email",
            Self::Discord => "identify email",
            Self::Google | Self::Microsoft | Self::Gitlab | Self::Oidc => "openid email profile",
        }
    }

    /// Returns the issuer or, for OAuth 2.0, the base URL. `None` if the settings must define it.
    #[must_use]
    pub const fn base_url(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("https://accounts.google.com"),
            Self::Microsoft => Some("https://login.microsoftonline.com"),
            Self::Apple => Some("https://appleid.apple.com"),
            Self::Github => Some("https://github.com"),
            Self::Gitlab => Some("https://gitlab.com"),
            Self::Discord => Some("https://discord.com"),
            Self::Oidc => None,
        }
    }

    /// Returns whether the provider supports OpenID Connect and not only OAuth 2.0.
    #[must_use]
    pub const fn has_id_tokens(self) -> bool {
        !matches!(self, Self::Github | Self::Discord)
    }

    /// Returns whether the provider operates the mailbox of an address, so that only the provider's user can receive
    /// its mail. `hosted` is the domain that the provider claims to host.
    #[must_use]
    pub fn operates(self, domain: &str, hosted: Option<&str>) -> bool {
        match self {
            Self::Google => ["gmail.com", "googlemail.com"].contains(&domain) || hosted == Some(domain),
            Self::Apple => ["privaterelay.appleid.com", "icloud.com", "me.com", "mac.com"].contains(&domain),
            _ => false,
        }
    }

    /// Returns whether the tenant is the one of personal accounts.
    pub(crate) fn is_personal(tenant: &str) -> bool {
        tenant == PERSONAL_TENANT
    }
}
