//! Options of passkey ceremonies, in the format that browsers expect.

use portcullis_core::{
    factor::passkey::{CHALLENGE_TTL, KeyAlgorithm, PasskeyUse},
    service::{CreationOffer, FactorRequest, NamedCredential, PasskeyRequest},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A credential in the options of a ceremony.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialDescriptor)]
pub(crate) struct CredentialAnswer {
    #[schema(example = "public-key")]
    r#type: &'static str,
    #[schema(example = "x9QmV1c0")]
    id: String,
    /// Transports of its authenticator.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["internal", "hybrid"]))]
    transports: Vec<String>,
}

impl From<NamedCredential> for CredentialAnswer {
    fn from(credential: NamedCredential) -> Self {
        Self { r#type: "public-key", id: credential.id.to_text(), transports: credential.transports }
    }
}

/// Options for `navigator.credentials.get`.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyUseOptions)]
pub(crate) struct RequestOptions {
    #[serde(rename = "publicKey")]
    public_key: PublicKeyRequest,
    /// Lifetime in seconds.
    #[schema(example = 300)]
    expires_in: u64,
}

/// `PublicKeyCredentialRequestOptionsJSON`, for `PublicKeyCredential.parseRequestOptionsFromJSON`.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialRequestOptions)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicKeyRequest {
    #[schema(example = "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k")]
    challenge: String,
    #[schema(example = "accounts.example.com")]
    rp_id: String,
    /// Timeout in milliseconds.
    #[schema(example = 300000)]
    timeout: u64,
    /// Empty: any passkey of the server's domain.
    allow_credentials: Vec<CredentialAnswer>,
    /// `required`, `preferred` or `discouraged`.
    #[schema(example = "required")]
    user_verification: &'static str,
}

impl From<PasskeyRequest> for RequestOptions {
    fn from(request: PasskeyRequest) -> Self {
        Self {
            public_key: PublicKeyRequest {
                challenge: request.challenge.to_text(),
                rp_id: request.rp_id,
                timeout: CHALLENGE_TTL.as_millis() as u64,
                allow_credentials: Vec::new(),
                user_verification: "required",
            },
            expires_in: CHALLENGE_TTL.as_secs(),
        }
    }
}

impl From<FactorRequest> for RequestOptions {
    fn from(request: FactorRequest) -> Self {
        Self {
            public_key: PublicKeyRequest {
                challenge: request.challenge.to_text(),
                rp_id: request.rp_id,
                timeout: CHALLENGE_TTL.as_millis() as u64,
                allow_credentials: request.credentials.into_iter().map(Into::into).collect(),
                user_verification: if request.prefers_verification { "preferred" } else { "discouraged" },
            },
            expires_in: request.expires_in.as_secs(),
        }
    }
}

/// Options for `navigator.credentials.create`.
#[derive(Serialize, ToSchema)]
#[schema(as = PasskeyCreationOptions)]
pub(crate) struct CreationOptions {
    #[serde(rename = "publicKey")]
    public_key: PublicKeyCreation,
    /// Lifetime in seconds.
    #[schema(example = 300)]
    expires_in: u64,
}

/// `PublicKeyCredentialCreationOptionsJSON`, for `PublicKeyCredential.parseCreationOptionsFromJSON`.
#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialCreationOptions)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PublicKeyCreation {
    rp: Party,
    user: PartyUser,
    #[schema(example = "AAABm3VzfQBq0zj0Q1yJ7xZ4v2bYc8dE5fG6hI7jK8k")]
    challenge: String,
    pub_key_cred_params: Vec<Parameter>,
    /// Timeout in milliseconds.
    #[schema(example = 300000)]
    timeout: u64,
    #[schema(example = "none")]
    attestation: &'static str,
    authenticator_selection: Selection,
    exclude_credentials: Vec<CredentialAnswer>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialRpEntity)]
pub(crate) struct Party {
    #[schema(example = "accounts.example.com")]
    id: String,
    #[schema(example = "Portcullis")]
    name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialUserEntity)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PartyUser {
    #[schema(example = "6fYkqSO2y1cGmJ5yN0r8mRHqv0aYV2E4cQx1h8L3b7Q")]
    id: String,
    #[schema(example = "john.doe@example.com")]
    name: String,
    #[schema(example = "John Doe")]
    display_name: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublicKeyCredentialParameters)]
pub(crate) struct Parameter {
    #[schema(example = "public-key")]
    r#type: &'static str,
    /// COSE algorithm identifier: ES256, EdDSA or RS256.
    #[schema(example = -7)]
    alg: i64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = AuthenticatorSelection)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Selection {
    /// `required` or `discouraged`.
    #[schema(example = "required")]
    resident_key: &'static str,
    /// `required` or `discouraged`.
    #[schema(example = "required")]
    user_verification: &'static str,
}

impl From<CreationOffer> for CreationOptions {
    fn from(offer: CreationOffer) -> Self {
        let word = match offer.used_for {
            PasskeyUse::Login => "required",
            PasskeyUse::SecondFactor => "discouraged",
        };
        let parameter = |algorithm: KeyAlgorithm| Parameter { r#type: "public-key", alg: algorithm.number() };
        let (name, display_name) = (offer.user_name, offer.display_name);
        let public_key = PublicKeyCreation {
            rp: Party { id: offer.party.id, name: offer.party.name },
            user: PartyUser { id: offer.user_handle.to_text(), name, display_name },
            challenge: offer.challenge.to_text(),
            pub_key_cred_params: KeyAlgorithm::ALL.map(parameter).into(),
            timeout: CHALLENGE_TTL.as_millis() as u64,
            attestation: "none",
            authenticator_selection: Selection { resident_key: word, user_verification: word },
            exclude_credentials: offer.exclude.into_iter().map(Into::into).collect(),
        };
        Self { public_key, expires_in: CHALLENGE_TTL.as_secs() }
    }
}
