use axum::Json;
use portcullis_core::{admin::Look, service::Explained};
use serde::Serialize;
use utoipa::ToSchema;

use super::trail_answers::AdminAuditRow;
use crate::http::{extract::AdminRequest, openapi::refusals, problem::ApiError};

/// The decision about a request.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminWhy {
    #[schema(example = "c7r3n1h0ja1k0v6sq7t2m8g4c9")]
    request_id: String,
    #[schema(example = "2026-11-29T10:00:00.123Z", format = DateTime)]
    at: String,
    #[schema(example = "User1")]
    realm: String,
    /// Route of a rejected request, without parameter values.
    #[schema(example = "/v1/{realm}/login", required)]
    route: Option<String>,
    /// `ok`, `refused` or `failed`.
    #[schema(example = "refused")]
    outcome: String,
    #[schema(example = "wrong", required)]
    reason: Option<String>,
    /// Setting or limit that determined the outcome.
    #[schema(example = json!(null), required)]
    rule: Option<String>,
    /// Explanation for people.
    #[schema(example = "Rejected: wrong. Event: login refused.")]
    text: String,
    /// Audit rows of the request.
    rows: Vec<AdminAuditRow>,
}

impl From<Explained> for AdminWhy {
    fn from(explained: Explained) -> Self {
        Self {
            request_id: explained.request.as_str().to_owned(),
            at: explained.at.to_string(),
            realm: explained.realm,
            route: explained.route,
            outcome: explained.outcome,
            reason: explained.reason,
            rule: explained.rule,
            text: explained.text,
            rows: explained.rows.into_iter().map(Into::into).collect(),
        }
    }
}

refusals!(WhyRefusals: Problem [ADMIN, &[REQUEST_AGGREGATED]]);

/// Explain a request
///
/// Returns the decision about a request of the last 30 days and the rule behind it. The request ID is in the response
/// (`X-Request-Id`) and in the log. Requires the role `auditor`, for which client and note are null.
#[utoipa::path(
    operation_id = "admin_trail_why",
    get, path = "/v1/admin/why/{request_id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(("request_id" = String, Path, description = "Identifier of a request", example = "c7r3n1h0ja1k0v6sq7t2m8g4c9")),
    responses((status = 200, description = "What was decided", body = AdminWhy), WhyRefusals)
)]
pub(crate) async fn why(request: AdminRequest<Look>) -> Result<Json<AdminWhy>, ApiError> {
    Ok(Json(request.verbs().why(request.part("request_id")).await?.into()))
}
