//! `portcullis admins …`

use axum::http::Method;
use portcullis_core::error::catalogue::REVISION_STALE;
use serde_json::{Map, Value, json};

use super::{
    AdminVerb, CallError, Caller,
    verbs::{Answer, confirm, get, items, not_found, post, subject},
};

/// An administrator in the list.
struct Found {
    path: String,
    grants: Vec<String>,
    revision: Option<u64>,
}

/// Returns the administrator with this identifier or address.
async fn admin(caller: &Caller, named: &str) -> Result<Found, CallError> {
    let text = |admin: &Value, name: &str| admin.get(name).and_then(Value::as_str).map(str::to_lowercase);
    let is_named = |admin: &&Value| [text(admin, "email"), text(admin, "id")].contains(&Some(named.to_lowercase()));
    let mut page = get(caller, "/v1/admin/admins?limit=200").await?;
    loop {
        if let Some(found) = items(&page).find(is_named) {
            let grants = found.get("grants").and_then(Value::as_array).into_iter().flatten();
            return Ok(Found {
                path: format!("/v1/admin/admins/{}", text(found, "id").unwrap_or_default()),
                grants: grants.filter_map(|grant| grant.as_str().map(str::to_owned)).collect(),
                revision: found.get("revision").and_then(Value::as_u64),
            });
        }
        let next = page.get("next").and_then(Value::as_str).ok_or_else(not_found)?;
        page = get(caller, &format!("/v1/admin/admins?limit=200&cursor={next}")).await?;
    }
}

/// Maximum number of attempts to change grants if others change them concurrently.
const ATTEMPTS: usize = 50;

/// Changes the grants of an administrator, based on the current grants.
async fn change_grants(caller: &Caller, verb: &AdminVerb, change: impl Fn(&mut Vec<String>)) -> Answer {
    let named = subject(verb)?;
    let mut is_confirmed = false;
    for _ in 0..ATTEMPTS {
        let Found { path, mut grants, revision } = admin(caller, &named).await?;
        change(&mut grants);
        let sent = if grants.is_empty() {
            if !is_confirmed {
                confirm(verb, "Remove this administrator")?;
                is_confirmed = true;
            }
            caller.call(Method::DELETE, &path, None, revision).await
        } else {
            let body = json!({ "grants": grants });
            caller.call(Method::PUT, &format!("{path}/grants"), Some(body), revision).await
        };
        match sent {
            Err(CallError::Refused { code, .. }) if code == REVISION_STALE.code => {}
            done => return done,
        }
    }
    Err(CallError::Unreachable("the grants kept changing".to_owned()))
}

/// Runs a command for administrators.
pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Answer {
    let roles = || {
        verb.all("role").into_iter().map(|role| if role.contains('@') { role.to_owned() } else { format!("{role}@*") })
    };
    match verb.name {
        "list" => get(caller, "/v1/admin/admins").await,
        "invite" => {
            let mut body = Map::from_iter([
                ("email".to_owned(), subject(verb)?.into()),
                ("grants".to_owned(), json!(roles().collect::<Vec<_>>())),
            ]);
            if verb.has("print") {
                if verb.server.is_some() {
                    return Err(CallError::Usage("--print works on the machine of the server only".to_owned()));
                }
                body.insert("deliver".to_owned(), "answer".into());
            }
            post(caller, "/v1/admin/admins", Some(body.into())).await
        }
        "reset" => {
            let path = admin(caller, &subject(verb)?).await?.path;
            post(caller, &format!("{path}/reset"), None).await
        }
        "grant" => change_grants(caller, verb, |grants| grants.extend(roles())).await,
        _ => {
            let removed: Vec<String> = roles().collect();
            let is_kept = |grant: &String| !removed.is_empty() && !removed.contains(grant);
            change_grants(caller, verb, |grants| grants.retain(is_kept)).await
        }
    }
}
