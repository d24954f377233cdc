use axum::{extract::State, response::Response};
use portcullis_core::error::Kind;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{Call, FormBody, Query, Wants},
        page,
        problem::Problem,
        state::AppState,
    },
    templates::Page,
};

/// The form of the page.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct ResetForm {
    #[schema(example = "a long and quiet passphrase", format = Password)]
    password: String,
}

/// Choose a password
///
/// Sent by the form behind a verification link, where several people registered the address: the owner of the mailbox
/// decides. The link works once; a password that is refused leaves it good.
#[utoipa::path(
    post, path = "/v1/{realm}/reset_password", tag = "Accounts",
    params(
        ("realm" = String, Path, description = "The realm", example = "User1"),
        ("token" = String, Query, description = "From the form's address"),
    ),
    request_body(content = ResetForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The password counts from now on: HTML, or JSON", body = super::Message, example = json!({"message": "Password reset successfully"})),
        (status = 400, description = "Not a good link: HTML, or problem+json", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The password is refused: the form again, or problem+json", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn reset_password(
    State(state): State<AppState>,
    call: Call,
    wants: Wants,
    mut query: Query,
    FormBody(mut fields): FormBody,
) -> Response {
    let token = query.take("token");
    let token = token.text().unwrap_or_default();
    match call.service.claim(&call.ctx, &call.realm, token, &fields.take("password")).await {
        Ok(()) => page::answer(&state, &call, wants, &Page::ResetSuccess, "Password reset successfully"),
        Err(error) if error.kind() == Kind::Invalid => {
            let reason = error.fields().first().map_or(error.detail().into(), |fault| fault.detail.clone());
            page::refuse(&state, &call, wants, &Page::reset(token, &reason), error)
        }
        Err(error) => page::refuse(&state, &call, wants, &Page::ResetFailed { error: error.detail() }, error),
    }
}
