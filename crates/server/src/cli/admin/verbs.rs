//! Maps commands to API calls.

use std::io::{self, BufRead, IsTerminal, Write};

use axum::http::Method;
use portcullis_core::error::catalogue::NOT_FOUND;
use serde_json::{Map, Value, json};

use super::{AdminVerb, CallError, Caller, admins, stats};
use crate::cli::output::harmless;

pub(super) type Answer = Result<Value, CallError>;

/// Runs a command.
pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Answer {
    match verb.group {
        "users" => users(caller, verb).await,
        "admins" => admins::run(caller, verb).await,
        "admin-keys" => admin_keys(caller, verb).await,
        "clients" => super::clients::run(caller, verb).await,
        "outbox" => outbox(caller, verb).await,
        "stats" => stats::run(caller, verb).await,
        "keys" => keys(caller, verb).await,
        _ => realms(caller, verb).await,
    }
}

pub(super) async fn get(caller: &Caller, path: &str) -> Answer {
    caller.call(Method::GET, path, None, None).await
}

pub(super) async fn post(caller: &Caller, path: &str, body: Option<Value>) -> Answer {
    caller.call(Method::POST, path, body, None).await
}

/// Returns the realm given by the flag, or the only realm.
pub(super) async fn realm(caller: &Caller, verb: &AdminVerb) -> Result<String, CallError> {
    if let Some(realm) = verb.flag("realm") {
        return Ok(realm.to_owned());
    }
    let realms = get(caller, "/v1/admin/realms").await?;
    let names: Vec<&str> = items(&realms).filter_map(|realm| realm.get("name")?.as_str()).collect();
    match names.as_slice() {
        [only] => Ok((*only).to_owned()),
        names => Err(CallError::Usage(format!("name a realm with --realm: {}", harmless(&names.join(", "))))),
    }
}

pub(super) fn items(answer: &Value) -> impl Iterator<Item = &Value> {
    answer.get("items").and_then(Value::as_array).into_iter().flatten()
}

/// Returns the argument of the command. `-` reads standard input, and `@FILE` reads a file.
pub(super) fn subject(verb: &AdminVerb) -> Result<String, CallError> {
    let given = verb.subjects.first().map(String::as_str).unwrap_or_default();
    let text = match given.strip_prefix('@') {
        _ if given == "-" => {
            let mut line = String::new();
            io::stdin().lock().read_line(&mut line).map(|_| line)
        }
        Some(file) => std::fs::read_to_string(file),
        None => Ok(given.to_owned()),
    };
    let text = text.map_err(|error| CallError::Usage(format!("{given} cannot be read: {error}")))?;
    Ok(text.trim().to_owned())
}

/// Returns the path of the user, who is given by identifier or address.
async fn user(caller: &Caller, verb: &AdminVerb) -> Result<String, CallError> {
    let (realm, named) = (realm(caller, verb).await?, subject(verb)?);
    let id = if named.contains('@') {
        let found =
            post(caller, &format!("/v1/admin/realms/{realm}/users/search"), Some(json!({"email": named}))).await?;
        let id = items(&found).find_map(|user| user.get("id")?.as_str().map(str::to_owned));
        id.ok_or_else(not_found)?
    } else {
        named
    };
    let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.|:".contains(&byte));
    if !is_plain {
        return Err(CallError::Usage("name a user by identifier or address".to_owned()));
    }
    Ok(format!("/v1/admin/realms/{realm}/users/{id}"))
}

pub(super) fn not_found() -> CallError {
    CallError::Refused { status: 404, code: NOT_FOUND.code.to_owned(), detail: NOT_FOUND.detail.to_owned() }
}

async fn revision(caller: &Caller, path: &str) -> Result<Option<u64>, CallError> {
    Ok(get(caller, path).await?.get("revision").and_then(Value::as_u64))
}

/// Builds a request body from flags with the same names.
pub(super) fn body(verb: &AdminVerb, names: &[(&str, &str)]) -> Map<String, Value> {
    let given = names.iter().filter_map(|(flag, field)| Some(((*field).to_owned(), json!(verb.flag(flag)?))));
    given.collect()
}

const PROFILE: [(&str, &str); 2] = [("first-name", "first_name"), ("last-name", "last_name")];

/// Asks for confirmation on a terminal. Without a terminal, `--yes` is required.
pub(super) fn confirm(verb: &AdminVerb, what: &str) -> Result<(), CallError> {
    if verb.has("yes") {
        return Ok(());
    }
    let usage = || CallError::Usage("add --yes: there is no terminal to ask on".to_owned());
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(usage());
    }
    let mut screen = io::stderr();
    write!(screen, "{what}? [y/N] ").and_then(|()| screen.flush()).map_err(|_| usage())?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(|_| usage())?;
    if line.trim().eq_ignore_ascii_case("y") { Ok(()) } else { Err(CallError::Usage("nothing was changed".to_owned())) }
}

async fn users(caller: &Caller, verb: &AdminVerb) -> Answer {
    match verb.name {
        "list" => {
            let realm = realm(caller, verb).await?;
            let names = [("status", "status"), ("role", "role"), ("limit", "limit"), ("cursor", "cursor")];
            post(caller, &format!("/v1/admin/realms/{realm}/users/search"), Some(body(verb, &names).into())).await
        }
        "find" => {
            let (realm, what) = (realm(caller, verb).await?, subject(verb)?);
            let mut body = body(verb, &[("limit", "limit"), ("cursor", "cursor")]);
            let field = if what.contains('@') { "email" } else { "q" };
            body.insert(field.to_owned(), what.into());
            post(caller, &format!("/v1/admin/realms/{realm}/users/search"), Some(body.into())).await
        }
        "create" => {
            let realm = realm(caller, verb).await?;
            let mut body = body(verb, &[PROFILE[0], PROFILE[1], ("send", "send")]);
            body.insert("email".to_owned(), subject(verb)?.into());
            body.insert("roles".to_owned(), json!(verb.all("role")));
            body.insert("email_verified".to_owned(), verb.has("email-verified").into());
            post(caller, &format!("/v1/admin/realms/{realm}/users"), Some(body.into())).await
        }
        _ => one_user(caller, verb).await,
    }
}

async fn one_user(caller: &Caller, verb: &AdminVerb) -> Answer {
    let path = user(caller, verb).await?;
    let with = |end: &str| format!("{path}/{end}");
    let reason = || body(verb, &[("reason", "reason")]);
    match verb.name {
        "show" => get(caller, &path).await,
        "sessions" => get(caller, &with("sessions")).await,
        "invite" | "resend" | "unthrottle" => post(caller, &with(verb.name), None).await,
        "reset" => {
            let mut body = reason();
            if verb.has("print") {
                body.insert("deliver".to_owned(), "answer".into());
            }
            post(caller, &with("reset"), Some(body.into())).await
        }
        "lock" | "unlock" | "compromised" => {
            let seen = revision(caller, &path).await?;
            let body = body(verb, &[("reason", "reason"), ("until", "until")]);
            caller.call(Method::POST, &with(verb.name), Some(body.into()), seen).await
        }
        "verified" => {
            let seen = revision(caller, &path).await?;
            let mut body = reason();
            let is_phone = verb.has("phone");
            body.insert("phone".to_owned(), is_phone.into());
            body.insert("email".to_owned(), (verb.has("email") || !is_phone).into());
            caller.call(Method::POST, &with("verified"), Some(body.into()), seen).await
        }
        "edit" => {
            let seen = revision(caller, &path).await?;
            let names = [PROFILE[0], PROFILE[1], ("email", "email"), ("phone", "phone"), ("reason", "reason")];
            let mut body = body(verb, &names);
            let roles = verb.all("role");
            if !roles.is_empty() || verb.has("no-roles") {
                body.insert("roles".to_owned(), json!(roles));
            }
            caller.call(Method::PATCH, &path, Some(body.into()), seen).await
        }
        "end" => match verb.flag("session") {
            Some(session) => caller.call(Method::DELETE, &with(&format!("sessions/{session}")), None, None).await,
            None => caller.call(Method::DELETE, &with("sessions"), None, None).await,
        },
        "erase" => {
            confirm(verb, "Erase this user and all data")?;
            let seen = revision(caller, &path).await?;
            let mut body = reason();
            body.insert("notify".to_owned(), (!verb.has("no-notify")).into());
            caller.call(Method::DELETE, &path, Some(body.into()), seen).await
        }
        _ => {
            let mut body = reason();
            if let Some(minutes) = verb.flag("minutes").and_then(|text| text.parse::<u64>().ok()) {
                body.insert("minutes".to_owned(), minutes.into());
            }
            post(caller, &with("impersonate"), Some(body.into())).await
        }
    }
}

async fn admin_keys(caller: &Caller, verb: &AdminVerb) -> Answer {
    match verb.name {
        "list" => get(caller, "/v1/admin/admin-keys").await,
        "create" => {
            let mut body = body(verb, &[("expires-at", "expires_at")]);
            body.insert("name".to_owned(), subject(verb)?.into());
            for (flag, field) in [("role", "grants"), ("allow", "allow"), ("network", "networks")] {
                body.insert(field.to_owned(), json!(verb.all(flag)));
            }
            post(caller, "/v1/admin/admin-keys", Some(body.into())).await
        }
        _ => {
            confirm(verb, "Revoke this key")?;
            let id = subject(verb)?;
            caller.call(Method::DELETE, &format!("/v1/admin/admin-keys/{id}"), None, None).await
        }
    }
}

async fn realms(caller: &Caller, verb: &AdminVerb) -> Answer {
    if verb.name == "list" {
        return get(caller, "/v1/admin/realms").await;
    }
    let realm = realm(caller, verb).await?;
    if verb.name == "show" {
        return get(caller, &format!("/v1/admin/realms/{realm}")).await;
    }
    confirm(verb, "End all sessions of this realm")?;
    let body = body(verb, &[("reason", "reason")]);
    post(caller, &format!("/v1/admin/realms/{realm}/sessions/end"), Some(body.into())).await
}

async fn outbox(caller: &Caller, verb: &AdminVerb) -> Answer {
    let path = |end: &str| Ok::<_, CallError>(format!("/v1/admin/outbox/{}{end}", named(&subject(verb)?)?));
    match verb.name {
        "list" => {
            let names = ["realm", "user", "state", "channel", "limit", "cursor"];
            let given = names.iter().filter_map(|name| Some((*name, verb.flag(name)?)));
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
            get(caller, &format!("/v1/admin/outbox?{query}")).await
        }
        "retry" => post(caller, &path("/retry")?, None).await,
        _ => {
            confirm(verb, "Drop this message")?;
            caller.call(Method::DELETE, &path("")?, None, None).await
        }
    }
}

async fn keys(caller: &Caller, verb: &AdminVerb) -> Answer {
    match verb.name {
        "list" => get(caller, "/v1/admin/signing-keys").await,
        "rotate" => post(caller, "/v1/admin/signing-keys/rotate", None).await,
        _ => {
            confirm(verb, "Remove this key")?;
            let path = format!("/v1/admin/signing-keys/{}", named(&subject(verb)?)?);
            caller.call(Method::DELETE, &path, Some(json!({ "force": verb.has("force") })), None).await
        }
    }
}

/// Requires an identifier that can be part of a path.
fn named(id: &str) -> Result<&str, CallError> {
    let is_plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if is_plain { Ok(id) } else { Err(CallError::Usage("take the identifier from the list".to_owned())) }
}
