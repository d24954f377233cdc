use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use portcullis_core::{
    account::Account,
    error::catalogue::LINK_INVALID,
    oauth::{Scopes, scopes},
    service::{Authorized, ConsentSheet, Decision},
};

use super::{answer::show, authorize, confirm::person};
use crate::{
    http::{
        extract::{PageForm, SignedIn},
        openapi::RealmPath,
        problem::ApiError,
        state::AppState,
    },
    templates::pages::{Consent, ScopeRow},
};

/// Path of the page.
pub(super) const PAGE: &str = "consent";

/// Consent page
///
/// Shows the application, the host that it redirects to, and the requested permissions.
#[utoipa::path(get, path = "/v1/{realm}/consent", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn form(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let visit = &signed_in.visit;
    if let Err(error) = visit.request.oauth().require_on() {
        return ApiError::from(error).into_response();
    }
    let Some(request) = visit.asked() else { return ApiError::from(LINK_INVALID).into_response() };
    match visit.request.oauth().authorize(&request, Some(&signed_in.viewer), None).await {
        Ok(Authorized::Consent(sheet)) => show(&state, visit, &page(&signed_in, *sheet)),
        // The consent is no longer needed, or another page must be shown first.
        Ok(_) => visit.go_on(),
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Submit a decision about consent
///
/// `allow` or `deny`. Redirects back to the application.
#[utoipa::path(post, path = "/v1/{realm}/consent", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn decide(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Response {
    let Some(request) = signed_in.visit.asked() else { return ApiError::from(LINK_INVALID).into_response() };
    let decision = match fields.take("action").text() {
        Some("allow") => Some(Decision::Allow),
        Some("deny") => Some(Decision::Deny),
        _ => None,
    };
    // The decision must not apply to another account that the browser was switched to after the page was shown.
    let is_same = fields.take("account").text() == Some(signed_in.viewer.account().id.as_str());
    let SignedIn { mut visit, viewer, .. } = signed_in;
    visit.viewer = Some(viewer);
    authorize::answer(&state, &visit, &request, decision.filter(|_| is_same)).await
}

fn page(signed_in: &SignedIn, sheet: ConsentSheet) -> Consent {
    let (visit, account) = (&signed_in.visit, signed_in.viewer.account());
    Consent {
        action: visit.link(PAGE, &[]),
        switch_url: visit.link("signout", &[]),
        user: person(signed_in),
        account: account.id.as_str().to_owned(),
        client: sheet.client.name,
        first_party: sheet.client.first_party,
        host: sheet.host,
        has_some: sheet.has_some,
        scopes: rows(account, &sheet.scopes),
    }
}

/// Returns the permissions of scopes as texts and values.
pub(super) fn rows(account: &Account, asked: &Scopes) -> Vec<ScopeRow> {
    let profile = &account.profile;
    let names: Vec<&str> =
        [&profile.first_name, &profile.last_name].into_iter().flatten().map(|name| name.as_str()).collect();
    let row = |text: &str, value: String| ScopeRow { text: text.to_owned(), value };
    let of = |scope: &str| match scope {
        scopes::OPENID => None,
        scopes::PROFILE => Some(row("See your name", names.join(" "))),
        scopes::EMAIL => Some(row("See your email address", profile.email.as_str().to_owned())),
        scopes::PHONE => {
            let phone = profile.phone.as_ref().map(|phone| phone.as_str().to_owned());
            Some(row("See your phone number", phone.unwrap_or_default()))
        }
        scopes::OFFLINE_ACCESS => Some(row("Keep access when you're not using it", "Until you remove it".to_owned())),
        own => Some(row(own, String::new())),
    };
    asked.iter().filter_map(of).collect()
}
