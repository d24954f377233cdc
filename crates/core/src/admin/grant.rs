//! Grants of administrators. A grant is a role in one realm or in all realms.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    id::{RealmName, UserId},
    record::{Record, RecordKind},
};

/// Role of an administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminRole {
    /// May impersonate users. Not included in any other role. The lowest role.
    Impersonate,
    /// May read users. Personal data is masked.
    Auditor,
    /// May help users who ask for support.
    Support,
    /// May manage users.
    Manager,
    /// Has all rights.
    Owner,
}

impl AdminRole {
    pub const ALL: [Self; 5] = [Self::Impersonate, Self::Auditor, Self::Support, Self::Manager, Self::Owner];

    /// Returns the name used in grants.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Impersonate => "impersonate",
            Self::Auditor => "auditor",
            Self::Support => "support",
            Self::Manager => "manager",
            Self::Owner => "owner",
        }
    }
}

/// A role in one realm, or in all realms except the administrators' realm.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Grant {
    pub role: AdminRole,
    /// `None` means all realms.
    pub realm: Option<RealmName>,
}

impl Grant {
    /// The grant that also allows managing administrators.
    pub const OWNER: Self = Self { role: AdminRole::Owner, realm: None };

    /// Parses `ROLE@REALM`, `ROLE@*` or `ROLE`, which is short for `ROLE@*`. Rejects the administrators' realm.
    #[must_use]
    pub fn parse(raw: &str) -> Option<Self> {
        let (role, realm) = raw.split_once('@').unwrap_or((raw, "*"));
        let role = AdminRole::ALL.into_iter().find(|known| known.as_str() == role)?;
        let realm = match realm {
            "*" => None,
            realm => Some(RealmName::parse(realm).ok()?),
        };
        Some(Self { role, realm })
    }

    /// Returns the intersection of two grants: the lower role in the realms they share.
    fn shared_with(&self, other: &Self) -> Option<Self> {
        let (low, high) = if self.role <= other.role { (self.role, other.role) } else { (other.role, self.role) };
        let is_part = low == high || low != AdminRole::Impersonate;
        let realm = match (&self.realm, &other.realm) {
            (realm, None) | (None, realm) => realm.clone(),
            (one, two) if one == two => one.clone(),
            _ => return None,
        };
        is_part.then_some(Self { role: low, realm })
    }

    fn is_in(&self, realm: &RealmName) -> bool {
        self.realm.as_ref().is_none_or(|own| own == realm)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.role.as_str(), self.realm.as_ref().map_or("*", RealmName::as_str))
    }
}

/// All grants of an administrator or key. Their effect is the union.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(Vec<Grant>);

impl Grants {
    /// Creates a set of grants without duplicates.
    #[must_use]
    pub fn of(mut grants: Vec<Grant>) -> Self {
        grants.sort();
        grants.dedup();
        Self(grants)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter()
    }

    /// Returns the grants as strings.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        self.0.iter().map(Grant::to_string).collect()
    }

    /// Returns whether the grants include at least this role in the realm. Always false for the administrators'
    /// realm.
    #[must_use]
    pub fn reach(&self, least: AdminRole, realm: &RealmName) -> bool {
        *realm != RealmName::admin() && self.0.iter().any(|grant| grant.role >= least && grant.is_in(realm))
    }

    /// Returns whether the grants include exactly this role in the realm.
    #[must_use]
    pub fn has(&self, role: AdminRole, realm: &RealmName) -> bool {
        *realm != RealmName::admin() && self.0.iter().any(|grant| grant.role == role && grant.is_in(realm))
    }

    /// Returns whether the grants include at least this role in any realm.
    #[must_use]
    pub fn reach_anywhere(&self, least: AdminRole) -> bool {
        self.0.iter().any(|grant| grant.role >= least)
    }

    /// Returns whether the grants allow managing administrators.
    #[must_use]
    pub fn administer(&self) -> bool {
        self.0.contains(&Grant::OWNER)
    }

    /// Returns whether there are no grants.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the part of these grants that is also in `held`.
    #[must_use]
    pub fn within(&self, held: &Self) -> Self {
        if held.administer() {
            return self.clone();
        }
        Self::of(self.0.iter().flat_map(|own| held.0.iter().filter_map(|other| own.shared_with(other))).collect())
    }

    /// Returns whether the other grant is covered by these grants, so that it may be delegated.
    #[must_use]
    pub fn include(&self, other: &Grant) -> bool {
        let is_part = |own: &Grant| {
            let is_role = own.role == other.role || (own.role > other.role && other.role != AdminRole::Impersonate);
            is_role && (own.realm.is_none() || own.realm == other.realm)
        };
        self.administer() || self.0.iter().any(is_part)
    }
}

/// The grants of one administrator as a record. It is sealed under the administrator's data key, so write access to
/// the database is not enough to add grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantsOf {
    pub admin: UserId,
    pub grants: Grants,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    grants: Vec<String>,
}

impl Record for GrantsOf {
    const KIND: RecordKind = RecordKind::AdminGrant;

    fn key(&self) -> String {
        self.admin.as_str().to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        Some(&self.admin)
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&Stored { grants: self.grants.words() }).unwrap_or_default()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        let stored: Stored = serde_json::from_slice(bytes).ok()?;
        // Unknown grants, written by a later version, have no effect.
        let grants = Grants::of(stored.grants.iter().filter_map(|word| Grant::parse(word)).collect());
        Some(Self { admin: UserId::parse(key)?, grants })
    }
}
