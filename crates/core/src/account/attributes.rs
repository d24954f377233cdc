//! Attributes: application-defined data of a user.

use std::fmt;

use serde_json::{Map, Value};

/// Maximum size of attributes, in bytes of compact JSON.
pub const MAX_ATTRIBUTES: usize = 8 * 1024;
/// Maximum nesting depth of objects and arrays. The top-level object is level one.
pub const MAX_LEVELS: usize = 8;

/// The application's JSON object. May contain personal data: never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Map<String, Value>);

/// Reason why attributes were rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAttributes {
    /// The value is not an object.
    #[error("the attributes are not an object")]
    NotAnObject,
    /// Objects and arrays are nested deeper than [`MAX_LEVELS`].
    #[error("the attributes are nested more than {MAX_LEVELS} levels deep")]
    TooDeep,
    /// The compact JSON is longer than [`MAX_ATTRIBUTES`].
    #[error("the attributes are longer than {MAX_ATTRIBUTES} bytes")]
    TooLarge,
}

impl Attributes {
    /// Parses attributes from a JSON value.
    ///
    /// # Errors
    /// Returns [`BadAttributes`] with the rule that was violated.
    pub fn parse(value: &Value) -> Result<Self, BadAttributes> {
        let Value::Object(members) = value else { return Err(BadAttributes::NotAnObject) };
        if levels(value) > MAX_LEVELS {
            return Err(BadAttributes::TooDeep);
        }
        // `Display` produces compact JSON.
        if value.to_string().len() > MAX_ATTRIBUTES {
            return Err(BadAttributes::TooLarge);
        }
        Ok(Self(members.clone()))
    }

    /// Applies a merge patch (RFC 7396 §2): members of the patch replace those with the same name, and `null` removes
    /// a member.
    ///
    /// # Errors
    /// Returns [`BadAttributes`] with the rule that the result violates.
    pub fn merged(&self, patch: &Value) -> Result<Self, BadAttributes> {
        if levels(patch) > MAX_LEVELS {
            return Err(BadAttributes::TooDeep);
        }
        let mut merged = Value::Object(self.0.clone());
        merge(&mut merged, patch);
        Self::parse(&merged)
    }

    /// Returns stored attributes unchanged.
    pub(super) const fn from_stored(members: Map<String, Value>) -> Self {
        Self(members)
    }

    /// Returns the members of the object.
    #[must_use]
    pub const fn members(&self) -> &Map<String, Value> {
        &self.0
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Attributes(…)")
    }
}

fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            if change.is_null() {
                members.shift_remove(name);
            } else {
                merge(members.entry(name.as_str()).or_insert(Value::Null), change);
            }
        }
    }
}

/// Returns the nesting depth of objects and arrays. The recursion is bounded, because the JSON parser rejects deep
/// documents.
fn levels(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}
