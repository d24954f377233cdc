//! The layers around all routes.

pub(super) mod alias;
mod client;
pub(super) mod cors;
pub(super) mod headers;
pub(super) mod host;
pub(super) mod scope;
pub(super) mod timeout;
