//! Dashboard for administrators. Pages are templates over responses of the admin API, and forms are calls of it.

mod account;
mod act;
mod answer;
mod assets;
mod audit;
mod can;
mod charts;
mod clients;
mod deliveries;
mod desk;
mod form;
mod forms_client;
mod forms_server;
mod forms_user;
mod overview;
mod posted;
mod proof;
mod server;
mod settings;
mod setup;
mod sign_in;
mod subject;
mod user;
mod users;
mod words;

use axum::routing::get;
use utoipa_axum::router::OpenApiRouter;

use crate::http::state::AppState;

/// Returns whether a path belongs to the dashboard.
pub(in crate::http) fn is_page(path: &str) -> bool {
    path == desk::HOME || path.strip_prefix(desk::HOME).is_some_and(|rest| rest.starts_with('/'))
}

/// Returns the routes of this area. Pages are not part of the OpenAPI description.
pub(in crate::http) fn routes() -> OpenApiRouter<AppState> {
    let forms = get(server::form).post(server::act);
    let user_forms = get(user::form).post(user::act);
    OpenApiRouter::new()
        .route("/assets/dashboard.css", get(assets::css))
        .route("/assets/dashboard.js", get(assets::js))
        .route("/admin", get(overview::page))
        .route("/admin/menu", get(overview::menu))
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/admin/setup", get(setup::show).post(setup::set_up))
        .route("/admin/signin", get(sign_in::other_name))
        .route("/admin/sign-out", axum::routing::post(sign_in::sign_out))
        .route("/admin/account", get(account::page))
        .route("/admin/account/two-step", get(account::two_step).post(account::set_up))
        .route("/admin/users", get(users::choose))
        .route("/admin/realms", get(server::realms))
        .route("/admin/realms/{realm}", get(overview::of_realm))
        .route("/admin/realms/{realm}/users", get(users::list).post(users::search))
        .route("/admin/realms/{realm}/invitations", get(users::invitations))
        .route("/admin/realms/{realm}/clients", get(clients::list))
        .route("/admin/realms/{realm}/clients/{id}", get(clients::page))
        .route("/admin/realms/{realm}/clients/{id}/{form}", get(clients::form).post(clients::act))
        .route("/admin/realms/{realm}/{form}", forms.clone())
        .route("/admin/realms/{realm}/users/{id}", get(user::page))
        .route("/admin/realms/{realm}/users/{id}/apps", get(user::apps))
        .route("/admin/realms/{realm}/users/{id}/{form}", user_forms.clone())
        .route("/admin/realms/{realm}/users/{id}/{form}/{item}", user_forms)
        .route("/admin/admins", get(server::admins))
        .route("/admin/admins/new", forms.clone())
        .route("/admin/admins/{id}", get(server::admin))
        .route("/admin/admins/{id}/{form}", forms.clone())
        .route("/admin/keys", get(server::keys))
        .route("/admin/keys/new", forms.clone())
        .route("/admin/keys/rotate", forms.clone())
        .route("/admin/keys/rotate-audit", forms.clone())
        .route("/admin/keys/{id}/{form}", forms)
        .route("/admin/nodes", get(server::nodes))
        .route("/admin/settings", get(settings::page))
        .route("/admin/deliveries", get(deliveries::list))
        .route("/admin/deliveries/{id}/{form}", get(deliveries::form).post(deliveries::act))
        .route("/admin/audit", get(audit::list).post(audit::search))
        .route("/admin/why/{id}", get(audit::why))
}
