use axum::{
    Json,
    http::header::CONTENT_DISPOSITION,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    account::Account,
    clock::Timestamp,
    error::ErrorKind,
    factor::{ListedFactor, Method},
    federation::ListedIdentity,
    oauth::Consent,
    service::{Export, ExportedChange},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{profile::UserAnswer, sessions::SessionAnswer};
use crate::http::{
    answers::{DeviceAnswer, EventAnswer},
    extract::{Authenticated, PageForm, SignedIn, SkipOnHead, Turned},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// All stored data of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportAnswer<'a> {
    #[schema(format = DateTime)]
    exported_at: String,
    realm: String,
    user: UserAnswer<'a>,
    pending: Vec<PendingAnswer>,
    sessions: Vec<SessionAnswer>,
    /// Events of the last 90 days, newest first, at most 10,000.
    events: Vec<EventAnswer>,
    /// `cursor` for `me/events`, if there are more events.
    #[serde(skip_serializing_if = "Option::is_none")]
    events_next: Option<String>,
    /// Second factors and recovery codes.
    factors: Vec<ExportedFactor>,
    /// Trusted devices of the user.
    devices: Vec<DeviceAnswer>,
    /// Accounts at other providers.
    identities: Vec<ExportedIdentity>,
    /// Consents given to applications.
    grants: Vec<ExportedGrant>,
}

/// A consent given to an application.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedGrant {
    /// Identifier of the application.
    client: String,
    scopes: Vec<String>,
}

/// A change that is not verified yet, or an earlier address that can be restored.
#[derive(Serialize, ToSchema)]
pub(crate) struct PendingAnswer {
    /// `email_change`, `phone_change` or `email_reserved`.
    r#type: &'static str,
    /// The new or the earlier address.
    #[schema(required)]
    email: Option<String>,
    /// The new phone number, or the phone number used with the earlier address.
    #[schema(required)]
    phone: Option<String>,
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<&Consent> for ExportedGrant {
    fn from(consent: &Consent) -> Self {
        let scopes = consent.scopes.iter().map(str::to_owned).collect();
        Self { client: consent.client.as_str().to_owned(), scopes }
    }
}

/// A second factor or the recovery codes.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedFactor {
    /// `totp`, `sms` or `recovery_code`.
    r#type: &'static str,
    #[schema(required)]
    name: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required)]
    last_used_at: Option<String>,
    /// Number of unused recovery codes.
    #[schema(required)]
    left: Option<usize>,
}

/// An account at another provider.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportedIdentity {
    /// Name of the provider.
    provider: String,
    issuer: String,
    /// Identifier of the account at the provider.
    subject: String,
    /// Address reported by the provider when the account was linked.
    #[schema(required)]
    email: Option<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime, required)]
    last_used_at: Option<String>,
}

impl From<ListedIdentity> for ExportedIdentity {
    fn from(identity: ListedIdentity) -> Self {
        let ListedIdentity { provider, issuer, subject, email, created_at, last_used_at, .. } = identity;
        let last_used_at = last_used_at.as_ref().map(Timestamp::to_string);
        Self { provider, issuer, subject, email, created_at: created_at.to_string(), last_used_at }
    }
}

fn factors(listed: Vec<ListedFactor>, codes: Option<(usize, Timestamp)>) -> Vec<ExportedFactor> {
    let factors = listed.into_iter().map(|factor| ExportedFactor {
        r#type: factor.method.as_str(),
        name: Some(factor.name.as_str().to_owned()),
        created_at: factor.created_at.to_string(),
        last_used_at: factor.last_used_at.as_ref().map(Timestamp::to_string),
        left: None,
    });
    let codes = codes.map(|(left, created_at)| ExportedFactor {
        r#type: Method::RecoveryCode.as_str(),
        name: None,
        created_at: created_at.to_string(),
        last_used_at: None,
        left: Some(left),
    });
    factors.chain(codes).collect()
}

impl From<ExportedChange> for PendingAnswer {
    fn from(change: ExportedChange) -> Self {
        let ExportedChange { kind, email, phone, expires_at } = change;
        Self { r#type: kind, email, phone, expires_at: expires_at.to_string() }
    }
}

impl<'a> ExportAnswer<'a> {
    fn of(account: &'a Account, export: Export, realm: &str) -> Self {
        Self {
            exported_at: export.exported_at.to_string(),
            realm: realm.to_owned(),
            user: UserAnswer::of(account, export.exported_at),
            pending: export.pending.into_iter().map(Into::into).collect(),
            sessions: export.sessions.into_iter().map(Into::into).collect(),
            events: export.events.into_iter().map(Into::into).collect(),
            events_next: export.events_next,
            factors: factors(export.factors, export.recovery_codes),
            devices: export.devices.into_iter().map(Into::into).collect(),
            identities: export.identities.into_iter().map(Into::into).collect(),
            grants: export.grants.iter().map(ExportedGrant::from).collect(),
        }
    }
}

impl IntoResponse for ExportAnswer<'_> {
    fn into_response(self) -> Response {
        ([(CONTENT_DISPOSITION, "attachment; filename=\"account.json\"")], Json(self)).into_response()
    }
}

refusals!(ExportRefusals: Problem [REALM, OWNER, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS]]);

/// Export the current user
///
/// Returns all data of the caller as one file: profile, pending changes, live sessions and events, but no password
/// hash and no secrets. Requires a recent login; see `me/step_up`.
#[utoipa::path(
    get, path = "/v1/{realm}/me/export", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (
            status = 200, description = "The file", body = ExportAnswer,
            headers(("Content-Disposition" = String, description = "`attachment`, with the name `account.json`")),
            example = json!({
                "exported_at": "2026-01-01T10:30:00Z", "realm": "User1",
                "user": {
                    "id": "1k0v6sq7t2m8g4c9e5r3n1h0ja", "first_name": "John", "last_name": "Doe", "email": "john.doe@example.com",
                    "phone": "+1234567890", "country_code": "US", "country": "United States", "locale": "en-GB", "attributes": {}, "roles": [],
                    "is_email_verified": true, "is_phone_verified": false, "pending_email": "john@example.org",
                    "password_set_at": "2026-01-01T00:00:00Z", "created_at": "2026-01-01T00:00:00Z", "revision": 2,
                },
                "pending": [{
                    "type": "email_change", "email": "john@example.org", "phone": null, "expires_at": "2026-01-02T10:00:00Z",
                }],
                "sessions": [{
                    "id": "qgfhl13dmdmn04qh7oqttabfms", "kind": "api", "current": true,
                    "created_at": "2026-01-01T10:25:00Z", "last_used_at": "2026-01-01T10:25:00Z",
                    "auth_time": "2026-01-01T10:25:00Z", "acr": "urn:portcullis:aal1", "amr": ["pwd"],
                    "device": "Firefox on Linux", "ip": "203.0.113.7", "client": null,
                    "expires_at": "2026-04-01T10:25:00Z", "idle_until": "2026-01-31T10:25:00Z", "impersonated": false,
                }],
                "events": [{
                    "id": "019b7917-7388-7d1f-8a52-0c1f6f6f3c11", "at": "2026-01-01T10:25:00Z", "event": "logged_in", "outcome": "ok",
                    "device": "Firefox on Linux", "ip": "203.0.113.7", "session": "qgfhl13dmdmn04qh7oqttabfms", "by": "user",
                }],
                "factors": [], "devices": [], "identities": [], "grants": [],
            }),
        ),
        ExportRefusals,
    )
)]
pub(crate) async fn export(authenticated: Authenticated, _: SkipOnHead) -> Result<Response, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let export = request.accounts().export(&owner).await?;
    let account = export.account.clone();
    Ok(ExportAnswer::of(&account, export, request.realm.name.as_str()).into_response())
}

/// Export the account from its page
///
/// Returns the same file as the API. Requires a recent login.
#[utoipa::path(post, path = "/v1/{realm}/account/data", tag = "Pages", params(RealmPath), responses((status = 200, description = "The file", content_type = "application/json", body = String)))]
pub(crate) async fn download(signed_in: SignedIn, _: PageForm) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    let request = &signed_in.visit.request;
    match request.accounts().export(&owner).await {
        Ok(export) => {
            let account = export.account.clone();
            Ok(ExportAnswer::of(&account, export, request.realm.name.as_str()).into_response())
        }
        Err(error) if matches!(error.kind(), ErrorKind::Stale { .. }) => Err(signed_in.confirm()),
        Err(error) => Err(error.into()),
    }
}
