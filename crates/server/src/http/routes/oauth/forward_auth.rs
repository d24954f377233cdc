use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::http::{
    extract::Viewing,
    openapi::{RealmPath, refusals},
    problem::ApiError,
};

const USER: HeaderName = HeaderName::from_static("x-portcullis-user");
const EMAIL: HeaderName = HeaderName::from_static("x-portcullis-email");
const ROLES: HeaderName = HeaderName::from_static("x-portcullis-roles");
const ACTOR: HeaderName = HeaderName::from_static("x-portcullis-actor");

refusals!(ForwardAuthRefusals: Problem [REALM, BEARER]);

/// Authenticate a request for a proxy
///
/// Reverse proxies call this before forwarding a request to another application, and copy the headers of the response
/// into that request. The proxy must remove these headers from client requests. The response is never a redirect.
#[utoipa::path(
    get, path = "/v1/{realm}/forward_auth", tag = "Accounts", security(("bearer" = [])),
    params(RealmPath),
    responses(
        (status = 200, description = "The access token is live. The body is empty", headers(
            ("X-Portcullis-User" = String, description = "Identifier of the user"),
            ("X-Portcullis-Email" = String, description = "Email address of the user"),
            ("X-Portcullis-Roles" = String, description = "Current roles of the user, separated by commas; may be empty"),
            ("X-Portcullis-Actor" = String, description = "Administrator who impersonates the user; absent otherwise"),
        )),
        ForwardAuthRefusals,
    )
)]
pub(crate) async fn forward_auth(viewing: Viewing) -> Result<HeaderMap, ApiError> {
    // An application behind the proxy must not be entered with the token of another one.
    if viewing.viewer.is_by_client() {
        return Err(portcullis_core::Error::bad_token().into());
    }
    let account = viewing.viewer.account();
    let roles: Vec<&str> = account.roles.iter().map(|role| role.as_str()).collect();
    let mut headers = HeaderMap::new();
    headers.insert(USER, value(account.id.as_str())?);
    headers.insert(EMAIL, value(account.profile.email.as_str())?);
    headers.insert(ROLES, value(&roles.join(","))?);
    if let Some(actor) = viewing.viewer.impersonator() {
        headers.insert(ACTOR, value(&actor.subject())?);
    }
    Ok(headers)
}

/// Returns a header value. Email addresses may contain non-ASCII letters, which are sent as UTF-8.
fn value(text: &str) -> Result<HeaderValue, portcullis_core::Error> {
    HeaderValue::from_bytes(text.as_bytes()).map_err(portcullis_core::Error::internal)
}
