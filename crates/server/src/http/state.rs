//! What every handler may reach: the verbs and the context, no port.

use std::{ops::Deref, sync::Arc, time::Duration};

use ipnet::IpNet;
use portcullis_core::{clock::Clock, port::Mailbox, random::Random, service::Service};
use tokio::sync::watch;

use crate::templates::{Templates, dev::DevServer};

/// What all requests share, behind one counter: it is handed on several times a request.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Shared>);

impl AppState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl AppState {
    /// Returns what the pages of developers show of the server.
    pub(crate) fn dev_server(&self) -> DevServer<'_> {
        DevServer {
            base_url: &self.info.base_url,
            docs_enabled: self.info.docs,
            mailbox_enabled: self.mailbox.is_some(),
        }
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The things themselves.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) templates: Arc<Templates>,
    /// The development mailbox, where there is one.
    pub(crate) mailbox: Option<Arc<dyn Mailbox>>,
    /// The OpenAPI document as JSON; empty until the routes are joined.
    pub(crate) openapi: bytes::Bytes,
    pub(crate) bounds: RequestBounds,
    /// Whose `X-Forwarded-For` is believed.
    pub(crate) proxies: Vec<IpNet>,
    /// Whose pages may call.
    pub(crate) cors_origins: Vec<String>,
    /// Becomes true when the server is to stop: answers without an end have to end.
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) info: ServerInfo,
}

/// How much one request may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestBounds {
    /// Largest body, in bytes.
    pub(crate) body: usize,
    /// Longest time that a body may take to come.
    pub(crate) body_time: Duration,
    /// Longest time to an answer.
    pub(crate) time: Duration,
}

/// What the server says about itself.
#[derive(Clone, Debug)]
pub(crate) struct ServerInfo {
    /// Where it is reached, for the landing page.
    pub(crate) base_url: Arc<str>,
    /// What paths begin with: nothing, or `/auth` for `https://example.com/auth`.
    pub(crate) root: Arc<str>,
    /// The realm that examples speak of.
    pub(crate) first_realm: Arc<str>,
    /// All of them.
    pub(crate) realms: Vec<String>,
    /// The kind of database.
    pub(crate) database: &'static str,
    /// Whether there are published keys to check access tokens with.
    pub(crate) has_public_keys: bool,
    /// Whether browsers may only come by https.
    pub(crate) is_https: bool,
    /// Whether the documentation is shown.
    pub(crate) docs: bool,
    /// Whether the landing page may tell what is running.
    pub(crate) is_development: bool,
}

impl ServerInfo {
    /// For trying pages out.
    pub(crate) fn sample() -> Self {
        Self {
            base_url: "http://127.0.0.1:8000".into(),
            root: "".into(),
            first_realm: "User1".into(),
            realms: vec!["User1".to_owned(), "User2".to_owned()],
            database: "SQLite",
            has_public_keys: true,
            is_https: false,
            docs: true,
            is_development: true,
        }
    }
}
