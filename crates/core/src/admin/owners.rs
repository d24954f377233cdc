use std::collections::BTreeSet;

use crate::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKind},
};

/// Register of the administrators with the `owner@*` grant. The server has one register. Every change to such a grant
/// replaces the register, so two concurrent changes cannot remove the last two owners.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners(BTreeSet<String>);

impl Owners {
    /// Key of the record.
    pub const KEY: &'static str = "owners";

    /// Returns the register with this administrator added or removed. Returns `None` if no owner would be left.
    #[must_use]
    pub fn with(&self, admin: &UserId, is_owner: bool) -> Option<Self> {
        let mut changed = self.clone();
        if is_owner {
            changed.0.insert(admin.as_str().to_owned());
        } else if changed.0.remove(admin.as_str()) && changed.0.is_empty() {
            return None;
        }
        Some(changed)
    }

    /// Returns whether there is no owner.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of owners.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether this administrator is an owner.
    #[must_use]
    pub fn contains(&self, admin: &UserId) -> bool {
        self.0.contains(admin.as_str())
    }
}

impl Record for Owners {
    const KIND: RecordKind = RecordKind::AdminOwners;

    fn key(&self) -> String {
        Self::KEY.to_owned()
    }

    fn owner(&self) -> Option<&UserId> {
        None
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.0).unwrap_or_default()
    }

    fn from_bytes(_: &str, bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok().map(Self)
    }
}
