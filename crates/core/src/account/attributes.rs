//! Attributes: data that the application defines and keeps with a user.

use std::fmt;

use serde_json::{Map, Value};

/// Largest attributes, in bytes of compact JSON.
pub const MAX_ATTRIBUTES: usize = 8 * 1024;
/// Deepest nesting of objects and arrays; the object itself is the first level.
pub const MAX_LEVELS: usize = 8;

/// JSON object of the application. May contain personal data: never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes(Map<String, Value>);

/// Reason why attributes are refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAttributes {
    /// The value is not an object.
    #[error("the attributes are not an object")]
    NotAnObject,
    /// Objects and arrays are nested deeper than [`MAX_LEVELS`].
    #[error("the attributes have more than {MAX_LEVELS} levels")]
    TooDeep,
    /// The compact JSON is longer than [`MAX_ATTRIBUTES`].
    #[error("the attributes are longer than {MAX_ATTRIBUTES} bytes")]
    TooLarge,
}

impl Attributes {
    /// Reads attributes from a JSON value.
    ///
    /// # Errors
    /// [`BadAttributes`], naming the broken rule.
    pub fn parse(value: &Value) -> Result<Self, BadAttributes> {
        let Value::Object(members) = value else { return Err(BadAttributes::NotAnObject) };
        if levels(value) > MAX_LEVELS {
            return Err(BadAttributes::TooDeep);
        }
        // `Display` writes compact JSON.
        if value.to_string().len() > MAX_ATTRIBUTES {
            return Err(BadAttributes::TooLarge);
        }
        Ok(Self(members.clone()))
    }

    /// Applies a merge patch (RFC 7396 §2): members of the patch replace those of the same name, and `null` removes them.
    ///
    /// # Errors
    /// [`BadAttributes`], naming the rule that the result breaks.
    pub fn merged(&self, patch: &Value) -> Result<Self, BadAttributes> {
        if levels(patch) > MAX_LEVELS {
            return Err(BadAttributes::TooDeep);
        }
        let mut merged = Value::Object(self.0.clone());
        merge(&mut merged, patch);
        Self::parse(&merged)
    }

    /// Returns stored attributes, exactly as they were stored.
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

/// Returns the number of nested objects and arrays. The recursion is bounded: the parser of JSON refuses deep documents.
fn levels(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}
