//! Applications that sign users in through this server, and services that may introspect tokens.

mod api_client;
pub(crate) mod assertion;
mod client;
mod code;
mod consent;
mod draft;
mod end_session;
mod mark;
mod origins;
mod redirect_uri;
mod request;
mod secret;

pub use crate::{
    id::ClientId,
    scope::{self as scopes, Scopes},
};
pub use api_client::{ApiClients, ClientCredentials};
pub use assertion::{ASSERTION_ALGORITHMS, ASSERTION_TYPE, ClientKeys};
pub use client::{ClientAuthMethod, ClientType, GrantType, RegisteredClient};
pub(crate) use code::{CODE_KEPT, CODE_TTL, CodeNote};
pub use consent::Consent;
pub use draft::ClientDraft;
pub use end_session::EndSessionRequest;
pub use mark::ClientMark;
pub(crate) use origins::{KnownOrigins, Origins};
pub use redirect_uri::{BadRedirectUri, RedirectKind, RedirectUri};
pub use request::{AuthorizeRequest, ClientError, Lacking, MAX_REQUEST_LENGTH, Prompt, ResponseMode};
pub(crate) use request::{UNMET_AUTHENTICATION, Wishes};
pub use secret::{ClientSecret, MAX_SECRETS, NewClientSecret};
