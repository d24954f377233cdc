use minijinja::{Value, context};

use super::DevServer;
use crate::templates::Page;

/// The root page in development: the running services and a tour of the API.
pub(crate) struct LandingDevelopment<'a> {
    pub(crate) server: DevServer<'a>,
    pub(crate) realms: &'a [String],
    /// Name of the database product, such as SQLite.
    pub(crate) database: &'a str,
    /// Whether public keys for verifying access tokens are published.
    pub(crate) has_public_keys: bool,
    /// Whether administration is enabled.
    pub(crate) has_dashboard: bool,
}

impl Page for LandingDevelopment<'_> {
    const NAME: &'static str = "landing_development.html";

    fn values(&self) -> Value {
        context! {
            page => "landing",
            version => env!("CARGO_PKG_VERSION"),
            realms => self.realms.to_vec(),
            database => self.database,
            has_public_keys => self.has_public_keys,
            has_dashboard => self.has_dashboard,
            ..self.server.values()
        }
    }
}
