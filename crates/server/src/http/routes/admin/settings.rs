use axum::{Json, extract::State};
use portcullis_core::{Error, admin::Look};
use serde::Serialize;
use utoipa::ToSchema;

use super::answers::without_filters;
use crate::{
    config::ListedSetting,
    http::{
        extract::{AdminRequest, Query},
        openapi::{RealmPath, refusals},
        problem::ApiError,
        state::AppState,
    },
};

/// A setting of the responding server.
#[derive(Serialize, ToSchema)]
pub(crate) struct SettingAnswer {
    #[schema(example = "SIGNUP")]
    name: &'static str,
    /// `set` for a secret; null if it is not set.
    #[schema(example = "open", required)]
    value: Option<String>,
    /// Source of the value.
    #[schema(example = "default")]
    source: String,
    #[schema(example = "open")]
    default: String,
    #[schema(example = "Who may register.")]
    doc: &'static str,
}

impl From<&ListedSetting> for SettingAnswer {
    fn from(setting: &ListedSetting) -> Self {
        let ListedSetting { name, value, source, default, doc } = setting.clone();
        Self { name, value, source, default, doc }
    }
}

/// All settings of the responding server.
#[derive(Serialize, ToSchema)]
pub(crate) struct Settings {
    items: Vec<SettingAnswer>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(SettingsRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE], Fields(&[field("nickname", FIELD_UNKNOWN)])]);

/// List the settings
///
/// Returns the settings of the responding server, with value, source and default. Secrets are not shown, and settings
/// cannot be changed here. Requires the role `auditor`.
#[utoipa::path(
    operation_id = "admin_settings_settings",
    get, path = "/v1/admin/settings", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    responses((status = 200, description = "The settings", body = Settings), SettingsRefusals)
)]
pub(crate) async fn settings(
    State(state): State<AppState>,
    _: AdminRequest<Look>,
    query: Query,
) -> Result<Json<Settings>, ApiError> {
    without_filters(query)?;
    let items = state.settings.server.iter().map(Into::into).collect();
    Ok(Json(Settings { items, next: None, prev: None }))
}

/// A realm and its policy.
#[derive(Serialize, ToSchema)]
pub(crate) struct RealmAnswer {
    #[schema(example = "User1")]
    name: String,
    /// `open`, `invite` or `closed`.
    #[schema(example = "open")]
    signup: &'static str,
    /// Effective settings that can differ between realms.
    policy: Vec<SettingAnswer>,
}

/// Get a realm
///
/// Returns the effective policy and the source of each of its settings. Requires the role `auditor`.
#[utoipa::path(
    operation_id = "admin_settings_realm",
    get, path = "/v1/admin/realms/{realm}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath),
    responses((status = 200, description = "The realm", body = RealmAnswer), SettingsRefusals)
)]
pub(crate) async fn realm(
    State(state): State<AppState>,
    request: AdminRequest<Look>,
    query: Query,
) -> Result<Json<RealmAnswer>, ApiError> {
    without_filters(query)?;
    let status = request.verbs().realm_status().ok_or_else(Error::not_found)?;
    let policy = state.settings.realms.iter().find(|(name, _)| name.as_str() == status.name);
    let policy = policy.into_iter().flat_map(|(_, settings)| settings).map(Into::into).collect();
    Ok(Json(RealmAnswer { name: status.name, signup: status.signup, policy }))
}
