use axum::{extract::State, response::Response};
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{AnyBody, Link, PreferredFormat, RealmRequest},
        openapi::{RealmPath, refusals},
        page,
        routes::Message,
        state::AppState,
    },
    templates::pages::{Undo, UndoFailed, UndoSuccess},
};

refusals!(UndoFormRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM]);

/// Show the page for cancelling a registration
///
/// The *this was not me* link of a mail: a page with one button. Opening it changes nothing.
#[utoipa::path(
    get, path = "/v1/{realm}/undo", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "From the mail", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    responses(
        (status = 200, description = "The registration can be cancelled: HTML, or JSON", content((Message = "application/json", example = json!({"message": "Send this token by POST to take the registration back"})), (String = "text/html"))),
        UndoFormRefusals,
    )
)]
pub(crate) async fn undo_form(
    State(state): State<AppState>,
    request: RealmRequest,
    format: PreferredFormat,
    Link(token): Link,
) -> Response {
    let token = token.text().unwrap_or_default();
    match request.accounts().check_rejection(token).await {
        Ok(()) => {
            let message = "Send this token by POST to take the registration back";
            page::answer(&state, &request, format, &Undo { token }, message)
        }
        Err(error) => page::refuse(&state, &request, format, &UndoFailed { error: error.detail() }, error),
    }
}

/// What `undo` takes.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct UndoToken {
    /// From the mail's link.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    token: String,
}

refusals!(UndoRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM, ANY]);

/// Take something back
///
/// Discards the registration that the mail was about. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/undo", tag = "Accounts",
    params(RealmPath),
    request_body = UndoToken,
    responses(
        (status = 200, description = "Taken back: HTML, or JSON", content((Message = "application/json", example = json!({"message": "The registration was discarded"})), (String = "text/html"))),
        UndoRefusals,
    )
)]
pub(crate) async fn undo(
    State(state): State<AppState>,
    request: RealmRequest,
    format: PreferredFormat,
    AnyBody(mut fields): AnyBody,
) -> Response {
    let token = fields.take("token");
    match request.accounts().reject_registration(token.text().unwrap_or_default()).await {
        Ok(()) => page::answer(&state, &request, format, &UndoSuccess, "The registration was discarded"),
        Err(error) => page::refuse(&state, &request, format, &UndoFailed { error: error.detail() }, error),
    }
}
