use axum::{
    Json,
    extract::State,
    http::{StatusCode, header::CONTENT_SECURITY_POLICY},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    Error,
    service::{OpenedLink, Verified},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    http::{
        extract::{AnyBody, Browser, FlowCookies, Link, PreferredFormat, RealmRequest, RegistrationCookie, SkipOnHead},
        layers::headers::CSP_GATE,
        openapi::{RealmPath, refusals},
        page,
        problem::ApiError,
        redirect::go,
        routes::Message,
        state::AppState,
    },
    templates::pages::{EmailChange, EmailVerified, EmailVerifiedFailed, EmailVerify, Reset},
};

/// Result of a verification link.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum VerifyAnswer {
    /// The address is verified.
    #[allow(dead_code, reason = "JSON form of every page, sent in one place")]
    Done { message: &'static str },
    /// Several people registered the address. Its owner must set a password at this URL.
    PasswordRequired { password_required: bool, reset_url: String },
}

refusals!(VerifyRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM]);

/// Verify an address
///
/// Opened from the emailed link. Browsers get a page with a button, because mail scanners open links and must not
/// change anything. Other clients, and those that accept `application/json`, verify the address immediately. Opening
/// the link again within its lifetime shows success. For the link of an email address change (`me/email`), GET never
/// changes anything. If several people registered the address, the page is a form in which its owner sets the
/// password.
#[utoipa::path(
    get, path = "/v1/{realm}/verify", tag = "Accounts",
    params(
        RealmPath,
        ("token" = String, Query, description = "Token from the email", example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"),
    ),
    responses(
        (status = 200, description = "Verified, or a button must be pressed, or a password must be chosen: HTML, or JSON", content(
            (VerifyAnswer = "application/json", examples(
                ("verified" = (summary = "The address is verified", value = json!({"message": "Email verified successfully"}))),
                ("button" = (
                    summary = "The page was prefetched: nothing is verified yet",
                    value = json!({"message": "Send this token by POST to activate the account"}),
                )),
                ("new_address" = (
                    summary = "The link confirms a new address. Nothing is changed yet",
                    value = json!({"message": "Send this token by POST to change the address"}),
                )),
                ("password_required" = (
                    summary = "A password must be chosen, by POST to this URL",
                    value = json!({"password_required": true, "reset_url": "http://localhost:8000/User1/reset_password?token=uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM"}),
                )),
            )),
            (String = "text/html"),
        )),
        VerifyRefusals,
    )
)]
pub(crate) async fn verify(
    State(state): State<AppState>,
    request: RealmRequest,
    _: SkipOnHead,
    browser: Browser,
    (cookie, flows): (RegistrationCookie, FlowCookies),
    format: PreferredFormat,
    Link(token): Link,
) -> Response {
    let token = token.text().unwrap_or_default();
    // Only a page can continue with an external account.
    let links = if format == PreferredFormat::Html { flows.values() } else { Vec::new() };
    let opened = if browser.may_act() {
        request.accounts().follow_verification(token).await
    } else {
        request.accounts().open_verification(token, cookie.value(), &links).await
    };
    let (email, undo_url, is_own_browser) = match opened {
        Ok(OpenedLink::Ready { email, undo_url, is_own_browser }) => (email, undo_url, is_own_browser),
        Ok(OpenedLink::NewAddress(email)) => {
            let button = EmailChange { token, email: email.as_str() };
            return page::answer(&state, &request, format, &button, "Send this token by POST to change the address");
        }
        // An accepted token needs no encoding.
        Ok(OpenedLink::WithProvider) => {
            let page = format!("{}/{}/signin/complete?token={token}", state.info.root, request.realm.name);
            return go(page);
        }
        Ok(OpenedLink::Settled(verified)) => return settled(&state, &request, format, verified),
        Err(error) => return failed(&state, &request, format, error),
    };
    let is_submitted = is_own_browser && browser.may_submit();
    let button = EmailVerify { token, email: email.as_str(), undo_url: &undo_url, is_submitted };
    let mut response =
        page::answer(&state, &request, format, &button, "Send this token by POST to activate the account");
    if is_submitted && format == PreferredFormat::Html {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, CSP_GATE);
    }
    response
}

fn settled(state: &AppState, request: &RealmRequest, format: PreferredFormat, verified: Verified) -> Response {
    match verified {
        Verified::Done => {
            page::answer(state, request, format, &EmailVerified { what: "registration" }, "Email verified successfully")
        }
        Verified::AddressChanged => {
            page::answer(state, request, format, &EmailVerified { what: "email" }, "Email changed successfully")
        }
        Verified::PasswordRequired { token, url: reset_url } => match format {
            PreferredFormat::Json => {
                Json(VerifyAnswer::PasswordRequired { password_required: true, reset_url }).into_response()
            }
            PreferredFormat::Html => page::html(state, request, StatusCode::OK, &Reset::new(token.expose(), "")),
        },
    }
}

fn failed(state: &AppState, request: &RealmRequest, format: PreferredFormat, error: Error) -> Response {
    page::refuse(state, request, format, &EmailVerifiedFailed { error: error.detail() }, error)
}

/// Body of `verify`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct VerificationToken {
    /// Token from the emailed link.
    #[schema(example = "uCeNTzntooPKZ_0rTSk_Owe-sYCJrB8M1v_uo5qYVrM")]
    token: String,
}

refusals!(VerifyByPostRefusals: Page [&[LIMITED, LINK_INVALID]], Problem [REALM, ANY]);

/// Verify an address, by POST
///
/// Sent by the button on the page of a verification link. Activates the account, or completes an email address
/// change, and redirects to the same link, which then shows the result. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/verify", tag = "Accounts",
    params(RealmPath),
    request_body = VerificationToken,
    responses(
        (status = 303, description = "Verified, or a password must be chosen: the link shows which", headers(
            ("Location" = String, description = "The link, relative to this URL"),
        )),
        VerifyByPostRefusals,
    )
)]
pub(crate) async fn verify_by_post(
    State(state): State<AppState>,
    request: RealmRequest,
    format: PreferredFormat,
    AnyBody(mut fields): AnyBody,
) -> Response {
    let token = fields.take("token");
    let token = token.text().unwrap_or_default();
    match request.accounts().verify(token).await {
        // An accepted token needs no encoding.
        Ok(_) => go(format!("?token={token}")),
        Err(error) => failed(&state, &request, format, error),
    }
}

/// Body of `verify/resend`.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct AddressToVerify {
    #[schema(example = "john.doe@example.com")]
    email: String,
}

refusals!(ResendRefusals: Problem [REALM, ANY, &[LIMITED], Fields(&[field("email", EMAIL_INVALID)])]);

/// Resend the verification email
///
/// The response is the same whether or not anything was sent. The body may also be a form.
#[utoipa::path(
    post, path = "/v1/{realm}/verify/resend", tag = "Accounts",
    params(RealmPath),
    request_body = AddressToVerify,
    responses(
        (status = 200, description = "Sent, if there was something to send", body = Message, example = json!({"message": "Verification link sent to your email"})),
        ResendRefusals,
    )
)]
pub(crate) async fn resend(request: RealmRequest, AnyBody(mut fields): AnyBody) -> Result<Json<Message>, ApiError> {
    request.accounts().resend_verification(&fields.take_address("email")).await?;
    Ok(Message::say("Verification link sent to your email"))
}
