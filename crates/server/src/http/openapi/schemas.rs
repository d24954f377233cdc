//! Schemas that cannot be derived from a type.

use serde_json::json;
use utoipa::openapi::{
    Object, ObjectBuilder,
    schema::{AdditionalProperties, SchemaType, Type},
};

/// Returns the schema of attributes in responses.
pub(in crate::http) fn attributes() -> Object {
    object(SchemaType::Type(Type::Object), "Application-defined object, as sent to `create`.")
}

/// Returns the schema of attributes in requests.
pub(in crate::http) fn optional_attributes() -> Object {
    let text = "Application-defined object of at most 8 KiB and 8 levels, which is returned with the user.";
    object(SchemaType::from_iter([Type::Object, Type::Null]), text)
}

/// Returns the schema of the details of an event.
pub(in crate::http) fn event_details() -> Object {
    let any = AdditionalProperties::FreeForm(true);
    let object = ObjectBuilder::new().schema_type(Type::Object).additional_properties(Some(any));
    object.description(Some("Details of the event.")).examples([json!({"until": null})]).build()
}

/// Returns the schema of the public keys of a client in responses.
pub(in crate::http) fn client_keys() -> Object {
    let any = AdditionalProperties::FreeForm(true);
    let object = ObjectBuilder::new().schema_type(SchemaType::from_iter([Type::Object, Type::Null]));
    let text = "Public keys of a client with `private_key_jwt`, as a JWK set; null for all others.";
    object.additional_properties(Some(any)).description(Some(text)).examples([json!(null)]).build()
}

fn object(kind: SchemaType, text: &str) -> Object {
    let any = AdditionalProperties::FreeForm(true);
    let object = ObjectBuilder::new().schema_type(kind).additional_properties(Some(any)).description(Some(text));
    object.examples([json!({"plan": "team"})]).build()
}
