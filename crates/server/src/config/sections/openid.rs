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
        "Whether applications can sign users in through this server (OpenID Connect). It needs a client, `PAGES`, and the default of `JWT_ISSUER`.", per_realm;
    ID_TOKEN_ALGORITHM: IdTokenAlgorithm = choice(), Fixed("RS256"),
        "Signature algorithm of the tokens of clients that name none: `RS256`, `ES256` or `EdDSA`.", per_realm;
    SCOPES: Scopes = OWN_SCOPES, Nothing,
        "Scopes of your own services, separated by commas, that clients can ask for beside the built-in ones.", per_realm;
}

/// Signature algorithm of the tokens of clients. A shared secret would prove nothing to them.
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
