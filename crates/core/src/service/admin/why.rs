//! `GET why/{request_id}`: explains the decision about a request and the rule behind it.

use std::time::Duration;

use super::{Administered, TrailRow, trail::Sight};
use crate::{
    admin::Look,
    audit::{AuditEntry, AuditFilter, AuditId, AuditQuery, PlacedEntry, REQUESTS, ROUTE},
    clock::Timestamp,
    error::{Error, Result, catalogue::REQUEST_AGGREGATED},
    id::{RealmName, RequestId},
};

/// Maximum age of requests that can be explained.
const EXPLAINED_FOR: Duration = Duration::from_secs(30 * 24 * 3600);
/// Maximum number of rows per request.
const MAX_ROWS: usize = 100;
/// Maximum number of rejection rows searched for an aggregated request, and the number read at a time.
const MAX_SEARCHED: usize = 100_000;
const CHUNK: usize = 1000;

/// The decision about a request.
#[derive(Debug)]
pub struct Explained {
    pub request: RequestId,
    pub at: Timestamp,
    pub realm: String,
    /// Route, if the request was rejected.
    pub route: Option<String>,
    pub outcome: String,
    pub reason: Option<String>,
    pub rule: Option<String>,
    /// Explanation for people.
    pub text: String,
    pub rows: Vec<TrailRow>,
}

impl Administered<'_, Look> {
    /// Explains a request of the last 30 days by its audit rows.
    ///
    /// # Errors
    /// Returns `NotFound` if there is no row that the caller may see, with its own code if the request may be among
    /// aggregated rejections.
    pub async fn why(&self, id: &str) -> Result<Explained> {
        let request = RequestId::parse(id).ok_or_else(Error::not_found)?;
        let millis = i64::try_from(EXPLAINED_FOR.as_millis()).unwrap_or(i64::MAX);
        let since = AuditId::first_at(Timestamp::from_millis(self.ctx.now.millis().saturating_sub(millis)));
        let query = AuditQuery {
            by: AuditFilter::Request(request.clone()),
            from: since,
            before: AuditId([u8::MAX; 16]),
            is_backwards: true,
            limit: MAX_ROWS,
        };
        let realms = self.seen_realms();
        let mut rows = self.ports.store.audit_query(&query).await?;
        rows.retain(|row| is_seen(&realms, &row.entry));
        if rows.is_empty() {
            rows.push(self.repetition(&request, since).await?);
        }
        self.keep_one_user(&realms, &mut rows).await?;
        let decided = rows.iter().find(|row| row.entry.outcome != "ok").or(rows.last());
        let decided = decided.map(|row| row.entry.clone()).ok_or_else(Error::not_found)?;
        Ok(Explained {
            request,
            at: decided.at,
            realm: decided.realm.to_string(),
            route: route_of(&decided),
            text: sentence(&decided),
            outcome: decided.outcome,
            reason: decided.reason,
            rule: decided.rule,
            rows: self.opened(rows, &realms).await?,
        })
    }

    /// Limits the rows to one user if the caller may see no others, and records this as a read of that user.
    async fn keep_one_user(&self, realms: &[(RealmName, Sight)], rows: &mut Vec<PlacedEntry>) -> Result<()> {
        let is_of_one = |row: &PlacedEntry| realms.contains(&(row.entry.realm.clone(), Sight::OneUser));
        let Some(of) = rows.iter().find(|row| is_of_one(row)) else { return Ok(()) };
        let (realm, user) = (of.entry.realm.clone(), of.entry.user.clone());
        rows.retain(|row| !is_of_one(row) || (row.entry.realm == realm && row.entry.user == user));
        self.charge_support(1).await
    }

    /// Returns the row of aggregated rejections that contains the request.
    async fn repetition(&self, request: &RequestId, since: AuditId) -> Result<PlacedEntry> {
        let (realms, mut before, mut has_more, mut read) = (self.seen_realms(), AuditId([u8::MAX; 16]), false, 0);
        let wanted = serde_json::Value::from(request.as_str());
        while read < MAX_SEARCHED {
            let by = AuditFilter::Outcome("refused".to_owned());
            let query = AuditQuery { by, from: since, before, is_backwards: false, limit: CHUNK };
            let rows = self.ports.store.audit_query(&query).await?;
            let (number, last) = (rows.len(), rows.last().map(|row| row.entry.id));
            let seen = rows.into_iter().filter(|row| is_seen(&realms, &row.entry));
            for row in seen {
                let details: serde_json::Value = serde_json::from_str(&row.entry.details).unwrap_or_default();
                let named = details.get(REQUESTS).and_then(serde_json::Value::as_array);
                if named.is_some_and(|named| named.contains(&wanted)) {
                    return Ok(row);
                }
                has_more |= named.is_some_and(|named| row.entry.count > named.len() as u64);
            }
            (read, before) = (read + number, last.unwrap_or(before));
            if number < CHUNK {
                break;
            }
        }
        // The request's identifier may have been dropped by the aggregation.
        Err(if has_more { REQUEST_AGGREGATED.into() } else { Error::not_found() })
    }
}

/// Returns whether the caller may see a row. If the caller has to select a user, only rows about a user are visible.
fn is_seen(realms: &[(RealmName, Sight)], row: &AuditEntry) -> bool {
    let sight = realms.iter().find(|(realm, _)| *realm == row.realm).map(|(_, sight)| *sight);
    sight.is_some_and(|sight| sight != Sight::OneUser || row.user.is_some())
}

fn route_of(row: &AuditEntry) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(&row.details).ok()?;
    details.get(ROUTE)?.as_str().map(str::to_owned)
}

/// Returns the decision as a sentence.
fn sentence(row: &AuditEntry) -> String {
    let event = row.event.replace('_', " ");
    let repeated =
        if row.count > 1 { format!(" One of {} such requests within a minute.", row.count) } else { String::new() };
    let reason = row.reason.as_deref().map(|reason| reason.replace('_', " "));
    let decided = match (row.outcome.as_str(), reason, row.rule.as_deref()) {
        ("ok", ..) => "Accepted".to_owned(),
        ("failed", ..) => "Failed: server error".to_owned(),
        (_, Some(reason), Some(rule)) => format!("Rejected: {reason} (rule {rule})"),
        (_, Some(reason), None) => format!("Rejected: {reason}"),
        (_, None, Some(rule)) => format!("Rejected (rule {rule})"),
        (_, None, None) => "Rejected".to_owned(),
    };
    format!("{decided}. Event: {event}.{repeated}")
}
