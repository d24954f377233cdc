//! Value formats. An error describes the expected format and never quotes the value.

mod choice;
mod color;
mod duration;
mod format;
mod hsts;
mod listen_on;
mod lists;
mod net;
mod quota;
mod secret;
mod url;

pub(crate) use choice::{Choice, choice};
pub(crate) use color::COLOR;
pub use color::Rgb;
pub(crate) use duration::{CALL, DELAY, DURATION, DURATION_OR_NEVER, read_duration};
pub(crate) use format::{NAME_PREFIX, PATH, PEM, SWITCH, TEXT, ValueFormat, items, number};
pub(crate) use hsts::{HSTS_POLICY, StrictTransport};
pub(crate) use listen_on::LISTEN_ON;
pub use listen_on::ListenOn;
pub(crate) use lists::{CLIENT_IDS, COUNTRIES, LINKS, MFA_METHODS, OWN_SCOPES, REALM_NAMES, SIGNUP_FIELDS};
pub(crate) use net::{ADDRESS, HELO, HOST_NAME, LISTEN, MAILBOX, NETWORKS, PORT_NUMBER, is_loopback_host};
pub(crate) use quota::{QUOTA, QUOTAS};
pub(crate) use secret::{CLIENTS, KEYS, SECRET, client_pairs, decode_key};
pub(crate) use url::{
    API_URL, DATABASE, DOMAIN, ISSUER, MONGODB, ORIGINS, PUBLIC, REDIS, RP_ID, WEB_ADDRESS, are_hosts, authority,
};
pub use url::{Database, PublicUrl};
