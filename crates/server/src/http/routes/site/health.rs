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

/// Health of the server
///
/// 503 if the database is unavailable; `degraded` if Redis is configured but unavailable.
#[utoipa::path(
    get, path = "/health", tag = "Operations",
    responses(
        (status = 200, description = "Healthy or degraded", body = HealthAnswer),
        (status = 503, description = "Unhealthy", body = HealthAnswer, example = json!({"status": "unhealthy", "database": "unhealthy", "redis": "disabled"})),
    )
)]
pub(crate) async fn health(State(state): State<AppState>) -> (StatusCode, Json<HealthAnswer>) {
    let (upkeep, word) = (state.service.upkeep(), |is_well| if is_well { "healthy" } else { "unhealthy" });
    let database = upkeep.store_answers().await;
    let redis = upkeep.shared_is_up();
    let (code, status) = match (database, redis) {
        (false, _) => (StatusCode::SERVICE_UNAVAILABLE, "unhealthy"),
        // Without Redis everything works, but each server counts limits separately.
        (true, Some(false)) => (StatusCode::OK, "degraded"),
        (true, Some(true) | None) => (StatusCode::OK, "healthy"),
    };
    let redis = redis.map_or("disabled", word);
    (code, Json(HealthAnswer { status, database: word(database), redis }))
}

#[derive(Serialize, ToSchema)]
pub(crate) struct ProbeAnswer {
    /// `ok` or `unavailable`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Liveness
///
/// Orchestrators restart the server when this fails.
#[utoipa::path(get, path = "/livez", tag = "Operations", responses((status = 200, description = "The process is alive", body = ProbeAnswer)))]
pub(crate) async fn livez() -> Json<ProbeAnswer> {
    Json(ProbeAnswer { status: "ok" })
}

/// Readiness
///
/// Orchestrators send requests while this succeeds. It fails as soon as shutdown begins.
#[utoipa::path(
    get, path = "/readyz", tag = "Operations",
    responses(
        (status = 200, description = "The process can serve requests", body = ProbeAnswer),
        (status = 503, description = "The process cannot serve requests at present", body = ProbeAnswer, example = json!({"status": "unavailable"})),
    )
)]
pub(crate) async fn readyz(State(state): State<AppState>) -> (StatusCode, Json<ProbeAnswer>) {
    match !state.is_stopping() && state.service.upkeep().store_answers().await {
        true => (StatusCode::OK, Json(ProbeAnswer { status: "ok" })),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(ProbeAnswer { status: "unavailable" })),
    }
}
