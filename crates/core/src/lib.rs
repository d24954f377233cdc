//! The domain of Portcullis: the types of user accounts with their rules, the ports implemented by storage and
//! delivery, and the service operations. The crate depends on no HTTP framework, database driver or mail library.

pub mod account;
pub mod admin;
pub mod audit;
pub mod clock;
pub mod ctx;
pub mod cursor;
pub mod error;
pub mod factor;
pub mod federation;
pub mod id;
pub mod limit;
pub mod link;
pub mod message;
pub mod node;
pub mod oauth;
pub mod port;
pub mod random;
pub mod realm;
pub mod record;
pub mod scope;
pub mod seal;
pub mod service;
pub mod session;
pub mod stats;
#[cfg(feature = "suite")]
pub mod suite;
pub mod token;
pub mod typed;

pub use ctx::Ctx;
pub use error::{Error, Result};
pub use secrecy::{ExposeSecret, SecretString};
