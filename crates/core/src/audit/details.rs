use std::collections::BTreeMap;

use serde_json::Value;

use super::Event;

/// Maximum size of the details as compact JSON, in bytes.
const MAX_BYTES: usize = 1024;

/// Details of a row. Each event defines the allowed keys. Never contains personal data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details(BTreeMap<&'static str, Value>);

impl Details {
    /// Adds a value. Keys not defined for the event and values that are too long are ignored.
    #[must_use]
    pub fn with(mut self, event: Event, key: &'static str, value: impl Into<Value>) -> Self {
        if event.has_detail(key) {
            self.0.insert(key, value.into());
            if self.to_json().len() > MAX_BYTES {
                self.0.remove(key);
            }
        }
        self
    }

    /// Returns compact JSON with sorted keys.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}
