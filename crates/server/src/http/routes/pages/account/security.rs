use axum::{extract::State, response::Response};
use portcullis_core::{
    error::{ErrorKind, catalogue::MFA_NO_FACTOR},
    factor::{
        ListedFactor, ListedPasskey, MAX_TOTP, Method, MfaPolicy,
        passkey::{Backup, PasskeyUse},
    },
    federation::ListedIdentity,
    service::{RawField, RawJson},
};

use super::{
    super::{answer, confirm::person, social},
    go, say, turned,
};
use crate::{
    http::{
        answers::SignalAnswer,
        extract::{PageForm, Says, SignedIn, Turned, Visit},
        openapi::RealmPath,
        state::AppState,
    },
    templates::pages::{AccountSecurity, FactorRow, Gate, IdentityRow, SecurityOffers},
};

const DONE: [&str; 13] = [
    "password",
    "no_password",
    "removed",
    "codes",
    "on",
    "off",
    "passkey_added",
    "passkey_removed",
    "key_added",
    "key_removed",
    "renamed",
    "linked",
    "unlinked",
];
const PROBLEMS: [&str; 6] = ["required", "too_many", "too_many_keys", "no_factor", "last", "only_passkey"];

/// Show the security page
///
/// Passkeys, password, second factors and recovery codes.
#[utoipa::path(get, path = "/v1/{realm}/account/security", tag = "Pages", params(RealmPath), responses((status = 200, description = "HTML", content_type = "text/html", body = String)))]
pub(crate) async fn show(State(state): State<AppState>, signed_in: SignedIn) -> Result<Response, Turned> {
    let (visit, account) = (&signed_in.visit, signed_in.viewer.account());
    let status = visit.request.second_factors().status(&signed_in.viewer).await;
    let status = status.map_err(|error| turned(&signed_in, error))?;
    let identities = visit.request.federation().identities(&signed_in.viewer).await;
    let identities = identities.map_err(|error| turned(&signed_in, error))?;
    let gate = Gate { done: visit.done(&DONE), problem: visit.problem(&PROBLEMS), ..Gate::default() };
    let can_add = |method| status.methods.contains(&method) && status.policy != MfaPolicy::Off;
    let apps = status.factors.iter().filter(|factor| factor.method == Method::Totp).count();
    let (passkeys, signal) = match status.passkeys {
        Some((passkeys, accepted)) => {
            // Informs password managers which passkeys remain after a change.
            let changed = gate.done.starts_with("passkey_") || gate.done.starts_with("key_");
            let signal = serde_json::to_string(&SignalAnswer::from(accepted)).unwrap_or_default();
            (Some(passkeys), if changed { signal } else { String::new() })
        }
        None => (None, String::new()),
    };
    let is_login = |passkey: &ListedPasskey| passkey.used_for == PasskeyUse::Login;
    let offers = SecurityOffers {
        passkey: passkeys.is_some(),
        key: passkeys.is_some() && can_add(Method::Passkey),
        totp: can_add(Method::Totp) && apps < MAX_TOTP,
        must: status.policy == MfaPolicy::Required || !account.has_password,
        passwordless: account.has_password && passkeys.iter().flatten().any(is_login),
    };
    let passkeys = passkeys.unwrap_or_default().into_iter().filter(is_login);
    let page = AccountSecurity {
        gate,
        user: person(&signed_in),
        password: account.has_password.then(|| account.password_set_at.into()),
        links: social::ways_to_link(visit, &identities),
        identities: identities.into_iter().map(|identity| identity_row(visit, identity)).collect(),
        two_step: status.two_step,
        passkeys: passkeys.map(passkey_row).collect(),
        factors: status.factors.into_iter().filter(|factor| factor.method != Method::Passkey).map(row).collect(),
        recovery_left: status.recovery_codes.map(|codes| codes.left),
        offers,
        signal,
    };
    Ok(answer::show(&state, visit, &page))
}

fn passkey_row(passkey: ListedPasskey) -> FactorRow {
    FactorRow {
        id: passkey.id.to_string(),
        kind: "passkey",
        name: passkey.name.as_str().to_owned(),
        badge: match passkey.backup {
            Backup { is_backed_up: true, .. } => "Synced",
            Backup { is_eligible: false, .. } => "This device only",
            Backup { .. } => "",
        },
        added: passkey.created_at.into(),
        used: passkey.last_used_at.map(Into::into),
    }
}

fn row(factor: ListedFactor) -> FactorRow {
    FactorRow {
        id: factor.id.to_string(),
        kind: factor.method.as_str(),
        name: match factor.method {
            Method::Sms => format!("Text message to {}", factor.name.as_str()),
            _ => factor.name.as_str().to_owned(),
        },
        badge: if factor.method == Method::SecurityKey { "Security key" } else { "" },
        added: factor.created_at.into(),
        used: factor.last_used_at.map(Into::into),
    }
}

fn identity_row(visit: &Visit, identity: ListedIdentity) -> IdentityRow {
    let provider = visit.request.federation().providers().iter().find(|known| known.name == identity.provider);
    IdentityRow {
        id: identity.id.to_string(),
        kind: provider.map_or("", |provider| provider.preset.as_str()),
        provider: provider.map_or(identity.provider, |provider| provider.label.clone()),
        called: identity.called.unwrap_or_default(),
        added: identity.created_at.into(),
        used: identity.last_used_at.map(Into::into),
    }
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
                None => say(&state, &signed_in, "account/security", Says::Done(if on { "on" } else { "off" })),
            };
            Ok(signed_in.renewed(&state, done).await)
        }
        Err(error) if error.kind() == ErrorKind::Conflict => {
            let problem = if error.code() == MFA_NO_FACTOR.code { "no_factor" } else { "required" };
            Ok(say(&state, &signed_in, "account/security", Says::Problem(problem)))
        }
        Err(error) => Err(turned(&signed_in, error)),
    }
}
