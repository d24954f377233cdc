//! Services that ask this server about tokens, and their credentials.

mod api_client;

pub use api_client::{ApiClients, ClientCredentials};
