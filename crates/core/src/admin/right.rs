//! Rights, as types: a verb of administration exists only for the right that it needs.

use super::{AdminRole, Grants};
use crate::id::RealmName;

/// What an administrator needs for a verb. The realm of administrators stands for the server, on which only [`Look`] and
/// [`Administer`] can be given: administrators are not users of a realm.
pub trait Right: Send + Sync + 'static {
    /// Returns whether these grants give the right in a realm, or on the whole server.
    fn is_given(grants: &Grants, realm: &RealmName) -> bool;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident: $grants:ident, $realm:ident => $given:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy)]
            pub enum $name {}

            impl Right for $name {
                fn is_given($grants: &Grants, $realm: &RealmName) -> bool {
                    $given
                }
            }
        )*
    };
}

rights! {
    /// To see users, realms, settings and the state of the server; users masked, unless there is more.
    Look: grants, realm => {
        if *realm == RealmName::admin() { grants.reach_anywhere(AdminRole::Auditor) } else { grants.reach(AdminRole::Auditor, realm) }
    };
    /// To search by what is masked.
    Find: grants, realm => grants.reach(AdminRole::Support, realm);
    /// To help users.
    Assist: grants, realm => grants.reach(AdminRole::Support, realm);
    /// To create, change, lock and erase users.
    Manage: grants, realm => grants.reach(AdminRole::Manager, realm);
    /// To decide for users: their address, their links, their data as a whole.
    Own: grants, realm => grants.reach(AdminRole::Owner, realm);
    /// To act in the name of a user, beside a role.
    Impersonate: grants, realm =>
        grants.has(AdminRole::Impersonate, realm) && grants.reach(AdminRole::Auditor, realm);
    /// To manage administrators and the keys of the server.
    Administer: grants, realm => *realm == RealmName::admin() && grants.administer();
}
