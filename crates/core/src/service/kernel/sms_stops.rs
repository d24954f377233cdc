//! Stops of codes to countries that this process has reported.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use crate::id::RealmName;

/// Countries of realms for which codes are stopped, so that each stop is logged once instead of for each withheld code.
#[derive(Debug, Default)]
pub(in crate::service) struct SmsStops(Mutex<HashSet<(RealmName, String)>>);

impl SmsStops {
    /// Records whether codes to a country are stopped. Returns whether this has changed.
    pub(in crate::service) fn set(&self, realm: &RealmName, country: &str, is_stopped: bool) -> bool {
        let key = (realm.clone(), country.to_owned());
        let mut stops = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if is_stopped { stops.insert(key) } else { stops.remove(&key) }
    }
}
