use portcullis_core::{
    admin::{AdminRole, Administer, Assist, Find, Grants, Impersonate, Look, Manage, Own, Right},
    id::RealmName,
};
use serde::Serialize;

/// Permissions of an administrator, used to hide unavailable actions. The API enforces them in any case.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Can {
    look: bool,
    find: bool,
    assist: bool,
    manage: bool,
    own: bool,
    impersonate: bool,
    administer: bool,
}

/// Permission required by an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Assist,
    Manage,
    Own,
    Impersonate,
    Administer,
}

impl Can {
    /// Returns the permissions that grants give in a realm.
    pub(super) fn within(grants: &Grants, realm: &RealmName) -> Self {
        Self {
            look: Look::is_given(grants, realm),
            find: Find::is_given(grants, realm),
            assist: Assist::is_given(grants, realm),
            manage: Manage::is_given(grants, realm),
            own: Own::is_given(grants, realm),
            impersonate: Impersonate::is_given(grants, realm),
            administer: Administer::is_given(grants, &RealmName::admin()),
        }
    }

    /// Returns the permissions that grants give in any realm or on the server.
    pub(super) fn anywhere(grants: &Grants) -> Self {
        Self {
            look: grants.reach_anywhere(AdminRole::Auditor),
            administer: Administer::is_given(grants, &RealmName::admin()),
            ..Self::default()
        }
    }

    /// Returns what grants allow in the realm of administrators.
    pub(super) fn of_administrators(grants: &Grants) -> Self {
        let administer = Administer::is_given(grants, &RealmName::admin());
        Self { manage: administer, administer, ..Self::default() }
    }

    /// Returns the union of two sets of permissions.
    pub(super) const fn or(self, other: Self) -> Self {
        Self {
            look: self.look || other.look,
            find: self.find || other.find,
            assist: self.assist || other.assist,
            manage: self.manage || other.manage,
            own: self.own || other.own,
            impersonate: self.impersonate || other.impersonate,
            administer: self.administer || other.administer,
        }
    }

    /// Returns whether events of all users are visible.
    pub(super) const fn sees_all_events(self) -> bool {
        self.manage || (self.look && !self.assist)
    }

    /// Returns whether the permission is granted.
    pub(super) const fn meet(self, need: Need) -> bool {
        match need {
            Need::Assist => self.assist,
            Need::Manage => self.manage,
            Need::Own => self.own,
            Need::Impersonate => self.impersonate,
            Need::Administer => self.administer,
        }
    }
}
