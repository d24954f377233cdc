//! `portcullis clients …`

use axum::http::Method;
use portcullis_core::oauth::ClientId;
use serde_json::{Map, Value, json};

use super::{
    AdminVerb, CallError, Caller,
    verbs::{Answer, body, confirm, get, not_found, post, realm, subject},
};

/// Fields with a single value, with their flags.
const TEXTS: [(&str, &str); 5] =
    [("name", "name"), ("type", "type"), ("auth", "auth"), ("id-token-alg", "id_token_alg"), ("acr", "acr")];
const LISTS: [(&str, &str); 2] =
    [("redirect-uri", "redirect_uris"), ("post-logout-redirect-uri", "post_logout_redirect_uris")];
/// Lists of words. A single flag may contain several words separated by spaces, as in OAuth 2.0.
const WORDS: [(&str, &str); 2] = [("grant", "grants"), ("scope", "scopes")];
/// Switches that set and clear a field.
const SWITCHES: [(&str, &str, &str); 2] = [("first-party", "third-party", "first_party"), ("pkce", "no-pkce", "pkce")];

/// Runs a command for clients.
pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Answer {
    let list = format!("/v1/admin/realms/{}/clients", realm(caller, verb).await?);
    match verb.name {
        "list" => get(caller, &with_page(&list, verb)).await,
        "add" => {
            let mut fields = fields(verb)?;
            fields.insert("id".to_owned(), subject(verb)?.into());
            post(caller, &list, Some(fields.into())).await
        }
        _ => {
            let id = ClientId::parse(&subject(verb)?).ok_or_else(not_found)?;
            one(caller, verb, &format!("{list}/{id}")).await
        }
    }
}

async fn one(caller: &Caller, verb: &AdminVerb, path: &str) -> Answer {
    match verb.name {
        "show" => get(caller, path).await,
        "edit" => caller.call(Method::PATCH, path, Some(fields(verb)?.into()), None).await,
        "rotate" => post(caller, &format!("{path}/rotate"), Some(json!({ "now": verb.has("now") }))).await,
        _ => {
            confirm(verb, "Remove this client and refuse its tokens")?;
            caller.call(Method::DELETE, path, None, None).await
        }
    }
}

fn with_page(list: &str, verb: &AdminVerb) -> String {
    let given = ["limit", "cursor"].into_iter().filter_map(|name| Some((name, verb.flag(name)?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(given).finish();
    if query.is_empty() { list.to_owned() } else { format!("{list}?{query}") }
}

/// Returns the fields that were given as flags.
fn fields(verb: &AdminVerb) -> Result<Map<String, Value>, CallError> {
    let mut fields = body(verb, &TEXTS);
    for (flag, field) in LISTS {
        let all = verb.all(flag);
        if !all.is_empty() {
            fields.insert(field.to_owned(), json!(all));
        }
    }
    for (flag, field) in WORDS {
        let words: Vec<&str> = verb.all(flag).into_iter().flat_map(|text| text.split([' ', ','])).collect();
        if !words.is_empty() {
            fields.insert(field.to_owned(), json!(words));
        }
    }
    for (on, off, field) in SWITCHES {
        if verb.has(on) || verb.has(off) {
            fields.insert(field.to_owned(), verb.has(on).into());
        }
    }
    if let Some(file) = verb.flag("jwks-file") {
        let unread = |error| CallError::Usage(format!("{file} cannot be read: {error}"));
        let text = std::fs::read_to_string(file).map_err(unread)?;
        // The API rejects text that is not JSON.
        fields.insert("jwks".to_owned(), serde_json::from_str(&text).unwrap_or_else(|_| text.into()));
    }
    Ok(fields)
}
