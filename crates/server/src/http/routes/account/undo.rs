use axum::{extract::State, response::Response};
use portcullis_core::service::{Undo, Undoable};
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{AnyBody, Link, PreferredFormat, RealmRequest},
        openapi::{RealmPath, refusals},
        page,
        routes::Message,
        state::AppState,
    },
    templates::pages::{self, UndoFailed, UndoSuccess},
};

refusals!(UndoFormRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM]);

/// Show the page that undoes a change
///
/// Opened from the *this was not me* link of an email: a page with one button. Opening it changes nothing.
#[utoipa::path(
    get, path = "/v1/{realm}/undo", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "Token from the email", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    responses(
        (status = 200, description = "The change can be undone: HTML or JSON", content((Message = "application/json", example = json!({"message": "Send this token by POST to restore the address"})), (String = "text/html"))),
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
    match request.accounts().check_undo(token).await {
        Ok(Undo { what, is_done: true }) => done(&state, &request, format, what),
        Ok(Undo { what, is_done: false }) => {
            let message = match what {
                Undoable::Registration => "Send this token by POST to take the registration back",
                Undoable::Email => "Send this token by POST to restore the address",
                Undoable::Password => "Send this token by POST to undo the change of the password",
                Undoable::Factor => "Send this token by POST to undo the addition of the factor",
            };
            page::answer(&state, &request, format, &pages::Undo { token, what: word(what) }, message)
        }
        Err(error) => page::refuse(&state, &request, format, &UndoFailed { error: error.detail() }, error),
    }
}

/// Returns the name used in templates.
const fn word(what: Undoable) -> &'static str {
    match what {
        Undoable::Registration => "registration",
        Undoable::Email => "email",
        Undoable::Password => "password",
        Undoable::Factor => "factor",
    }
}

fn done(state: &AppState, request: &RealmRequest, format: PreferredFormat, what: Undoable) -> Response {
    let message = match what {
        Undoable::Registration => "The registration was discarded",
        Undoable::Email => "The address was restored. A link for a new password was sent to it",
        Undoable::Password => "The change of the password was undone. A link for a new password was sent",
        Undoable::Factor => "The factor was removed. A link for a new password was sent",
    };
    page::answer(state, request, format, &UndoSuccess { what: word(what) }, message)
}

/// Body of `undo`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct UndoToken {
    /// Token from the link in the email.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    token: String,
}

refusals!(UndoRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM, ANY]);

/// Undo a change
///
/// Discards the registration that caused the email, restores the previous address, undoes a password change, or
/// removes an added second factor. All of these except the first end all sessions and send a password reset link.
/// Repeating the request has the same result. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/undo", tag = "Accounts",
    params(RealmPath),
    request_body = UndoToken,
    responses(
        (status = 200, description = "Undone: HTML or JSON", content((Message = "application/json", example = json!({"message": "The registration was discarded"})), (String = "text/html"))),
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
    match request.accounts().undo(token.text().unwrap_or_default()).await {
        Ok(what) => done(&state, &request, format, what),
        Err(error) => page::refuse(&state, &request, format, &UndoFailed { error: error.detail() }, error),
    }
}
