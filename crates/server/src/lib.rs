//! The server: application setup, HTTP API, pages, settings and command line.

pub mod app;
pub mod cli;
pub mod config;
mod error_chain;
mod http;
pub mod listen;
mod memory;
pub mod metrics;
mod request_frame;
pub mod telemetry;
pub mod templates;
mod worker;

pub use app::App;
pub use error_chain::error_chain;
pub use http::openapi;
