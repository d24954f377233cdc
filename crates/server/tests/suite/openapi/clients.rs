//! Requirements of client generators.

use std::collections::BTreeMap;

use super::{document, operations};

/// Converts a name to the case of type names: `verify_otp_phone` becomes `VerifyOtpPhone`.
fn pascal(name: &str) -> String {
    let word = |word: &str| word.get(..1).unwrap_or_default().to_uppercase() + word.get(1..).unwrap_or_default();
    name.split('_').map(word).collect()
}

/// Generators derive type names from operations: `CreateRequest` for the parameters of `create`.
#[test]
fn no_schema_has_a_name_that_a_generator_derives_from_an_operation() {
    const ENDINGS: [&str; 14] = [
        "",
        "Request",
        "Response",
        "Responses",
        "Data",
        "Error",
        "Errors",
        "Params",
        "Parameters",
        "Body",
        "Query",
        "Payload",
        "Result",
        "Operation",
    ];
    let document = document();
    let mut derived = BTreeMap::new();
    for (at, operation) in operations(&document) {
        let name = pascal(operation["operationId"].as_str().unwrap());
        for ending in ENDINGS {
            derived.insert(format!("{name}{ending}").to_lowercase(), at.clone());
        }
    }
    for schema in document["components"]["schemas"].as_object().unwrap().keys() {
        assert_eq!(derived.get(&schema.to_lowercase()), None, "{schema}");
        for ending in ["Request", "Response"] {
            assert!(!schema.ends_with(ending), "{schema}");
        }
        // Built-in types in the languages of the generated clients.
        for taken in ["Error", "Object", "Date", "Response", "Request", "Headers", "Body", "File", "Client"] {
            assert_ne!(schema, taken);
        }
    }
}

/// For a route with two types of body, `openapi-python-client` generates code that fails.
#[test]
fn a_route_describes_one_type_of_body() {
    let document = document();
    for (at, operation) in operations(&document) {
        let types = operation["requestBody"]["content"].as_object();
        assert!(types.is_none_or(|types| types.len() == 1), "{at}: {types:?}");
    }
}

#[test]
fn pages_assets_and_routes_of_developers_are_not_described() {
    let document = document();
    for path in document["paths"].as_object().unwrap().keys() {
        for left_out in ["/dev/", "/assets/", "/docs", "/redoc"] {
            assert!(!path.starts_with(left_out) && path != "/", "{path}");
        }
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let text = document.to_string();
    for name in schemas.keys() {
        assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name} is used by no route");
    }
}

#[test]
fn the_realm_is_a_parameter_of_any_name_that_a_realm_may_have() {
    let document = document();
    let mut seen = 0;
    for (at, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // A realm in a query is an optional filter.
        let of_path = |parameter: &&serde_json::Value| parameter["name"] == "realm" && parameter["in"] == "path";
        for realm in parameters.filter(of_path) {
            let schema = &realm["schema"];
            assert_eq!((&schema["type"], schema.get("enum")), (&"string".into(), None), "{at}");
            assert_eq!(schema["pattern"], "^[A-Za-z][A-Za-z0-9_-]{0,31}$", "{at}");
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen}");
}

#[test]
fn the_description_of_other_realms_names_no_realm_of_the_examples() {
    let document = portcullis::openapi(&["Shop", "Staff"], "").to_string();
    assert!(!document.contains("User1") && !document.contains("User2"));
    let swapped = portcullis::openapi(&["User2", "User1"], "");
    for realm in ["User1", "User2"] {
        let login = &swapped["components"]["securitySchemes"][format!("account_{realm}")];
        assert_eq!(login["flows"]["password"]["tokenUrl"], format!("/v1/{realm}/token"));
        assert!(login["description"].as_str().unwrap().contains(realm));
    }
}
