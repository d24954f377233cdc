//! What clients see of their users, and consent to that; introspection and revocation of tokens, and their use by
//! proxies.

mod forward_auth;
mod grants;
mod introspect;
mod revoke;
mod userinfo;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(forward_auth::forward_auth))
        .routes(routes!(grants::grants))
        .routes(routes!(grants::withdraw))
        .routes(routes!(introspect::introspect))
        .routes(routes!(revoke::revoke))
        .routes(routes!(userinfo::userinfo, userinfo::userinfo_form))
}

/// Form of both routes.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the form, which is read field by field")]
struct TokenForm {
    /// An access token or a refresh token of this realm.
    #[schema(example = "qgfhl13dmdmn04qh7oqttabfms.DeQcQCOk4ASJsaN6G_yHXGH1dIW2msoW4XHcLest-rY")]
    token: String,
    /// `access_token` or `refresh_token`. Accepted but not needed, because the kind is recognised from the token.
    #[schema(example = "refresh_token")]
    token_type_hint: Option<String>,
}
