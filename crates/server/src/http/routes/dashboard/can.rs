use portcullis_core::{
    admin::{AdminRole, Administer, Assist, Find, Grants, Impersonate, Look, Manage, Own, Right},
    id::RealmName,
};
use serde::Serialize;

/// What an administrator may do, so that a page leaves out the rest. The API decides in any case.
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

/// What an action needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Assist,
    Manage,
    Own,
    Impersonate,
    Administer,
}

impl Can {
    /// Returns what grants allow in a realm.
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

    /// Returns what grants allow on the server as a whole.
    pub(super) fn anywhere(grants: &Grants) -> Self {
        Self {
            look: grants.reach_anywhere(AdminRole::Auditor),
            administer: Administer::is_given(grants, &RealmName::admin()),
            ..Self::default()
        }
    }

    /// Returns what one or the other allows.
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

    /// Returns whether events are seen of all users.
    pub(super) const fn sees_all_events(self) -> bool {
        self.manage || (self.look && !self.assist)
    }

    /// Returns whether this is allowed.
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
