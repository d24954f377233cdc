//! Developer pages, accessible from loopback only: the mailbox and the template previews.

pub(in crate::http) mod mailbox;
mod previews;

use utoipa_axum::{router::OpenApiRouter, routes};

use crate::http::state::AppState;

/// Returns the routes of this area: previews in development, and the mailbox if there is one.
pub(in crate::http) fn routes(has_previews: bool, has_mailbox: bool) -> OpenApiRouter<AppState> {
    let mut all = OpenApiRouter::new();
    if has_previews {
        all = all.routes(routes!(previews::gallery)).routes(routes!(previews::sample));
    }
    if has_mailbox {
        all = all
            .routes(routes!(mailbox::page))
            .routes(routes!(mailbox::json))
            .routes(routes!(mailbox::html))
            .routes(routes!(mailbox::events))
            .routes(routes!(mailbox::clear));
    }
    all
}
