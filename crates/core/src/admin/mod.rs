//! Administration: roles, grants, API keys, invitations and masking.

mod grant;
mod invitation;
mod key;
mod mask;
mod owners;
mod right;

pub use grant::{AdminRole, Grant, Grants, GrantsOf};
pub use invitation::Invitation;
pub use key::{AdminKey, AdminSecret, FreshVerb};
pub use mask::{masked_email, masked_name, masked_phone};
pub use owners::Owners;
pub use right::{Administer, Assist, Find, Impersonate, Look, Manage, Own, Right};
