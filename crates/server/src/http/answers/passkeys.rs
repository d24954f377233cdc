use portcullis_core::{
    clock::Timestamp,
    factor::{ListedPasskey, passkey::CredentialId},
    service::AcceptedCredentials,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A passkey or security key, as shown to its owner.
#[derive(Serialize, ToSchema)]
pub(crate) struct PasskeyAnswer {
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms")]
    id: String,
    #[schema(example = "Firefox on Linux")]
    name: String,
    /// `login` (a passkey) or `second_factor` (a security key).
    #[schema(example = "login")]
    r#use: &'static str,
    #[schema(example = "2026-01-01T10:00:00Z", format = DateTime)]
    created_at: String,
    /// Time of the last use; null if the passkey has not been used yet.
    #[schema(example = json!(null), format = DateTime, required)]
    last_used_at: Option<String>,
    backup: BackupAnswer,
}

/// Backup state of a passkey.
#[derive(Serialize, ToSchema)]
pub(crate) struct BackupAnswer {
    /// Whether the passkey can be synced to other devices.
    #[schema(example = true)]
    eligible: bool,
    /// Whether the passkey is currently backed up.
    #[schema(example = true)]
    backed_up: bool,
}

impl From<ListedPasskey> for PasskeyAnswer {
    fn from(passkey: ListedPasskey) -> Self {
        let ListedPasskey { id, name, used_for, created_at, last_used_at, backup } = passkey;
        Self {
            id: id.to_string(),
            name: name.as_str().to_owned(),
            r#use: used_for.as_str(),
            created_at: created_at.to_string(),
            last_used_at: last_used_at.as_ref().map(Timestamp::to_string),
            backup: BackupAnswer { eligible: backup.is_eligible, backed_up: backup.is_backed_up },
        }
    }
}

/// The passkeys accepted by the server, in the format of the browser's
/// `PublicKeyCredential.signalAllAcceptedCredentials`.
#[derive(Serialize, ToSchema)]
#[schema(as = AcceptedCredentials)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SignalAnswer {
    #[schema(example = "accounts.example.com")]
    rp_id: String,
    #[schema(example = "6fYkqSO2y1cGmJ5yN0r8mRHqv0aYV2E4cQx1h8L3b7Q")]
    user_id: String,
    #[schema(example = json!(["x9QmV1c0"]))]
    all_accepted_credential_ids: Vec<String>,
}

impl From<AcceptedCredentials> for SignalAnswer {
    fn from(accepted: AcceptedCredentials) -> Self {
        Self {
            rp_id: accepted.rp_id,
            user_id: accepted.user.to_text(),
            all_accepted_credential_ids: accepted.credentials.iter().map(CredentialId::to_text).collect(),
        }
    }
}
