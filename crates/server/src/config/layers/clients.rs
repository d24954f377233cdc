//! Clients in TOML, one table `[realms.NAME.clients.ID]` each.

use portcullis_core::oauth::ClientDraft;
use serde_json::Value;
use toml::de::DeValue;

use super::{
    toml::File,
    unknown::{did_you_mean, rename},
};
use crate::config::{clients::ClientTable, fix::Fix, origin::Origin, report::Report, suggest};

/// Names of the fields.
const FIELDS: [&str; 14] = [
    "name",
    "type",
    "first_party",
    "redirect_uris",
    "post_logout_redirect_uris",
    "grants",
    "scopes",
    "auth",
    "pkce",
    "id_token_alg",
    "acr",
    "jwks",
    "jwks_file",
    "secret_file",
];

/// Reads the client tables of a realm.
pub(super) fn read(
    file: &File<'_>,
    realm: &str,
    (value, origin): (DeValue<'_>, &Origin),
    report: &mut Report,
) -> Vec<ClientTable> {
    let subject = format!("realms.{realm}.clients");
    let mut tables = Vec::new();
    let DeValue::Table(clients) = value else {
        let fix = Fix::Do(format!("write [{subject}.ID]"));
        report.problem(subject, "must be a table for each client", fix).at(origin);
        return tables;
    };
    for (id, value) in clients {
        let origin = file.at(&id);
        let id = id.into_inner().into_owned();
        let DeValue::Table(fields) = value.into_inner() else {
            let fix = Fix::Do(format!("write [{subject}.{id}]"));
            report.problem(format!("{subject}.{id}"), "must be a table of fields", fix).at(&origin);
            continue;
        };
        let mut table = ClientTable {
            realm: realm.to_owned(),
            id,
            origin,
            draft: ClientDraft::default(),
            secret_files: Vec::new(),
            jwks_file: None,
        };
        for (name, value) in fields {
            let at = file.at(&name);
            let name: &str = name.as_ref();
            let subject = format!("{}.{name}", table.subject());
            match set(&mut table, name, value.into_inner()) {
                Some(true) => {}
                Some(false) => {
                    let fix = Fix::Do(format!("write {name} as in docs/openid-connect.md"));
                    report.problem(subject, "has a value of the wrong type for this field", fix).at(&at);
                }
                None => {
                    let nearest = suggest::nearest(name, FIELDS);
                    let text = format!("is not a field of a client{}", did_you_mean(nearest));
                    report.problem(subject, text, rename(name, nearest)).at(&at);
                }
            }
        }
        tables.push(table);
    }
    tables
}

/// Sets a field. Returns `None` if there is no field of this name, and false if the value has the wrong type.
fn set(table: &mut ClientTable, name: &str, value: DeValue<'_>) -> Option<bool> {
    let draft = &mut table.draft;
    let is_set = match name {
        "name" => put(&mut draft.name, text(value)),
        "type" => put(&mut draft.client_type, text(value)),
        "first_party" => put(&mut draft.first_party, switch(value)),
        "redirect_uris" => put(&mut draft.redirect_uris, list(value)),
        "post_logout_redirect_uris" => put(&mut draft.post_logout_redirect_uris, list(value)),
        "grants" => put(&mut draft.grants, list(value)),
        "scopes" => put(&mut draft.scopes, list(value)),
        "auth" => put(&mut draft.auth, text(value)),
        "pkce" => put(&mut draft.pkce, switch(value)),
        "id_token_alg" => put(&mut draft.id_token_alg, text(value)),
        "acr" => put(&mut draft.acr, text(value)),
        "jwks" => put(&mut draft.jwks, json(value).filter(Value::is_object).map(|keys| keys.to_string())),
        "jwks_file" => put(&mut table.jwks_file, text(value)),
        // Two during a rotation.
        "secret_file" => match list(value) {
            Some(files) => {
                table.secret_files = files;
                true
            }
            None => false,
        },
        _ => return None,
    };
    Some(is_set)
}

fn put<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    *field = value;
    field.is_some()
}

fn text(value: DeValue<'_>) -> Option<String> {
    if let DeValue::String(text) = value { Some(text.into_owned()) } else { None }
}

/// Returns a table as JSON.
fn json(value: DeValue<'_>) -> Option<Value> {
    Some(match value {
        DeValue::String(text) => Value::from(text.into_owned()),
        DeValue::Boolean(switch) => Value::from(switch),
        DeValue::Array(items) => items.into_iter().map(|item| json(item.into_inner())).collect::<Option<_>>()?,
        DeValue::Table(fields) => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| Some((name.into_inner().into_owned(), json(value.into_inner())?)));
            Value::Object(fields.collect::<Option<_>>()?)
        }
        // No member of a key is a number or a date.
        _ => return None,
    })
}

fn switch(value: DeValue<'_>) -> Option<bool> {
    match value {
        DeValue::Boolean(switch) => Some(switch),
        DeValue::String(word) if word == "on" => Some(true),
        DeValue::String(word) if word == "off" => Some(false),
        _ => None,
    }
}

/// Reads a list of strings, or a single string as a list.
fn list(value: DeValue<'_>) -> Option<Vec<String>> {
    match value {
        DeValue::Array(items) => items.into_iter().map(|item| text(item.into_inner())).collect(),
        other => text(other).map(|one| vec![one]),
    }
}
