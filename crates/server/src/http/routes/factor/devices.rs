use std::collections::HashMap;

use axum::{Json, extract::Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    answers::DeviceAnswer,
    extract::{Authenticated, Viewing},
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

/// Trusted devices of the caller.
#[derive(Serialize, ToSchema)]
pub(crate) struct DevicesAnswer {
    devices: Vec<DeviceAnswer>,
}

/// Number of devices removed.
#[derive(Serialize, ToSchema)]
pub(crate) struct DistrustedAnswer {
    #[schema(example = 1)]
    ended: usize,
}

refusals!(DevicesRefusals: Problem [REALM, BEARER]);

/// List the caller's trusted devices
///
/// Returns the devices that need no second factor until their trust expires, newest first. A login with `remember` adds
/// one.
#[utoipa::path(
    get, path = "/v1/{realm}/me/devices", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "The caller's trusted devices", body = DevicesAnswer, example = json!({
            "devices": [{
                "id": "4f8a0c5e6d7b1a2c3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d", "name": "Firefox on Linux",
                "ip": "203.0.113.7", "created_at": "2026-01-01T10:00:00Z", "last_used_at": "2026-01-02T09:00:00Z",
                "expires_at": "2026-01-31T10:00:00Z",
            }],
        })),
        DevicesRefusals,
    )
)]
pub(crate) async fn devices(viewing: Viewing) -> Result<Json<DevicesAnswer>, ApiError> {
    let Viewing { request, viewer } = viewing;
    let devices = request.second_factors().devices(&viewer).await?.into_iter().map(Into::into).collect();
    Ok(Json(DevicesAnswer { devices }))
}

refusals!(DistrustAllRefusals: Problem [REALM, OWNER]);

/// Remove all trusted devices
///
/// The next login on each device requires a second factor again.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/devices", tag = "Second factors", security(("bearer" = [])),
    params(RealmPath),
    responses((status = 200, description = "Removed", body = DistrustedAnswer), DistrustAllRefusals)
)]
pub(crate) async fn distrust_all(authenticated: Authenticated) -> Result<Json<DistrustedAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    Ok(Json(DistrustedAnswer { ended: request.second_factors().distrust(&owner, None).await? }))
}

refusals!(DistrustRefusals: Problem [REALM, OWNER]);

/// Remove a trusted device
///
/// The next login on this device requires a second factor again.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/devices/{id}", tag = "Second factors", security(("bearer" = [])),
    params(
        RealmPath,
        ("id" = String, Path, description = "Identifier of the device", example = "4f8a0c5e6d7b1a2c3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d1e2f3a4b5c6d"),
    ),
    responses((status = 200, description = "Removed", body = DistrustedAnswer), DistrustRefusals)
)]
pub(crate) async fn distrust(
    authenticated: Authenticated,
    Path(path): Path<HashMap<String, String>>,
) -> Result<Json<DistrustedAnswer>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    let id = path.get("id").map(String::as_str).unwrap_or_default();
    Ok(Json(DistrustedAnswer { ended: request.second_factors().distrust(&owner, Some(id)).await? }))
}
