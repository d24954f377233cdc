//! Clients defined in the settings: validation, secrets, and production checks.

use std::{borrow::Cow, path::Path};

use portcullis_core::{
    clock::Timestamp,
    error::catalogue::CLIENT_ID_INVALID,
    oauth::{ClientAuthMethod, ClientDraft, ClientId, ClientSecret, MAX_SECRETS, RegisteredClient},
};

use super::{
    fix::{Fix, quoted},
    origin::Origin,
    permissions,
    report::{Report, Severity},
    sections::{JWT_AUDIENCE, SCOPES},
    text_file,
    values::Values,
};

/// Minimum length of a secret, in bytes.
const MIN_SECRET_BYTES: usize = 32;

/// A table `[realms.NAME.clients.ID]`.
#[derive(Debug)]
pub(super) struct ClientTable {
    pub(super) realm: String,
    pub(super) id: String,
    pub(super) origin: Origin,
    pub(super) draft: ClientDraft,
    /// Files with its secrets, newest first.
    pub(super) secret_files: Vec<String>,
    /// File with its JWK set.
    pub(super) jwks_file: Option<String>,
}

impl ClientTable {
    /// Returns the name of the table.
    pub(super) fn subject(&self) -> String {
        format!("realms.{}.clients.{}", self.realm, self.id)
    }
}

/// Creates the client of a table. If it is invalid, reports the problems and returns `None`.
pub(super) fn finish(table: &ClientTable, values: &Values, report: &mut Report) -> Option<RegisteredClient> {
    let subject = table.subject();
    let Some(id) = ClientId::parse(&table.id) else {
        let fix = Fix::Do(format!("choose another name for [{subject}]"));
        report.problem(subject, words(CLIENT_ID_INVALID.detail), fix).at(&table.origin);
        return None;
    };
    let scopes = values.get(&SCOPES).unwrap_or_default();
    let draft = with_keys(table, values.dir(), report)?;
    let client = match draft.finish(&id, None, &scopes, Timestamp::from_millis(0)) {
        Ok(client) => client,
        Err(errors) => {
            for error in errors {
                let fix =
                    Fix::Do(format!("change {} in [{subject}]; docs/openid-connect.md lists the fields", error.field));
                report.problem(format!("{subject}.{}", error.field), words(&error.detail), fix).at(&table.origin);
            }
            return None;
        }
    };
    let secrets = secrets(table, &client, values.dir(), report)?;
    if !client.first_party && !values.has(JWT_AUDIENCE.name()) {
        let text = "is not first-party, and without JWT_AUDIENCE, services could mistake its tokens for tokens of another application's users";
        let fix = Fix::Do(format!("set JWT_AUDIENCE, or first_party = true in [{subject}]"));
        report.insecure(Severity::Refused, subject, text, fix).at(&table.origin);
    }
    Some(RegisteredClient { secrets, is_declared: true, ..client })
}

/// Returns the fields with the JWK set of a file, if there is one.
fn with_keys<'a>(table: &'a ClientTable, dir: &Path, report: &mut Report) -> Option<Cow<'a, ClientDraft>> {
    let Some(file) = &table.jwks_file else { return Some(Cow::Borrowed(&table.draft)) };
    let subject = format!("{}.jwks_file", table.subject());
    if table.draft.jwks.is_some() {
        let fix = Fix::Do(format!("remove jwks or jwks_file from [{}]", table.subject()));
        report.problem(subject, "and jwks are both set", fix).at(&table.origin);
        return None;
    }
    let path = dir.join(file);
    match text_file::read(&path) {
        Ok(text) => Some(Cow::Owned(ClientDraft { jwks: Some(text), ..table.draft.clone() })),
        Err(error) => {
            let fix = Fix::Do("set the path of a file with a JWK set of public keys".to_owned());
            report.problem(subject, format!("{} cannot be read: {error}", path.display()), fix).at(&table.origin);
            None
        }
    }
}

/// Reads the secrets. Only their hashes are kept.
fn secrets(
    table: &ClientTable,
    client: &RegisteredClient,
    dir: &Path,
    report: &mut Report,
) -> Option<Vec<ClientSecret>> {
    let subject = format!("{}.secret_file", table.subject());
    let mut refuse = |text: String, fix: String| {
        report.problem(subject.as_str(), text, Fix::Do(fix)).at(&table.origin);
    };
    let draw = "(umask 077; openssl rand -hex 32 > secrets/client), and secret_file = \"secrets/client\"".to_owned();
    match (client.auth, table.secret_files.len()) {
        (ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt, 0) => return Some(Vec::new()),
        (ClientAuthMethod::None | ClientAuthMethod::PrivateKeyJwt, _) => {
            let kind =
                if client.auth == ClientAuthMethod::None { "a public client" } else { "a client with its own key" };
            refuse(format!("is set, but {kind} has no secret"), "remove secret_file".to_owned());
            return None;
        }
        (_, 0) => {
            refuse("is missing: a confidential client has a secret".to_owned(), draw);
            return None;
        }
        (_, number) if number > MAX_SECRETS => {
            refuse("lists more than two files".to_owned(), "keep the newest two files".to_owned());
            return None;
        }
        _ => {}
    }
    let mut secrets = Vec::new();
    for file in &table.secret_files {
        let path = dir.join(file);
        let text = match text_file::read(&path) {
            Ok(text) => text,
            Err(error) => {
                refuse(format!("{} cannot be read: {error}", path.display()), draw);
                return None;
            }
        };
        let text = text.trim();
        if text.len() < MIN_SECRET_BYTES {
            refuse(format!("{} has fewer than {MIN_SECRET_BYTES} bytes", path.display()), draw);
            return None;
        }
        secrets.push(ClientSecret::of(text, Timestamp::from_millis(0)));
    }
    for path in table.secret_files.iter().map(|file| dir.join(file)).filter(|path| permissions::is_open_to_others(path))
    {
        let text = format!("{} is readable by other users", quoted(&path));
        if permissions::is_on_read_only_mount(&path) {
            report.warning(subject.as_str(), text).at(&table.origin);
        } else {
            report.insecure(Severity::RefusedElseWarned, subject.as_str(), text, Fix::close(&path)).at(&table.origin);
        }
    }
    Some(secrets)
}

/// Converts a sentence so that it can follow a name.
fn words(sentence: &str) -> String {
    format!("is refused: {}", sentence.trim_end_matches('.'))
}
