/// Kind of a provider, which decides its protocol and what proves an address.
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

/// What stands for the tenant in the issuers of Microsoft.
pub(super) const TENANT: &str = "{tenantid}";
/// Tenant of personal accounts at Microsoft, whose addresses Microsoft proves.
const PERSONAL_TENANT: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

impl Preset {
    /// All presets, in the order in which they are listed.
    pub const ALL: [Self; 7] =
        [Self::Google, Self::Microsoft, Self::Apple, Self::Github, Self::Gitlab, Self::Discord, Self::Oidc];

    /// Returns the word of answers; for a preset also the name of its provider.
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

    /// Returns the preset of a provider with this name in lower case.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name).unwrap_or(Self::Oidc)
    }

    /// Returns the name for people; none, if the settings decide.
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

    /// Returns the scopes that are asked for, separated by spaces.
    #[must_use]
    pub const fn scopes(self) -> &'static str {
        match self {
            Self::Apple => "openid email name",
            Self::Github => "read:user user:email",
            Self::Discord => "identify email",
            Self::Google | Self::Microsoft | Self::Gitlab | Self::Oidc => "openid email profile",
        }
    }

    /// Returns the issuer or, for OAuth 2.0, the base URL; none, if the settings must name it.
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

    /// Returns whether it speaks OpenID Connect and not only OAuth 2.0.
    #[must_use]
    pub const fn has_id_tokens(self) -> bool {
        !matches!(self, Self::Github | Self::Discord)
    }

    /// Returns whether the provider operates the mailbox of an address, so that no one else can receive its mail. `hosted` is the
    /// domain of which the provider says that it hosts its mail.
    #[must_use]
    pub fn operates(self, domain: &str, hosted: Option<&str>) -> bool {
        match self {
            Self::Google => ["gmail.com", "googlemail.com"].contains(&domain) || hosted == Some(domain),
            Self::Apple => ["privaterelay.appleid.com", "icloud.com", "me.com", "mac.com"].contains(&domain),
            _ => false,
        }
    }

    /// Returns whether a tenant is that of personal accounts.
    pub(crate) fn is_personal(tenant: &str) -> bool {
        tenant == PERSONAL_TENANT
    }
}
