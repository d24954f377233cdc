//! The description is complete.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{bodies, document, examples, operations};

fn is_told(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn every_operation_has_a_description_and_a_unique_name() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut names = BTreeSet::new();
    for (at, operation) in operations(&document) {
        for member in ["summary", "description", "operationId"] {
            assert!(is_told(&operation[member]), "{at} has no {member}");
        }
        assert!(names.insert(operation["operationId"].as_str().unwrap()), "{at}: its name is another's");
        let tagged = operation["tags"].as_array().unwrap();
        assert!(tagged.len() == 1 && tagged.iter().all(|tag| tags.contains(tag.as_str().unwrap())), "{at}: {tagged:?}");
    }
}

#[test]
fn every_parameter_has_a_description_and_an_example() {
    let document = document();
    for (at, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(is_told(&parameter["description"]), "{at}: {parameter} has no description");
            assert!(!parameter["example"].is_null(), "{at}: {parameter} has no example");
        }
    }
}

#[test]
fn every_response_has_a_description_and_every_body_an_example() {
    let document = document();
    for (at, operation) in operations(&document) {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            assert!(is_told(&answer["description"]), "{at}: {status} has no description");
            for (name, header) in answer["headers"].as_object().into_iter().flatten() {
                assert!(is_told(&header["description"]), "{at}: {status} does not tell what {name} is");
            }
        }
        for (place, body) in bodies(operation) {
            assert!(!examples(body).is_empty(), "{at}: {place} has no example");
        }
    }
}

#[test]
fn every_error_is_documented_with_its_code_and_retry_after() {
    let document = document();
    for (at, operation) in operations(&document) {
        let answers = operation["responses"].as_object().unwrap().iter();
        for (status, answer) in answers.filter(|(status, _)| status.starts_with('4') || status.starts_with('5')) {
            let problems = answer["content"]["application/problem+json"]["examples"].as_object();
            for (code, example) in problems.into_iter().flatten() {
                let problem = &example["value"];
                // The same code may have another text.
                assert_eq!(problem["code"], code.trim_end_matches("_2"), "{at}");
                assert_eq!(problem["status"].to_string(), *status, "{at}");
                assert!(is_told(&problem["detail"]) && is_told(&example["summary"]), "{at}: {code}");
                assert_eq!(problem["errors"].is_array(), status == "422", "{at}: {code}");
            }
            let is_problem = problems.is_some() || answer["content"]["application/json"].is_object();
            assert!(is_problem, "{at}: {status} has no form");
            let comes_back = answer["headers"]["Retry-After"].is_object();
            assert_eq!(
                problems.is_some() && ["429", "503"].contains(&status.as_str()),
                comes_back && problems.is_some(),
                "{at}: {status}"
            );
        }
    }
}

#[test]
fn protected_routes_accept_a_token_that_is_entered_or_obtained_by_login() {
    let document = document();
    let schemes = &document["components"]["securitySchemes"];
    assert_eq!(schemes["bearer"]["scheme"], "bearer");
    for realm in ["User1", "User2"] {
        let flow = &schemes[format!("account_{realm}")]["flows"]["password"];
        assert_eq!(flow["tokenUrl"], format!("/v1/{realm}/token"));
        assert_eq!(flow["refreshUrl"], flow["tokenUrl"]);
    }
    for (at, operation) in operations(&document) {
        let needs_token = operation["responses"]["401"]["content"]["application/problem+json"]["examples"]
            .get("token.missing")
            .is_some();
        let ways: Vec<_> = operation["security"].as_array().unwrap().iter().map(Value::to_string).collect();
        let expected: &[&str] = match at.as_str() {
            "post /v1/{realm}/introspect" => &[r#"{"service":[]}"#],
            at if at.contains(" /v1/admin/") => continue,
            _ if needs_token => &[r#"{"bearer":[]}"#, r#"{"account_User1":[]}"#, r#"{"account_User2":[]}"#],
            _ => &[],
        };
        assert_eq!(ways, expected, "{at}");
    }
}
