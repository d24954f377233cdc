//! `portcullis clients …`: client management in this process.

use std::sync::Arc;

use portcullis_core::{
    Error,
    admin::Manage,
    error::ErrorKind,
    limit::Usage,
    oauth::{ClientDraft, NewClientSecret, RedirectUri, RegisteredClient},
    service::Administered,
};
use serde_json::{Value, json};

use super::{
    AdminVerb, CallError, Caller,
    call::Local,
    verbs::{Answer, confirm, subject},
};

/// Runs a subcommand.
pub(super) async fn run(caller: &Caller, verb: &AdminVerb) -> Answer {
    let local = caller.local()?;
    let (service, ctx, usage) = (&local.service, &local.ctx, Usage::default());
    let realm = realm(local, verb)?;
    let admin = service.administration(ctx, &usage).map_err(refused)?.of_command_line(&local.user);
    let permit = service.permit::<Manage>(&Arc::new(admin), Some(&realm)).map_err(refused)?;
    let verbs = service.administered(ctx, &usage, &permit);
    // The servers generate the key of its algorithm for its first token or within a minute.
    with(&verbs, verb).await
}

async fn with(verbs: &Administered<'_, Manage>, verb: &AdminVerb) -> Answer {
    if verb.name == "list" {
        let clients = verbs.clients().await.map_err(refused)?;
        let items: Vec<Value> = clients.iter().map(|client| answer(client, None)).collect();
        return Ok(json!({ "items": items, "next": null }));
    }
    let id = subject(verb)?;
    match verb.name {
        "show" => verbs.client_named(&id).await.map(|client| answer(&client, None)).map_err(refused),
        "add" => {
            let (client, secret) = verbs.add_client(&id, &draft(verb)?).await.map_err(refused)?;
            Ok(answer(&client, secret.as_ref()))
        }
        "edit" => verbs.edit_client(&id, &draft(verb)?).await.map(|client| answer(&client, None)).map_err(refused),
        "rotate" => {
            let (client, secret) = verbs.rotate_client(&id, verb.has("now")).await.map_err(refused)?;
            Ok(answer(&client, Some(&secret)))
        }
        _ => {
            confirm(verb, "Remove this client and refuse its tokens")?;
            verbs.remove_client(&id).await.map_err(refused)?;
            Ok(json!({ "message": "Client removed" }))
        }
    }
}

/// Returns the realm in the flag, or the only realm.
fn realm(local: &Local, verb: &AdminVerb) -> Result<String, CallError> {
    if let Some(realm) = verb.flag("realm") {
        return Ok(realm.to_owned());
    }
    let names: Vec<&str> = local.service.realm_names().map(|name| name.as_str()).collect();
    match names.as_slice() {
        [only] => Ok((*only).to_owned()),
        names => Err(CallError::Usage(format!("name a realm with --realm: {}", names.join(", ")))),
    }
}

fn draft(verb: &AdminVerb) -> Result<ClientDraft, CallError> {
    let text = |flag| verb.flag(flag).map(str::to_owned);
    let list = |flag| Some(verb.all(flag)).filter(|all| !all.is_empty());
    let list = |flag| list(flag).map(|all| all.into_iter().map(str::to_owned).collect::<Vec<String>>());
    // A single flag may contain several values separated by spaces, as in OAuth 2.0.
    let words = |flag| Some(list(flag)?.iter().flat_map(|text| text.split([' ', ','])).map(str::to_owned).collect());
    let switch = |on: &str, off: &str| match (verb.has(on), verb.has(off)) {
        (true, _) => Some(true),
        (false, true) => Some(false),
        (false, false) => None,
    };
    let unread = |file: &str, error| CallError::Usage(format!("{file} cannot be read: {error}"));
    let read = |file| std::fs::read_to_string(file).map_err(|error| unread(file, error));
    Ok(ClientDraft {
        name: text("name"),
        client_type: text("type"),
        first_party: switch("first-party", "third-party"),
        redirect_uris: list("redirect-uri"),
        post_logout_redirect_uris: list("post-logout-redirect-uri"),
        grants: words("grant"),
        scopes: words("scope"),
        auth: text("auth"),
        pkce: switch("pkce", "no-pkce"),
        id_token_alg: text("id-token-alg"),
        acr: text("acr"),
        jwks: verb.flag("jwks-file").map(read).transpose()?,
    })
}

/// Returns a client in the format of the API.
fn answer(client: &RegisteredClient, secret: Option<&NewClientSecret>) -> Value {
    let uris = |uris: &[RedirectUri]| uris.iter().map(|uri| uri.as_str().to_owned()).collect::<Vec<_>>();
    let created_at = (!client.is_declared).then(|| client.created_at.to_string());
    let mut answer = json!({
        "id": client.id.as_str(),
        "name": client.name,
        "type": client.client_type.as_str(),
        "first_party": client.first_party,
        "redirect_uris": uris(&client.redirect_uris),
        "post_logout_redirect_uris": uris(&client.post_logout_redirect_uris),
        "grants": client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "scopes": client.scopes.iter().collect::<Vec<_>>(),
        "auth": client.auth.as_str(),
        "pkce": client.pkce,
        "id_token_alg": client.id_token_alg.map(|algorithm| algorithm.as_str()),
        "acr": client.acr.map(|assurance| assurance.acr()),
        "jwks": client.keys.as_ref().map(|keys| keys.to_json()),
        "secrets": client.secrets.len(),
        "declared": client.is_declared,
        "created_at": created_at,
    });
    if let (Some(secret), Some(members)) = (secret, answer.as_object_mut()) {
        members.insert("client_secret".to_owned(), secret.expose().into());
    }
    answer
}

/// Returns an error of this process in the format of the API.
fn refused(error: Error) -> CallError {
    let fields: Vec<String> = error.fields().iter().map(|field| format!("{}: {}", field.field, field.detail)).collect();
    let detail = if fields.is_empty() { error.text().into_owned() } else { fields.join(" ") };
    let status = if error.kind() == ErrorKind::NotFound { 404 } else { 400 };
    CallError::Refused { status, code: error.code().to_owned(), detail }
}
