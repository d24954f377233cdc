//! State shared by all handlers: the service operations and their dependencies, but no ports.

use std::{
    net::IpAddr,
    ops::Deref,
    sync::{Arc, Once, OnceLock},
    time::Duration,
};

use axum::http::HeaderValue;
use ipnet::IpNet;
use portcullis_core::{clock::Clock, port::Mailbox, random::Random, service::Service};
use tokio::sync::watch;

use crate::{
    config::{CorsOrigins, DeveloperAccess, Listing},
    templates::{Templates, dev::DevServer},
};

/// State shared by all requests, behind one reference counter because it is cloned several times per request.
#[derive(Clone, Debug)]
pub(crate) struct AppState(Arc<Shared>);

impl AppState {
    pub(crate) fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl AppState {
    /// Returns whether the server is shutting down.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Returns the server data shown on developer pages.
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

/// Contents of [`AppState`].
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) service: Arc<Service>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) templates: Arc<Templates>,
    /// Development mailbox, if there is one.
    pub(crate) mailbox: Option<Arc<dyn Mailbox>>,
    /// Peers that may open developer pages.
    pub(crate) developers: DeveloperAccess,
    /// OpenAPI document as JSON, generated when it is first requested.
    pub(crate) openapi: OnceLock<bytes::Bytes>,
    pub(crate) bounds: RequestBounds,
    /// Whether metrics are recorded.
    pub(crate) is_measured: bool,
    /// Proxies whose `X-Forwarded-For` is trusted.
    pub(crate) proxies: Vec<IpNet>,
    /// Whether an untrusted proxy has been reported.
    pub(crate) unknown_proxy: Once,
    /// Origins that may send cross-origin requests.
    pub(crate) cors: CorsOrigins,
    /// True once the server is shutting down, so that event streams end.
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) info: ServerInfo,
    pub(crate) admin: AdminAccess,
    /// Settings for administrators.
    pub(crate) settings: Listing,
}

/// Access rules of the admin API.
#[derive(Clone, Debug)]
pub(crate) struct AdminAccess {
    pub(crate) is_on: bool,
    /// Whether administration has a listener of its own.
    pub(crate) has_listener: bool,
    /// Allowed networks. All networks are allowed if empty.
    pub(crate) networks: Vec<IpNet>,
    /// Maximum duration of a full-text search.
    pub(crate) search_budget: Duration,
}

impl AdminAccess {
    /// Returns whether the routes are visible to a client, which may have used the listener of administration.
    pub(crate) fn admits(&self, client: Option<IpAddr>, is_at_own_listener: bool) -> bool {
        let is_within = |client: IpAddr| self.networks.iter().any(|network| network.contains(&client));
        let is_served = self.is_on && (is_at_own_listener || !self.has_listener);
        is_served && (self.networks.is_empty() || client.is_some_and(is_within))
    }
}

/// Limits of one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestBounds {
    /// Maximum size of the body in bytes.
    pub(crate) body: usize,
    /// Timeout for receiving the body.
    pub(crate) body_time: Duration,
    /// Timeout of the whole request.
    pub(crate) time: Duration,
}

/// Server data for pages and the OpenAPI description.
#[derive(Clone, Debug)]
pub(crate) struct ServerInfo {
    /// Public URL, for the landing page.
    pub(crate) base_url: Arc<str>,
    /// Path of the public URL: empty, or `/auth` for `https://example.com/auth`.
    pub(crate) root: Arc<str>,
    /// Realm of the examples.
    pub(crate) first_realm: Arc<str>,
    /// Names of all realms.
    pub(crate) realms: Vec<String>,
    /// Kind of database.
    pub(crate) database: &'static str,
    /// Whether access tokens can be verified with published keys.
    pub(crate) has_public_keys: bool,
    /// Whether the public URL is https.
    pub(crate) is_https: bool,
    /// Value of `Strict-Transport-Security`.
    pub(crate) hsts: Option<HeaderValue>,
    /// Whether a realm has passkeys enabled.
    pub(crate) has_passkeys: bool,
    /// Whether users of a realm can sign in by mail.
    pub(crate) has_email_signin: bool,
    /// Whether users of a realm can sign in with another provider.
    pub(crate) has_providers: bool,
    /// Origins that may use the passkeys of the server's domain, if there are several.
    pub(crate) related_origins: Vec<String>,
    /// Whether the documentation is served.
    pub(crate) docs: bool,
    /// Whether the landing page shows the running services.
    pub(crate) is_development: bool,
}

impl ServerInfo {
    /// Returns the origin of the public URL.
    pub(crate) fn origin(&self) -> &str {
        self.base_url.strip_suffix(&*self.root).unwrap_or(&self.base_url)
    }

    /// Returns sample values.
    pub(crate) fn sample() -> Self {
        Self {
            base_url: "http://localhost:8000".into(),
            root: "".into(),
            first_realm: "User1".into(),
            realms: vec!["User1".to_owned(), "User2".to_owned()],
            database: "SQLite",
            has_public_keys: true,
            is_https: false,
            hsts: None,
            has_passkeys: true,
            has_email_signin: true,
            has_providers: true,
            related_origins: Vec::new(),
            docs: true,
            is_development: true,
        }
    }
}
