//! OpenID Connect: applications that sign users in through this server.

use portcullis_core::oauth::Scopes;

use super::section::{Section, settings};
use crate::config::{
    setting::Fallback::{Fixed, Nothing},
    value::{Choice, OWN_SCOPES, SWITCH, choice},
};

pub(super) const SECTION: Section = Section::new("OpenID Connect", SETTINGS);

settings! {
    OIDC: bool = SWITCH, Fixed("on"),
        "Whether applications can sign users in through this server (OpenID Connect). Requires a client, `PAGES`, and the default `JWT_ISSUER`.", per_realm;
    ID_TOKEN_ALGORITHM: IdTokenAlgorithm = choice(), Fixed("RS256"),
        "Default signature algorithm of client tokens: `RS256`, `ES256` or `EdDSA`.", per_realm;
    SCOPES: Scopes = OWN_SCOPES, Nothing,
        "Scopes of your own services, separated by commas, that clients can request in addition to the built-in ones.", per_realm;
}

/// Signature algorithm of client tokens. Clients cannot verify tokens with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTokenAlgorithm {
    Rs256,
    Es256,
    EdDsa,
}

impl Choice for IdTokenAlgorithm {
    const WORDS: &'static [(&'static str, Self)] =
        &[("RS256", Self::Rs256), ("ES256", Self::Es256), ("EdDSA", Self::EdDsa)];
    const PLACEHOLDER: &'static str = "RS256|ES256|EdDSA";
}
