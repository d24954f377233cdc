use std::time::Duration;

use axum::{
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use portcullis_core::{error::ErrorKind, id::SessionId, service::RawField};
use serde::{Deserialize, Serialize};

use super::{
    super::{answer, confirm::person},
    go, say, turned,
};
use crate::{
    http::{
        extract::{Carried, PageForm, Says, SignedIn, Turned, Visit},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::AccountSecurityCodes,
};

/// New recovery codes, sealed for this browser and passed to the page in its URL, because the store only has their
/// hashes.
#[derive(Serialize, Deserialize)]
struct Made {
    /// Session that may view them.
    session: String,
    codes: Vec<String>,
}

impl Carried for Made {
    const NAME: &'static str = "made";
    const LIFETIME: Duration = Duration::from_secs(600);
}

/// Redirects to the page that shows the codes.
pub(in super::super) fn carried<'a>(
    state: &AppState,
    signed_in: &SignedIn,
    codes: impl Iterator<Item = &'a str>,
) -> Response {
    show_codes(state, &signed_in.visit, signed_in.viewer.session(), codes)
}

/// Redirects to the page that shows the codes, after a change in the account or after a sign-in.
pub(in super::super) fn show_codes<'a>(
    state: &AppState,
    visit: &Visit,
    session: &SessionId,
    codes: impl Iterator<Item = &'a str>,
) -> Response {
    let made = Made { session: session.to_string(), codes: codes.map(str::to_owned).collect() };
    visit.carry(state, "account/security/codes", &made, &[])
}

/// Returns the codes in the URL, if they belong to this session.
fn made(signed_in: &SignedIn) -> Option<Made> {
    signed_in.visit.carried::<Made>().filter(|made| made.session == signed_in.viewer.session().as_str())
}

/// Show new recovery codes
///
/// Available for ten minutes, in the session that generated them.
#[utoipa::path(get, path = "/v1/{realm}/account/security/codes", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn show(State(state): State<AppState>, signed_in: SignedIn) -> Response {
    let Some(made) = made(&signed_in) else { return go(&signed_in, "account/security") };
    let carried = signed_in.visit.parameter(Made::NAME).unwrap_or_default();
    let action = signed_in.visit.link("account/security/codes.txt", &[(Made::NAME, carried)]);
    let said = signed_in.visit.said(Says::Done("codes"));
    let page = AccountSecurityCodes { user: person(&signed_in), codes: made.codes, action, said };
    answer::show(&state, &signed_in.visit, &page)
}

/// Download new recovery codes
///
/// A text file with one code per line.
#[utoipa::path(get, path = "/v1/{realm}/account/security/codes.txt", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn file(signed_in: SignedIn) -> Response {
    let Some(made) = made(&signed_in) else { return go(&signed_in, "account/security") };
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"recovery-codes.txt\""),
    ];
    (headers, made.codes.join("\n") + "\n").into_response()
}

/// Generate new recovery codes
///
/// Invalidates the previous codes. Requires a recent login.
#[utoipa::path(post, path = "/v1/{realm}/account/security/codes", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn renew(State(state): State<AppState>, signed_in: SignedIn, _: PageForm) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    match signed_in.visit.request.second_factors().renew_recovery_codes(&owner, &RawField::Missing).await {
        Ok(codes) => Ok(carried(&state, &signed_in, codes.expose())),
        Err(error) if error.kind() == ErrorKind::Conflict => {
            Ok(say(&state, &signed_in, "account/security", Says::Problem("no_factor")))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
