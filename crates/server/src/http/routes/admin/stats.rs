use std::collections::BTreeMap;

use axum::Json;
use portcullis_core::{
    admin::Look,
    service::{ListedStats, StatsFilters},
    stats::{DayStats, Delivered},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{AdminRequest, Query},
    openapi::refusals,
    problem::ApiError,
};

/// Messages of a channel on a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct StatsMessages {
    #[schema(example = 61)]
    sent: u64,
    /// Messages whose delivery was abandoned.
    #[schema(example = 1)]
    failed: u64,
}

impl From<Delivered> for StatsMessages {
    fn from(Delivered { sent, failed }: Delivered) -> Self {
        Self { sent, failed }
    }
}

/// Statistics of a realm on a day.
#[derive(Serialize, ToSchema)]
pub(crate) struct DayOfStats {
    /// Day in UTC.
    #[schema(example = "2026-11-29", format = Date)]
    day: String,
    #[schema(example = "User1")]
    realm: String,
    #[schema(example = 14)]
    registrations: u64,
    /// Registrations whose address was proved, and users of other providers who are new.
    #[schema(example = 12)]
    verified: u64,
    /// Users at the end of the day; null if they were not counted.
    #[schema(example = 1204, required)]
    users: Option<u64>,
    #[schema(example = 311)]
    logins: u64,
    /// Number of sign-ins by method: `password`, `passkey`, `provider`, `code`.
    #[schema(example = json!({"code": 0, "passkey": 80, "password": 214, "provider": 17}))]
    sign_ins: BTreeMap<String, u64>,
    /// Number of rejected sign-ins by reason.
    #[schema(example = json!({"limited": 2, "unverified": 3, "wrong_code": 1, "wrong_password": 19}))]
    refusals: BTreeMap<String, u64>,
    /// Passwords that were reset.
    #[schema(example = 4)]
    resets: u64,
    #[schema(example = 1)]
    erased: u64,
    /// Users who were seen on the day.
    #[schema(example = 290, required)]
    active: Option<u64>,
    /// Users who were seen in the 30 days until its end.
    #[schema(example = 802, required)]
    active_30d: Option<u64>,
    mails: StatsMessages,
    sms: StatsMessages,
    /// Users with two-step verification.
    #[schema(example = 160, required)]
    two_step: Option<u64>,
}

impl From<DayStats> for DayOfStats {
    fn from(stats: DayStats) -> Self {
        Self {
            day: stats.day.date(),
            realm: stats.realm.to_string(),
            registrations: stats.registrations,
            verified: stats.verified,
            users: stats.users,
            logins: stats.logins(),
            sign_ins: stats.sign_ins,
            refusals: stats.refusals,
            resets: stats.resets,
            erased: stats.erased,
            active: stats.active,
            active_30d: stats.active_30d,
            mails: stats.mails.into(),
            sms: stats.sms.into(),
            two_step: stats.two_step,
        }
    }
}

/// Statistics by day and realm.
#[derive(Serialize, ToSchema)]
pub(crate) struct Statistics {
    /// First day of the response.
    #[schema(example = "2026-11-01", format = Date)]
    from: String,
    /// Last day of the response.
    #[schema(example = "2026-11-30", format = Date)]
    to: String,
    items: Vec<DayOfStats>,
    #[schema(required, example = json!(null))]
    next: Option<String>,
    #[schema(required, example = json!(null))]
    prev: Option<String>,
}

refusals!(StatsRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE], Fields(&[field("from", TIME_INVALID), field("to", TIME_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Count what happened
///
/// Per day and accessible realm, oldest day first. Days without counters are omitted. Events are counted when the audit
/// trail has sealed them, up to 90 seconds later; users are counted every five minutes. Requires the role `auditor`.
#[utoipa::path(
    operation_id = "admin_stats",
    get, path = "/v1/admin/stats", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ("realm" = Option<String>, Query, description = "Realm; default: all realms", pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$", example = "User1"),
        ("from" = Option<String>, Query, description = "First day; usually 29 days before the last one, at most 399", format = Date, example = "2026-11-01"),
        ("to" = Option<String>, Query, description = "Last day; usually today", format = Date, example = "2026-11-30"),
    ),
    responses((status = 200, description = "The statistics", body = Statistics), StatsRefusals)
)]
pub(crate) async fn stats(request: AdminRequest<Look>, query: Query) -> Result<Json<Statistics>, ApiError> {
    let Query(mut fields) = query;
    let filters = StatsFilters { realm: fields.take("realm"), from: fields.take("from"), to: fields.take("to") };
    fields.refuse_unknown()?;
    let ListedStats { from, to, days } = request.verbs().stats(&filters).await?;
    let (from, to) = (from.date(), to.date());
    Ok(Json(Statistics { from, to, items: days.into_iter().map(Into::into).collect(), next: None, prev: None }))
}
