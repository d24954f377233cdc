//! The only list of routes, and what every request passes on its way to one of them.

mod alias;
mod client;
mod cors;
mod description;
mod extract;
mod headers;
mod page;
mod problem;
mod routes;
mod scope;
mod state;
mod timeout;

pub(crate) use routes::{docs::Viewer, mailbox::MessageAnswer};
pub(crate) use scope::{Held, Peer};
pub(crate) use state::{Face, Limits, Shared};

use axum::{
    Router,
    extract::Request,
    middleware::from_fn_with_state,
    response::{IntoResponse, Response},
};
use tower::{Layer, Service, util::BoxCloneSyncService};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::{router::OpenApiRouter, routes};

use portcullis_core::Error;
use problem::Refusal;
use state::AppState;

/// The finished way in: from a request to its answer, never failing.
pub(crate) type Entrance = BoxCloneSyncService<Request, Response, std::convert::Infallible>;

/// Every route of the server. What is not listed here does not exist, and what is listed is documented.
fn all_routes(face: &Face, with_mailbox: bool) -> OpenApiRouter<AppState> {
    let mut all = OpenApiRouter::with_openapi(description::begin(face)).merge(accounts()).merge(around());
    if face.docs {
        all = all.merge(docs());
    }
    if face.is_development {
        all = all.merge(previews());
    }
    if with_mailbox {
        all = all.merge(mailbox());
    }
    all
}

fn accounts() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::create::create))
        .routes(routes!(routes::verify::verify))
        .routes(routes!(routes::verify::resend))
        .routes(routes!(routes::reset::forget_password))
        .routes(routes!(routes::reset::forget_password_by_post))
        .routes(routes!(routes::reset::reset_password_form))
        .routes(routes!(routes::reset::reset_password))
        .routes(routes!(routes::undo::undo_form))
        .routes(routes!(routes::undo::undo))
        .routes(routes!(routes::otp::otp_phone))
        .routes(routes!(routes::otp::verify_otp_phone))
        .routes(routes!(routes::otp::verify_otp_phone_by_post))
        .routes(routes!(routes::login::login))
        .routes(routes!(routes::token::token))
        .routes(routes!(routes::profile::profile))
        .routes(routes!(routes::profile::me))
        .routes(routes!(routes::delete::delete))
        .routes(routes!(routes::logout::logout))
        .routes(routes!(routes::logout::logout_by_post))
}

fn around() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::landing::landing))
        .routes(routes!(routes::landing::stylesheet))
        .routes(routes!(routes::assets::dev_css))
        .routes(routes!(routes::assets::dev_js))
        .routes(routes!(routes::health::health))
        .routes(routes!(routes::health::livez))
        .routes(routes!(routes::health::readyz))
        .routes(routes!(routes::keys::jwks))
}

fn docs() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::openapi::openapi_json))
        .routes(routes!(routes::docs::swagger))
        .routes(routes!(routes::docs::redoc))
        .routes(routes!(routes::docs::vendor))
        .routes(routes!(routes::assets::docs_css))
        .routes(routes!(routes::assets::docs_js))
}

fn previews() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(routes::previews::gallery)).routes(routes!(routes::previews::sample))
}

fn mailbox() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(routes::mailbox::page))
        .routes(routes!(routes::mailbox::json))
        .routes(routes!(routes::mailbox::html))
        .routes(routes!(routes::mailbox::events))
        .routes(routes!(routes::mailbox::clear))
}

/// The API's description (OpenAPI 3.1) for a server with these realms that is reached at `server`; where that is empty, at
/// wherever the description comes from. Every route is in it that any server has.
#[must_use]
pub fn openapi(realms: &[&str], server: &str) -> serde_json::Value {
    let face = Face {
        root: server.into(),
        first_realm: realms.first().copied().unwrap_or_default().into(),
        realms: realms.iter().map(ToString::to_string).collect(),
        ..Face::sample()
    };
    description::finish(&all_routes(&face, true).split_for_parts().1, &face)
}

/// Joins routes and layers. The alias comes first: it decides what path the rest sees.
pub(crate) fn entrance(mut shared: Shared) -> Entrance {
    let (router, document) = all_routes(&shared.face, shared.mailbox.is_some()).split_for_parts();
    shared.openapi = description::finish(&document, &shared.face).to_string().into();
    let state = AppState::new(shared);
    let router: Router = router
        .fallback(async || Refusal::from(Error::not_found()))
        .method_not_allowed_fallback(async || problem::METHOD_NOT_ALLOWED)
        .layer(from_fn_with_state(state.clone(), timeout::bound))
        .layer(CatchPanicLayer::custom(|_| problem::panicked().into_response()))
        .layer(from_fn_with_state(cors::layer(&state.cors_origins), cors::cors))
        .layer(from_fn_with_state(state.clone(), scope::scope))
        .with_state(state.clone());
    let routed = tower::service_fn(move |request: Request| {
        let mut router = router.clone();
        async move { router.call(request).await }
    });
    BoxCloneSyncService::new(alias::AliasLayer::new(state).layer(routed))
}
