use axum::{Json, http::StatusCode};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::{
    extract::{Authenticated, JsonBody},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

/// A new email address for the caller.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct NewEmail {
    #[schema(example = "john@example.org")]
    email: String,
    /// Current password. Required if the login is not recent.
    #[schema(example = "securepassword123", format = Password)]
    current_password: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct PendingEmail {
    #[schema(example = "Open the link that was sent to the new address")]
    message: &'static str,
    #[schema(example = "john@example.org")]
    pending_email: String,
}

refusals!(EmailRefusals: Problem [REALM, OWNER, JSON, HASHING, &[LIMITED, AUTH_STALE, AUTH_STALE_TWO_FACTORS, PASSWORD_WRONG], Fields(&[field("email", EMAIL_INVALID), field("email", EMAIL_UNCHANGED), field("nickname", FIELD_UNKNOWN)])]);

/// Request an email address change
///
/// Sends a link to the new address and replaces an earlier request. The address changes when the user presses the
/// button on the linked page. The response is the same for a taken address; its owner is notified. Requires a recent
/// login or the current password.
#[utoipa::path(
    post, path = "/v1/{realm}/me/email", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    request_body = NewEmail,
    responses(
        (status = 202, description = "The change is pending until the link is opened", body = PendingEmail),
        EmailRefusals,
    )
)]
pub(crate) async fn request_email(
    authenticated: Authenticated,
    JsonBody(mut fields): JsonBody,
) -> Result<(StatusCode, Json<PendingEmail>), ApiError> {
    let Authenticated { request, owner } = authenticated;
    let (email, current) = (fields.take("email"), fields.take("current_password"));
    fields.refuse_unknown()?;
    let pending = request.accounts().request_email_change(&owner, &email, &current).await?;
    let message = "Open the link that was sent to the new address";
    Ok((StatusCode::ACCEPTED, Json(PendingEmail { message, pending_email: pending.as_str().to_owned() })))
}

refusals!(DropEmailRefusals: Problem [REALM, OWNER]);

/// Cancel an email address change
///
/// Cancels the request and invalidates its link.
#[utoipa::path(
    delete, path = "/v1/{realm}/me/email", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "Cancelled", body = Message, example = json!({"message": "Change of address dropped"})),
        DropEmailRefusals,
    )
)]
pub(crate) async fn drop_email(authenticated: Authenticated) -> Result<Json<Message>, ApiError> {
    let Authenticated { request, owner } = authenticated;
    request.accounts().drop_email_change(&owner).await?;
    Ok(Message::say("Change of address dropped"))
}
