//! Sign-in with other providers: who they are, what their tokens prove, and the identities of users there.

mod client_secret;
mod discovery;
mod flow;
mod id_token;
mod identity;
mod key_set;
mod known;
mod link_note;
mod native_nonce;
mod pending;
mod preset;
mod proved;
mod provider;
mod spent;

pub use discovery::{BadDocument, Discovery};
pub use flow::{FLOW_TTL, Flow, FlowState};
pub use id_token::{BadIdToken, ExpectedNonce, IdClaims, IdTokenCheck};
pub use identity::{Identity, ListedIdentity, NewIdentity};
pub use key_set::KeySet;
pub(crate) use known::{Known, KnownProviders};
pub use link_note::LinkNote;
pub use native_nonce::{NATIVE_NONCE_TTL, NativeNonce};
pub use pending::PendingIdentity;
pub use preset::Preset;
pub use proved::ProvedIdentity;
pub use provider::{ClientSecret, LinkPolicy, Provider};
pub use spent::SpentProof;
