//! Schemas that a type cannot tell.

use serde_json::json;
use utoipa::openapi::{
    Object, ObjectBuilder,
    schema::{AdditionalProperties, SchemaType, Type},
};

/// Returns the schema of attributes in answers.
pub(in crate::http) fn attributes() -> Object {
    object(SchemaType::Type(Type::Object), "Object that the application defined at `create`.")
}

/// Returns the schema of attributes in requests.
pub(in crate::http) fn optional_attributes() -> Object {
    let text = "Data of the application: an object of at most 8 KiB and 8 levels, answered with the user.";
    object(SchemaType::from_iter([Type::Object, Type::Null]), text)
}

fn object(kind: SchemaType, text: &str) -> Object {
    let any = AdditionalProperties::FreeForm(true);
    let object = ObjectBuilder::new().schema_type(kind).additional_properties(Some(any)).description(Some(text));
    object.examples([json!({"plan": "team"})]).build()
}
