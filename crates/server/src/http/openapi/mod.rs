//! The OpenAPI 3.1 description: everything that the routes do not declare themselves.

mod examples;
pub(super) mod groups;
mod refusals;
mod schemas;
mod scope;

pub(super) use refusals::{Responses, refusals, with_refusals};
pub(super) use schemas::{attributes, client_keys, event_details, optional_attributes};

use serde_json::{Map, Value, json};
use utoipa::{
    IntoParams, OpenApi,
    openapi::{
        OpenApi as Document, Server,
        security::{ApiKey, ApiKeyValue, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Password, Scopes, SecurityScheme},
    },
};

use super::{
    problem::{Problem, TokenError},
    state::ServerInfo,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis",
        description = "User accounts for any application.\n\nEvery path exists for each realm. A path without a version always means `/v1`: `/User1/create` and `/v1/User1/create` are the same route.\n\nErrors are `application/problem+json` (RFC 9457); `code` is a stable word for programs. Every response has an `X-Request-Id`, which is the `instance` of a problem and is also in the log. A request that changes something is 403 `impersonated` if it carries a token with which an administrator impersonates a user. Such a token may only end its own session. Any route may also respond with 400 `request.malformed` or `request.host`, 405 `method.not_allowed`, 431 `request.head_too_large`, 500 `internal` and 503 `timeout`.",
        license(name = "MIT", identifier = "MIT"),
    ),
    components(schemas(Problem, TokenError)),
    tags(
        (name = "Accounts", description = "Registration, login, profile"),
        (name = "Second factors", description = "Two-step verification"),
        (name = "Passkeys", description = "Signing in without a password, and security keys"),
        (name = "Providers", description = "Signing in with other providers"),
        (name = "Administration", description = "For administrators. Authentication: the cookie of `sign_in`, or a key (`Authorization: Bearer pck_…`). Without credentials every route is 401 `admin.sign_in`; 403 `admin.forbidden` without the required role; realms and users outside the grants are 404. With ADMIN=off, and for peers outside ADMIN_NETWORKS, and with ADMIN_LISTEN on the other listener, these routes are 404. Keys are limited (429)."),
        (name = "Operations", description = "Routes for operators of the server"),
    ),
)]
struct Api;

/// Path parameters shared by all account routes.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code, reason = "describes a part of the path, which is read before any route is looked for")]
pub(super) struct RealmPath {
    /// The realm, which is a separate set of users.
    // Not an enum, because one client may use servers with different realms.
    #[param(example = "User1", pattern = "^[A-Za-z][A-Za-z0-9_-]{0,31}$")]
    realm: String,
}

/// Security scheme of a route that requires a token. [`finish`] adds the logins of the realms.
const BEARER: &str = "bearer";
/// Security schemes of a route for administrators.
const ADMIN_SESSION: &str = "admin_session";
const ADMIN_KEY: &str = "admin_key";
/// Security scheme of a route for services.
const SERVICE: &str = "service";

/// Returns the description without paths. The routes add theirs.
pub(super) fn begin(info: &ServerInfo) -> Document {
    let mut document = Api::openapi();
    if !info.root.is_empty() {
        document.servers = Some(vec![Server::new(&*info.root)]);
    }
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
    let bearer = bearer.description(Some("An access token that you have.")).build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    let service = HttpBuilder::new().scheme(HttpAuthScheme::Basic);
    let service = service.description(Some("Id and secret of a service, a pair of `API_CLIENTS`.")).build();
    let cookie = ApiKeyValue::with_description(
        "portcullis_admin",
        "The cookie of `sign_in`; on https with the prefix `__Host-`.",
    );
    components.add_security_scheme(ADMIN_SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let key = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("pck_ID_SECRET");
    let key = key.description(Some("An administration key.")).build();
    components.add_security_scheme(ADMIN_KEY, SecurityScheme::Http(key));
    components.add_security_scheme(SERVICE, SecurityScheme::Http(service));
    for realm in &info.realms {
        let token = format!("{}/v1/{realm}/token", info.root);
        let flow = Flow::Password(Password::with_refresh_url(token.clone(), Scopes::new(), token));
        let mut login = OAuth2::new([flow]);
        login.description = Some(format!("Address and password of an account of {realm}; no client id or secret."));
        components.add_security_scheme(login_of(realm), SecurityScheme::OAuth2(login));
    }
    document
}

/// Returns the name of the security scheme for logging in to a realm. The typescript-fetch generator sends the last
/// scheme in alphabetical order, and adds a prefix only for [`BEARER`].
fn login_of(realm: &str) -> String {
    format!("account_{realm}")
}

/// Returns the complete description as JSON. Every body gets an example, and examples use this server's realms.
pub(super) fn finish(document: &Document, info: &ServerInfo) -> Value {
    let mut document = json!(document);
    scope::keep_api(&mut document);
    let components = document.get("components").cloned().unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        let items = paths.values_mut().filter_map(Value::as_object_mut);
        for operation in items.flat_map(|item| item.values_mut()) {
            complete(operation, &components, info);
        }
        sort(paths);
    }
    for part in ["/info", "/paths", "/components/schemas"] {
        if let Some(part) = document.pointer_mut(part) {
            scope::name_server(part, info);
        }
    }
    document
}

/// Sorts the paths: realm routes first, and those without authentication before the others. This is the order in
/// which readers need them.
fn sort(paths: &mut Map<String, Value>) {
    let needs_token =
        |operation: &Value| operation.get("security").and_then(Value::as_array).is_some_and(|ways| !ways.is_empty());
    let mut sorted: Vec<(String, Value)> = std::mem::take(paths).into_iter().collect();
    sorted.sort_by_key(|(path, item)| {
        let operations = item.as_object().into_iter().flat_map(|item| item.values());
        (!path.starts_with("/v1/"), operations.into_iter().any(needs_token))
    });
    paths.extend(sorted);
}

fn complete(operation: &mut Value, components: &Value, info: &ServerInfo) {
    let statuses = operation.get("responses").and_then(Value::as_object).into_iter().flat_map(|answers| answers.keys());
    let answers = statuses.map(|status| format!("/responses/{status}/content"));
    let places: Vec<_> = std::iter::once("/requestBody/content".to_owned()).chain(answers).collect();
    for place in places {
        if let Some(bodies) = operation.pointer_mut(&place).and_then(Value::as_object_mut) {
            examples::complete(bodies, components);
        }
    }
    let Some(operation) = operation.as_object_mut() else { return };
    // An empty list means that no token is needed.
    let ways = operation.entry("security").or_insert_with(|| json!([])).as_array_mut();
    let takes_tokens = |ways: &&mut Vec<Value>| ways.iter().any(|way| way.get(BEARER).is_some());
    if let Some(ways) = ways.filter(takes_tokens) {
        ways.extend(info.realms.iter().map(|realm| json!({ login_of(realm): [] })));
    }
    let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
    for parameter in parameters.into_iter().flatten().filter_map(Value::as_object_mut) {
        if parameter.get("name").is_some_and(|name| name == "realm") {
            parameter.insert("example".to_owned(), json!(&*info.first_realm));
        }
    }
}
