//! Services that may introspect tokens, and their credentials.

mod api_client;

pub use api_client::{ApiClients, ClientCredentials};
