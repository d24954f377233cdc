use std::{fmt, path::PathBuf, sync::Arc};

use axum::{
    body::Body,
    http::{
        Method, Request,
        header::{CONTENT_TYPE, HOST, IF_MATCH},
    },
};
use http_body_util::BodyExt as _;
use reqwest::{Client, redirect};
use serde_json::Value;

use super::ServerAddress;
use crate::{
    app::Beside,
    cli::output::harmless,
    config::PublicUrl,
    error_chain,
    http::{HttpService, SystemUser},
};

/// Error of an API call.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The command line is invalid.
    #[error("{0}")]
    Usage(String),
    /// The server rejected the request.
    #[error("{detail} ({code})")]
    Refused { status: u16, code: String, detail: String },
    /// The server cannot be reached.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// The output cannot be written.
    #[error(transparent)]
    Output(std::io::Error),
}

impl CallError {
    /// Returns the exit code: 1 for rejections and failures, 2 for usage errors, 3 if not found, 4 if unreachable.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Refused { status: 404, .. } => 3,
            Self::Refused { .. } => 1,
            Self::Unreachable(_) | Self::Output(_) => 4,
        }
    }
}

/// Client of the admin API.
pub struct Caller(Way);

enum Way {
    /// In this process, on behalf of this operating system user.
    Here(HttpService, SystemUser),
    /// No API: the command works on a file.
    Nowhere,
    /// Over HTTP, with an API key.
    There { client: Client, url: String, key: String },
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Caller(…)")
    }
}

impl Caller {
    /// Creates a client of the service in this process.
    #[must_use]
    pub fn here(beside: &Beside) -> Self {
        Self(Way::Here(beside.service(), SystemUser(Arc::from(system_user()))))
    }

    /// Creates a client for a command that works on a file.
    #[must_use]
    pub const fn nowhere() -> Self {
        Self(Way::Nowhere)
    }

    /// Creates a client of a server, with the API key in a file. Over plain HTTP the key is only sent to this
    /// machine.
    ///
    /// # Errors
    /// Returns [`CallError`] if the URL is not allowed, the key cannot be read or the HTTP client cannot be created.
    pub fn there(server: &ServerAddress) -> Result<Self, CallError> {
        let url = PublicUrl::parse(&server.url).map_err(|wrong| CallError::Usage(format!("--server {wrong}")))?;
        if !url.is_https() && !url.is_loopback() {
            let text = "--server must be an https URL: over http the key would be readable on the network";
            return Err(CallError::Usage(text.to_owned()));
        }
        let file: &PathBuf = &server.key_file;
        let key = std::fs::read_to_string(file);
        let key = key.map_err(|error| CallError::Usage(format!("{} cannot be read: {error}", file.display())))?;
        let client = Client::builder().user_agent("Portcullis").redirect(redirect::Policy::none());
        // A proxy could read the key in plain HTTP, which needs no root certificates.
        let client = if url.is_https() { client } else { client.no_proxy().tls_certs_only([]) };
        let client = client.build().map_err(|error| CallError::Unreachable(error_chain(&error)))?;
        Ok(Self(Way::There { client, url: url.to_string(), key: key.trim().to_owned() }))
    }

    /// Calls a route and returns the response.
    ///
    /// # Errors
    /// Returns [`CallError`] if the server cannot be reached or rejects the request.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        revision: Option<u64>,
    ) -> Result<Value, CallError> {
        let tag = revision.map(|revision| format!("\"{revision}\""));
        let (status, answer) = match &self.0 {
            Way::Here(service, user) => {
                let mut request = Request::builder().method(method).uri(path).header(HOST, "localhost");
                if let Some(tag) = tag {
                    request = request.header(IF_MATCH, tag);
                }
                let content = match &body {
                    Some(body) => {
                        request = request.header(CONTENT_TYPE, "application/json");
                        Body::from(body.to_string())
                    }
                    None => Body::empty(),
                };
                let request = request.extension(user.clone()).body(content);
                let request = request.map_err(|error| CallError::Usage(error.to_string()))?;
                let response = service(request).await;
                let status = response.status().as_u16();
                let bytes = response.into_body().collect().await;
                let bytes = bytes.map_err(|error| CallError::Unreachable(error.to_string()))?.to_bytes();
                (status, bytes.to_vec())
            }
            Way::Nowhere => return Err(CallError::Usage("this needs a database or a server".to_owned())),
            Way::There { client, url, key } => {
                let mut request = client.request(method, format!("{url}{path}")).bearer_auth(key);
                if let Some(tag) = tag {
                    request = request.header(IF_MATCH, tag);
                }
                let request = match &body {
                    Some(body) => request.json(body),
                    None => request,
                };
                let failed = |error: reqwest::Error| CallError::Unreachable(error_chain(&error.without_url()));
                let response = request.send().await.map_err(failed)?;
                (response.status().as_u16(), response.bytes().await.map_err(failed)?.to_vec())
            }
        };
        read(status, &answer)
    }
}

fn read(status: u16, answer: &[u8]) -> Result<Value, CallError> {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    if (200..300).contains(&status) {
        return Ok(answer);
    }
    let text = |name: &str| harmless(answer.get(name).and_then(Value::as_str).unwrap_or_default());
    let fields = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    let fields = fields.map(|field| {
        let text = |name: &str| harmless(field.get(name).and_then(Value::as_str).unwrap_or_default());
        format!("{}: {}", text("field"), text("detail"))
    });
    let fields: Vec<String> = fields.collect();
    let detail = if fields.is_empty() { text("detail") } else { fields.join(" ") };
    let detail = if detail.is_empty() { format!("the server responded with {status}") } else { detail };
    Err(CallError::Refused { status, code: text("code"), detail })
}

/// Returns the name of the operating system user, or the numeric ID if the name is unknown.
fn system_user() -> String {
    let id = rustix::process::geteuid().as_raw();
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = users.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| format!("uid-{id}"))
}
