use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use portcullis_core::{admin::Manage, service::ClientFields};
use utoipa::ToSchema;

use super::{
    answers::{PageQuery, page},
    client_answers::{AdminClient, AdminClientWithSecret, AdminClients, ClientPath},
};
use crate::http::{
    extract::{AdminRequest, Fields, IfMatch, JsonBody, OptionalJsonBody, Query},
    openapi::{RealmPath, refusals},
    problem::ApiError,
    routes::Message,
};

fn client_fields(fields: &mut Fields) -> ClientFields {
    ClientFields {
        name: fields.take_present("name"),
        client_type: fields.take_present("type"),
        first_party: fields.take_present("first_party"),
        redirect_uris: fields.take_present("redirect_uris"),
        post_logout_redirect_uris: fields.take_present("post_logout_redirect_uris"),
        grants: fields.take_present("grants"),
        scopes: fields.take_present("scopes"),
        auth: fields.take_present("auth"),
        pkce: fields.take_present("pkce"),
        id_token_alg: fields.take_present("id_token_alg"),
        acr: fields.take_present("acr"),
        jwks: fields.take_present("jwks"),
    }
}

refusals!(ListRefusals: Problem [ADMIN, &[REPEATED, UNREADABLE, CURSOR_INVALID], Fields(&[field("limit", LIMIT_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// List clients
///
/// Returns the OpenID Connect clients of a realm, including those defined in the settings, sorted by identifier. Empty
/// if OpenID Connect is off. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_clients_list",
    get, path = "/v1/admin/realms/{realm}/clients", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath, PageQuery),
    responses((status = 200, description = "A page of clients", body = AdminClients), ListRefusals)
)]
pub(crate) async fn list(request: AdminRequest<Manage>, query: Query) -> Result<Json<AdminClients>, ApiError> {
    let (limit, cursor) = page(query)?;
    Ok(Json(request.verbs().clients(&limit, &cursor).await?.into()))
}

/// A new client.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminNewClient {
    /// 1 to 64 letters, digits, `.`, `_` and `-`.
    #[schema(example = "shop")]
    id: String,
    /// Defaults to the identifier.
    #[schema(example = "Shop")]
    name: Option<String>,
    /// `confidential` (default) or `public`.
    #[schema(rename = "type")]
    client_type: Option<String>,
    /// Whether it is your own application. Users are then not asked for consent.
    first_party: Option<bool>,
    /// 1 to 20 URIs.
    #[schema(example = json!(["https://shop.example.com/callback"]))]
    redirect_uris: Vec<String>,
    post_logout_redirect_uris: Option<Vec<String>>,
    /// `authorization_code` (default), `refresh_token`.
    grants: Option<Vec<String>>,
    /// Defaults to `openid`, `profile`, `email`.
    scopes: Option<Vec<String>>,
    /// `client_secret_basic` (default), `client_secret_post`, `private_key_jwt`; `none` for public clients.
    auth: Option<String>,
    /// Whether PKCE is required. Can only be `false` for confidential clients.
    pkce: Option<bool>,
    /// `RS256`, `ES256` or `EdDSA`. Defaults to `ID_TOKEN_ALGORITHM`.
    id_token_alg: Option<String>,
    /// Minimum assurance of its users.
    acr: Option<String>,
    /// JWK set with 1 to 10 public keys, for `private_key_jwt`.
    #[schema(value_type = Option<Object>)]
    jwks: Option<serde_json::Value>,
}

refusals!(AddRefusals: Problem [ADMIN, JSON, &[CLIENT_EXISTS, CLIENT_DECLARED, CLIENTS_OFF], Fields(&[field("id", CLIENT_ID_INVALID), field("name", CLIENT_NAME_INVALID), field("type", VALUE_INVALID), field("first_party", FIELD_NOT_BOOLEAN), field("redirect_uris", REDIRECT_URI_INVALID), field("grants", FIELD_NOT_LIST), field("scopes", CLIENT_SCOPES_INVALID), field("auth", CLIENT_AUTH_INVALID), field("pkce", PKCE_REQUIRED), field("jwks", CLIENT_KEYS_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Add a client
///
/// The secret of a client that has one is generated, and returned only once, as `client_secret`. Requires the role
/// `manager`.
#[utoipa::path(
    operation_id = "admin_clients_add",
    post, path = "/v1/admin/realms/{realm}/clients", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(RealmPath),
    request_body = AdminNewClient,
    responses((status = 201, description = "Added", body = AdminClientWithSecret), AddRefusals)
)]
pub(crate) async fn add(request: AdminRequest<Manage>, JsonBody(mut fields): JsonBody) -> Result<Response, ApiError> {
    let (id, given) = (fields.take("id"), client_fields(&mut fields));
    let (client, secret) = request.verbs().add_client(&id, &given, fields.unknown()).await?;
    let location = format!("/v1/admin/realms/{}/clients/{}", request.part("realm"), client.id);
    let answer = AdminClientWithSecret::new(&client, secret.as_ref());
    let mut response = (StatusCode::CREATED, answer).into_response();
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

refusals!(ShowRefusals: Problem [ADMIN]);

/// Get a client
///
/// Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_clients_show",
    get, path = "/v1/admin/realms/{realm}/clients/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(ClientPath),
    responses((status = 200, description = "The client", body = AdminClient), ShowRefusals)
)]
pub(crate) async fn show(request: AdminRequest<Manage>) -> Result<Response, ApiError> {
    Ok(AdminClient::from(&request.verbs().client_named(request.id()).await?).into_response())
}

/// Changes to a client. Absent members are unchanged, and `null` restores the default.
#[derive(ToSchema)]
#[allow(
    dead_code,
    reason = "describes the body, which is read field by field so that all errors are reported together"
)]
struct AdminClientChange {
    #[schema(example = "Shop")]
    name: Option<String>,
    #[schema(rename = "type")]
    client_type: Option<String>,
    first_party: Option<bool>,
    /// Replaces all URIs.
    #[schema(example = json!(["https://shop.example.com/callback"]))]
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    grants: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    auth: Option<String>,
    pkce: Option<bool>,
    id_token_alg: Option<String>,
    acr: Option<String>,
    #[schema(value_type = Option<Object>)]
    jwks: Option<serde_json::Value>,
}

refusals!(EditRefusals: Problem [ADMIN, JSON, &[REVISION_STALE, CLIENT_DECLARED], Fields(&[field("name", CLIENT_NAME_INVALID), field("type", VALUE_INVALID), field("first_party", FIELD_NOT_BOOLEAN), field("redirect_uris", REDIRECT_URI_INVALID), field("grants", FIELD_NOT_LIST), field("scopes", CLIENT_SCOPES_INVALID), field("auth", CLIENT_AUTH_INVALID), field("pkce", PKCE_REQUIRED), field("jwks", CLIENT_KEYS_INVALID), field("nickname", FIELD_UNKNOWN)])]);

/// Edit a client
///
/// Accepts a merge patch (RFC 7396). With `If-Match`, the change is rejected if the client has changed since it was
/// read. Sessions of the client keep only what it still may do. A client that no longer authenticates with a secret
/// loses its secrets. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_clients_edit",
    patch, path = "/v1/admin/realms/{realm}/clients/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ClientPath,
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"1\""),
    ),
    request_body = AdminClientChange,
    responses((status = 200, description = "The client", body = AdminClient), EditRefusals)
)]
pub(crate) async fn edit(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    JsonBody(mut fields): JsonBody,
) -> Result<Response, ApiError> {
    let given = client_fields(&mut fields);
    let client = request.verbs().edit_client(request.id(), &expected, &given, fields.unknown()).await?;
    Ok(AdminClient::from(&client).into_response())
}

/// Whether the previous secrets remain valid.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read field by field")]
struct SecretRotation {
    /// `true` invalidates the previous secrets immediately.
    #[schema(example = false)]
    now: Option<bool>,
}

refusals!(RotateRefusals: Problem [ADMIN, JSON, &[REVISION_STALE, CLIENT_DECLARED, CLIENT_PUBLIC, CLIENT_NO_SECRET], Fields(&[field("now", FIELD_NOT_BOOLEAN), field("nickname", FIELD_UNKNOWN)])]);

/// Rotate the secret of a client
///
/// Generates a secret, which is returned only once, as `client_secret`. The previous secret remains valid until the
/// next rotation, unless `now` is set. With `If-Match`, the secret is only rotated at this revision. Requires the role
/// `manager`.
#[utoipa::path(
    operation_id = "admin_clients_rotate",
    post, path = "/v1/admin/realms/{realm}/clients/{id}/rotate", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ClientPath,
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"1\""),
    ),
    request_body(content = Option<SecretRotation>, content_type = "application/json"),
    responses((status = 200, description = "The client with its new secret", body = AdminClientWithSecret), RotateRefusals)
)]
pub(crate) async fn rotate(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
    OptionalJsonBody(mut fields): OptionalJsonBody,
) -> Result<Response, ApiError> {
    let now = fields.take("now");
    let (client, secret) = request.verbs().rotate_client(request.id(), &expected, &now, fields.unknown()).await?;
    Ok(AdminClientWithSecret::new(&client, Some(&secret)).into_response())
}

refusals!(RemoveRefusals: Problem [ADMIN, &[REVISION_STALE, CLIENT_DECLARED]]);

/// Remove a client
///
/// Its tokens are rejected from then on, also if its identifier is used again. With `If-Match`, it is only removed at
/// this revision. Requires the role `manager`.
#[utoipa::path(
    operation_id = "admin_clients_remove",
    delete, path = "/v1/admin/realms/{realm}/clients/{id}", tag = "Administration",
    security(("admin_session" = []), ("admin_key" = [])),
    params(
        ClientPath,
        ("If-Match" = Option<String>, Header, description = "Last fetched revision, as in `ETag`", example = "\"1\""),
    ),
    responses(
        (status = 200, description = "Removed", body = Message, example = json!({"message": "Client removed"})),
        RemoveRefusals,
    )
)]
pub(crate) async fn remove(
    request: AdminRequest<Manage>,
    IfMatch(expected): IfMatch,
) -> Result<Json<Message>, ApiError> {
    request.verbs().remove_client(request.id(), &expected).await?;
    Ok(Message::say("Client removed"))
}
