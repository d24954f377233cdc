//! Applications that sign users in through this server, and services that may introspect tokens.

mod api_client;
mod client;
mod code;
mod consent;
mod draft;
mod redirect_uri;
mod request;
mod secret;

pub use crate::{
    id::ClientId,
    scope::{self as scopes, Scopes},
};
pub use api_client::{ApiClients, ClientCredentials};
pub use client::{ClientAuthMethod, ClientGrant, ClientType, RegisteredClient};
pub(crate) use code::{CODE_KEPT, CODE_TTL, CodeNote};
pub use consent::Consent;
pub use draft::ClientDraft;
pub use redirect_uri::{BadRedirectUri, RedirectKind, RedirectUri};
pub use request::{AuthorizeRequest, ClientError, LONGEST_REQUEST, Prompt, ResponseMode};
pub(crate) use request::{UNMET_AUTHENTICATION, Wishes};
pub use secret::{ClientSecret, MOST_SECRETS, NewClientSecret};
