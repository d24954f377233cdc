//! Sign-in with other providers: the providers, the verification of their tokens, and the linked identities of users.

mod client_secret;
mod discovery;
mod flow;
mod id_token;
mod identity;
mod key_set;
mod known;
mod link_note;
mod linking_url;
mod native_nonce;
mod pending;
mod preset;
mod proved;
mod provider;

pub use client_secret::UnreadableKey;
pub use discovery::{BadDocument, Discovery};
pub use flow::{FLOW_TTL, Flow, FlowPurpose, FlowState};
pub use id_token::{BadIdToken, ExpectedNonce, IdClaims, IdTokenCheck};
pub use identity::{Identity, ListedIdentity, NewIdentity};
pub use key_set::KeySet;
pub(crate) use known::{Known, KnownProviders, Read, Wanted};
pub use link_note::{LinkCookie, LinkNote};
pub use linking_url::{LINKING_URL_TTL, LinkingUrl};
pub use native_nonce::{NATIVE_NONCE_TTL, NativeNonce};
pub use pending::{PENDING_TTL, PendingIdentity};
pub use preset::Preset;
pub use proved::ProvedIdentity;
pub use provider::{ClientSecret, LinkPolicy, Provider};
