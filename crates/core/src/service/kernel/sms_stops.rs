//! Suspended countries that this process has logged.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::id::RealmName;

/// Countries of realms with suspended codes, so that each suspension is logged once instead of for each withheld
/// code.
#[derive(Debug, Default)]
pub(in crate::service) struct SmsStops(Mutex<HashSet<(RealmName, String)>>);

impl SmsStops {
    /// Records whether codes to a country are suspended. Returns whether this has changed.
    pub(in crate::service) fn set(&self, realm: &RealmName, country: &str, is_stopped: bool) -> bool {
        let key = (realm.clone(), country.to_owned());
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_stopped { stops.insert(key) } else { stops.remove(&key) }
    }
}
