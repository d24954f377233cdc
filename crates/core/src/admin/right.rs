//! Rights as types. Each administrative operation exists only for the right that it requires.

use super::{AdminRole, Grants};
use crate::id::RealmName;

/// A right required by an administrative operation. The administrators' realm represents the whole server. It
/// supports only [`Look`] and [`Administer`], because administrators are not users of a realm.
pub trait Right: Send + Sync + 'static {
    /// Returns whether the grants include this right in the realm or, for the administrators' realm, on the server.
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
    /// May view users, realms, settings and server state. Users are masked unless another right applies.
    Look: grants, realm => {
        if *realm == RealmName::admin() { grants.reach_anywhere(AdminRole::Auditor) } else { grants.reach(AdminRole::Auditor, realm) }
    };
    /// May search by data that is masked for auditors.
    Find: grants, realm => grants.reach(AdminRole::Support, realm);
    /// May help users.
    Assist: grants, realm => grants.reach(AdminRole::Support, realm);
    /// May create, edit, lock and delete users.
    Manage: grants, realm => grants.reach(AdminRole::Manager, realm);
    /// May change addresses, obtain links and export the data of users.
    Own: grants, realm => grants.reach(AdminRole::Owner, realm);
    /// May impersonate a user. Requires another role as well.
    Impersonate: grants, realm =>
        grants.has(AdminRole::Impersonate, realm) && grants.reach(AdminRole::Auditor, realm);
    /// May manage administrators and the server's keys.
    Administer: grants, realm => *realm == RealmName::admin() && grants.administer();
}
