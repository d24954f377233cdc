use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::state::AppState;

#[derive(Serialize, ToSchema)]
pub(crate) struct HealthAnswer {
    /// `healthy`, `degraded` or `unhealthy`.
    #[schema(example = "healthy")]
    status: &'static str,
    /// `healthy` or `unhealthy`.
    #[schema(example = "healthy")]
    database: &'static str,
    /// `healthy`, `unhealthy` or `disabled`.
    #[schema(example = "disabled")]
    redis: &'static str,
}

/// How the server is
///
/// 503 without the database.
#[utoipa::path(
    get, path = "/health", tag = "Operations",
    responses(
        (status = 200, description = "Healthy or degraded", body = HealthAnswer),
        (status = 503, description = "Unhealthy", body = HealthAnswer, example = json!({"status": "unhealthy", "database": "unhealthy", "redis": "disabled"})),
    )
)]
pub(crate) async fn health(State(state): State<AppState>) -> (StatusCode, Json<HealthAnswer>) {
    let (code, word) = match state.service.upkeep().store_answers().await {
        true => (StatusCode::OK, "healthy"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
    };
    (code, Json(HealthAnswer { status: word, database: word, redis: "disabled" }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeAnswer {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process lives
///
/// For orchestrators: restart it when this fails.
#[utoipa::path(get, path = "/livez", tag = "Operations", responses((status = 200, description = "It lives", body = ProbeAnswer)))]
pub(crate) async fn livez() -> Json<ProbeAnswer> {
    Json(ProbeAnswer { status: "ok" })
}

/// Whether the process can serve
///
/// For orchestrators: send it requests while this succeeds.
#[utoipa::path(
    get, path = "/readyz", tag = "Operations",
    responses(
        (status = 200, description = "It can", body = ProbeAnswer),
        (status = 503, description = "It cannot for now", body = ProbeAnswer, example = json!({"status": "unavailable"})),
    )
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<ProbeAnswer>) {
    match state.service.upkeep().store_answers().await {
        true => (StatusCode::OK, Json(ProbeAnswer { status: "ok" })),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(ProbeAnswer { status: "unavailable" })),
    }
}
