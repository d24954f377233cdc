use serde::Deserialize;

use super::{Preset, Provider, preset::TENANT};

/// Metadata of an OpenID Connect provider (OpenID Connect Discovery 1.0 §3). Only the fields that the server uses.
#[derive(Debug, Clone, Deserialize)]
pub struct Discovery {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub jwks_uri: String,
    #[serde(default)]
    pub userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Whether authorization responses contain the issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// Reason why a discovery document was rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDocument {
    #[error("the document of the provider is unreadable")]
    Unreadable,
    #[error("the document names another issuer")]
    Issuer,
}

impl Discovery {
    /// Returns the URL of the provider's discovery document.
    #[must_use]
    pub fn url(provider: &Provider) -> String {
        format!("{}/.well-known/openid-configuration", provider.base_url.trim_end_matches('/'))
    }

    /// Parses a provider's discovery document. Its issuer must match the settings, so that a document cannot redirect
    /// to another provider.
    ///
    /// # Errors
    /// Returns [`BadDocument`] if the document is unreadable or belongs to another issuer.
    pub fn read(provider: &Provider, body: &[u8]) -> Result<Self, BadDocument> {
        let document: Self = serde_json::from_slice(body).map_err(|_| BadDocument::Unreadable)?;
        let is_right = match provider.preset {
            Preset::Microsoft => is_of_microsoft(&provider.base_url, &document.issuer),
            _ => document.issuer == provider.base_url,
        };
        if is_right { Ok(document) } else { Err(BadDocument::Issuer) }
    }

    /// Returns whether a Microsoft issuer belongs to one of the configured tenants, or is the template for all
    /// tenants.
    pub(super) fn is_of_tenants(provider: &Provider, issuer: &str) -> bool {
        is_of_microsoft(&provider.base_url, issuer)
    }

    /// Returns the token issuer for a tenant. Only Microsoft has tenants. Returns `None` if the settings do not allow
    /// the tenant.
    #[must_use]
    pub fn issuer_of(&self, provider: &Provider, tenant: Option<&str>) -> Option<String> {
        if provider.preset != Preset::Microsoft {
            return Some(self.issuer.clone());
        }
        let (_, configured) = base_and_tenant(&provider.base_url)?;
        let is_personal = tenant.is_some_and(Preset::is_personal);
        let is_allowed = match configured {
            "organizations" => !is_personal,
            "consumers" => is_personal,
            _ => true,
        };
        let tenant = tenant.filter(|tenant| is_allowed && is_tenant_id(tenant))?;
        Some(self.issuer.replace(TENANT, tenant))
    }

    /// Returns whether the client secret is sent in the request body instead of the header. Servers must support the
    /// header unless their metadata says otherwise (RFC 6749 §2.3.1).
    #[must_use]
    pub fn takes_secret_in_body(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let has = |method: &str| methods.iter().any(|known| known == method);
        has("client_secret_post") && !has("client_secret_basic")
    }
}

/// Splits `BASE/TENANT/v2.0`, the format of Microsoft issuers.
fn base_and_tenant(issuer: &str) -> Option<(&str, &str)> {
    issuer.strip_suffix("/v2.0")?.rsplit_once('/')
}

/// Returns whether the issuer of a document matches the configured tenant. Only multi-tenant documents contain a
/// placeholder.
fn is_of_microsoft(configured: &str, issuer: &str) -> bool {
    let (Some((base, wanted)), Some((found_base, found))) = (base_and_tenant(configured), base_and_tenant(issuer))
    else {
        return false;
    };
    let is_right = match wanted {
        "common" | "organizations" | "consumers" => found == TENANT || is_tenant_id(found),
        id if is_tenant_id(id) => found.eq_ignore_ascii_case(id),
        _ => is_tenant_id(found),
    };
    base == found_base && is_right
}

/// Returns whether a string is a tenant ID, which is a UUID.
fn is_tenant_id(text: &str) -> bool {
    let is_dash = |at: usize| [8, 13, 18, 23].contains(&at);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| if is_dash(at) { byte == b'-' } else { byte.is_ascii_hexdigit() })
}
