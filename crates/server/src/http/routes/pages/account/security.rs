use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::MFA_NO_FACTOR},
    factor::{MOST_TOTP, Method, MfaPolicy},
    service::{RawField, RawJson},
};

use super::{
    super::{answer, confirm::person},
    go, turned,
};
use crate::{
    http::{
        extract::{PageForm, SignedIn, Turned},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountSecurity, FactorRow, Gate},
};

const DONE: [&str; 5] = ["password", "removed", "codes", "on", "off"];
const PROBLEMS: [&str; 3] = ["required", "too_many", "no_factor"];

/// Security of the account
///
/// Password, second factors and recovery codes.
#[utoipa::path(get, path = "/v1/{realm}/account/security", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn show(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let (visit, viewer) = (&signed_in.visit, &signed_in.viewer);
    let status = visit.request.second_factors().status(viewer).await.map_err(|error| turned(&signed_in, error))?;
    let known = |words: &[&'static str], name| words.iter().copied().find(|word| visit.parameter(name) == Some(*word));
    let gate = Gate {
        done: known(&DONE, "done").unwrap_or_default(),
        problem: known(&PROBLEMS, "problem").unwrap_or_default(),
        ..Gate::default()
    };
    let has_totp = status.methods.contains(&Method::Totp) && status.policy != MfaPolicy::Off;
    let factors = status.factors.into_iter().map(|factor| FactorRow {
        id: factor.id.to_string(),
        name: match factor.method {
            Method::Sms => format!("Text message to {}", factor.name.as_str()),
            _ => factor.name.as_str().to_owned(),
        },
        added: factor.created_at.into(),
        used: factor.last_used_at.map(Into::into),
    });
    let factors: Vec<FactorRow> = factors.collect();
    let page = AccountSecurity {
        gate,
        user: person(&signed_in),
        password: viewer.account().password_set_at.into(),
        two_step: status.two_step,
        can_add: has_totp && factors.len() < MOST_TOTP,
        factors,
        recovery_left: status.recovery_codes.map_or(0, |codes| codes.left),
        must: status.policy == MfaPolicy::Required,
    };
    Ok(answer::show(&state, visit, &page))
}

/// Turn two-step verification on or off
///
/// Needs a recent login.
#[utoipa::path(post, path = "/v1/{realm}/account/security", tag = "Pages", params(RealmPath), responses((status = 303, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn switch(
    State(state): State<AppState>,
    signed_in: SignedIn,
    PageForm(mut fields): PageForm,
) -> Result<Response, Turned> {
    let owner = signed_in.fresh().await?;
    let on = match fields.take("action").text() {
        Some("save") => true,
        Some("remove") => false,
        _ => return Ok(go(&signed_in, "account/security")),
    };
    let value = RawField::Json(RawJson(on.into()));
    match signed_in.visit.request.second_factors().switch(&owner, &RawField::Missing, &value).await {
        Ok(switched) => {
            let done = match switched.recovery_codes {
                Some(codes) => super::codes::carried(&state, &signed_in, codes.expose()),
                None => go(&signed_in, if on { "account/security?done=on" } else { "account/security?done=off" }),
            };
            Ok(signed_in.renewed(&state, done).await)
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let problem = if error.code() == MFA_NO_FACTOR.code { "no_factor" } else { "required" };
            Ok(go(&signed_in, &format!("account/security?problem={problem}")))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
