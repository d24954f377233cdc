use axum::{
    Json,
    http::{HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    clock::Timestamp,
    service::{ListedUser, ListedUsers, LockSheet, PasswordSheet, RawField, UserSheet},
};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::http::{answers::FactorAnswer, extract::Query, openapi};

/// Path parameters of a user.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "describes the path, which the request reads")]
pub(super) struct UserPath {
    /// Realm of the user.
    #[param(example = "User1", pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
    realm: String,
    /// Identifier of a user, an invitation or a registration.
    #[param(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
}

/// Parameters that select a page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes the query, which is read field by field")]
pub(super) struct PageQuery {
    /// Number of entries per page, at most 200.
    #[param(minimum = 1, maximum = 200, example = 50)]
    limit: Option<u32>,
    /// Value of `next` or `prev` from another page.
    #[param(example = "AZt22qgAfR-KUgwfb28_Ebn0Xq3bq0mJYwq0d3o5m2Q")]
    cursor: Option<String>,
}

/// Parses limit and cursor of a list without filters.
///
/// # Errors
/// Returns `Invalid` if there are other parameters.
pub(super) fn page(query: Query) -> Result<(RawField, RawField), Error> {
    let Query(mut fields) = query;
    let (limit, cursor) = (fields.take("limit"), fields.take("cursor"));
    fields.refuse_unknown()?;
    Ok((limit, cursor))
}

/// Rejects query parameters on a route that has none.
///
/// # Errors
/// Returns `Invalid` if there are any parameters.
pub(super) fn without_filters(query: Query) -> Result<(), Error> {
    query.0.refuse_unknown()
}

/// Reason for a change.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
pub(super) struct Reason {
    /// 10 to 500 characters. Stored encrypted in the audit trail.
    #[schema(example = "Reported stolen by the owner")]
    reason: String,
}

/// A user in a list. Masked for auditors.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminListedUser {
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
    /// `active`, `locked`, `invited` or `unverified`.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada", required)]
    first_name: Option<String>,
    #[schema(example = "Lovelace", required)]
    last_name: Option<String>,
    #[schema(example = json!(["editor"]))]
    roles: Vec<String>,
    #[schema(example = true)]
    two_step: bool,
    #[schema(example = "2026-10-02T08:11:05Z", format = DateTime)]
    created_at: String,
    /// Day on which a session was last created or refreshed.
    #[schema(example = "2026-11-28", format = Date, required)]
    seen_on: Option<String>,
}

impl From<ListedUser> for AdminListedUser {
    fn from(user: ListedUser) -> Self {
        Self {
            id: user.id,
            status: user.status,
            email: user.email,
            first_name: user.first_name,
            last_name: user.last_name,
            roles: user.roles,
            two_step: user.two_step,
            created_at: user.created_at.to_string(),
            seen_on: user.seen_on.map(Timestamp::date),
        }
    }
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminUsers {
    items: Vec<AdminListedUser>,
    /// Cursor of the next page; null on the last one.
    #[schema(required, example = json!(null))]
    next: Option<String>,
    /// Cursor of the previous page; null on the first one.
    #[schema(required, example = json!(null))]
    prev: Option<String>,
    /// Full-text search only: number of users that were searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    scanned: Option<usize>,
    /// Full-text search only: whether all users were searched. Otherwise `next` continues the search.
    #[serde(skip_serializing_if = "Option::is_none")]
    complete: Option<bool>,
}

impl From<ListedUsers> for AdminUsers {
    fn from(page: ListedUsers) -> Self {
        let ListedUsers { items, next, prev, scanned, complete } = page;
        Self { items: items.into_iter().map(Into::into).collect(), next, prev, scanned, complete }
    }
}

/// State of a user's password.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminPassword {
    #[schema(example = "2026-10-02T08:11:05Z", format = DateTime)]
    set_at: String,
    /// `argon2id`, or `none`.
    #[schema(example = "argon2id")]
    kind: &'static str,
    #[schema(example = false)]
    compromised: bool,
}

/// Lock of a user.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminLock {
    #[schema(example = "2026-11-29T09:00:00Z", format = DateTime)]
    at: String,
    /// Time at which the lock ends automatically.
    #[schema(example = json!(null), format = DateTime, required)]
    until: Option<String>,
    #[schema(example = "Reported stolen by the owner", required)]
    reason: Option<String>,
}

/// Failed password attempts of an account.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminWrongPasswords {
    #[schema(example = 6)]
    count: u32,
    #[schema(example = "2026-11-29T10:00:04Z", format = DateTime, required)]
    wait_until: Option<String>,
}

/// A user as shown to administrators. For auditors, address, phone number and names are masked, and attributes are
/// null.
#[derive(Serialize, ToSchema)]
pub(crate) struct AdminUser {
    #[schema(example = "1k0v6sq7t2m8g4c9e5r3n1h0ja")]
    id: String,
    #[schema(example = "User1")]
    realm: String,
    /// `active`, `locked`, `invited` or `unverified`.
    #[schema(example = "active")]
    status: &'static str,
    #[schema(example = "ada@example.com")]
    email: String,
    #[schema(example = "Ada", required)]
    first_name: Option<String>,
    #[schema(example = "Lovelace", required)]
    last_name: Option<String>,
    #[schema(example = json!(null), required)]
    phone: Option<String>,
    #[schema(example = json!(null), required)]
    country_code: Option<String>,
    #[schema(example = json!(null), required)]
    country: Option<&'static str>,
    #[schema(example = "en", required)]
    locale: Option<String>,
    #[schema(schema_with = openapi::optional_attributes, required)]
    attributes: Option<Map<String, Value>>,
    #[schema(example = json!(["editor"]))]
    roles: Vec<String>,
    #[schema(example = true)]
    is_email_verified: bool,
    #[schema(example = false)]
    is_phone_verified: bool,
    #[schema(example = json!(null), required)]
    pending_email: Option<String>,
    #[schema(example = true)]
    two_step: bool,
    #[schema(required)]
    password: Option<AdminPassword>,
    #[schema(required)]
    locked: Option<AdminLock>,
    factors: Vec<FactorAnswer>,
    /// Accounts at other providers. Always empty.
    #[schema(value_type = Vec<Object>, example = json!([]))]
    identities: [(); 0],
    /// Number of live sessions.
    #[schema(example = 0)]
    sessions: usize,
    wrong_passwords: AdminWrongPasswords,
    #[schema(example = "2026-10-02T08:11:05Z", format = DateTime)]
    created_at: String,
    /// `sign_up` or `admin`.
    #[schema(example = "sign_up")]
    created_by: &'static str,
    #[schema(example = "2026-11-28", format = Date, required)]
    seen_on: Option<String>,
    /// Revision of the user, also sent as `ETag`.
    #[schema(example = 9)]
    revision: u64,
}

impl From<UserSheet> for AdminUser {
    fn from(sheet: UserSheet) -> Self {
        let password = sheet.password.map(|PasswordSheet { set_at, kind, compromised }| AdminPassword {
            set_at: set_at.to_string(),
            kind,
            compromised,
        });
        let locked = sheet.locked.map(|LockSheet { at, until, reason }| AdminLock {
            at: at.to_string(),
            until: until.as_ref().map(Timestamp::to_string),
            reason,
        });
        let wait_until = sheet.wrong_passwords.wait_until.as_ref().map(Timestamp::to_string);
        Self {
            id: sheet.id,
            realm: sheet.realm,
            status: sheet.status,
            email: sheet.email,
            first_name: sheet.first_name,
            last_name: sheet.last_name,
            phone: sheet.phone,
            country_code: sheet.country_code,
            country: sheet.country,
            locale: sheet.locale,
            attributes: sheet.attributes,
            roles: sheet.roles,
            is_email_verified: sheet.is_email_verified,
            is_phone_verified: sheet.is_phone_verified,
            pending_email: sheet.pending_email,
            two_step: sheet.two_step,
            password,
            locked,
            factors: sheet.factors.into_iter().map(Into::into).collect(),
            identities: [],
            sessions: sheet.sessions,
            wrong_passwords: AdminWrongPasswords { count: sheet.wrong_passwords.count, wait_until },
            created_at: sheet.created_at.to_string(),
            created_by: sheet.created_by,
            seen_on: sheet.seen_on.map(Timestamp::date),
            revision: sheet.revision,
        }
    }
}

/// Responds with the user and its revision as `ETag`.
impl IntoResponse for AdminUser {
    fn into_response(self) -> Response {
        let tag = HeaderValue::from_str(&format!("\"{}\"", self.revision));
        let mut response = Json(self).into_response();
        if let Ok(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}
