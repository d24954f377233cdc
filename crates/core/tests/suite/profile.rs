//! Profiles stored by other versions.

use portcullis_core::{
    account::{Envelope, attributes::Attributes},
    id::UserId,
};
use serde_json::{Value, json};

use crate::support::{ctx, keys};

/// Opens an envelope with this profile, as sealed by another version.
fn open(stored: &Value) -> portcullis_core::account::Profile {
    let (ctx, keys, id) = (ctx(1), keys("User1", 1), UserId::parse("ada").unwrap());
    let (key, data_key) = keys.new_data_key(&ctx, &id);
    let profile = key.seal(&ctx, "profile", stored.to_string().as_bytes());
    Envelope { data_key, password: profile.clone(), profile }.open_profile(&key).unwrap()
}

#[test]
fn a_profile_of_the_first_version_opens() {
    let profile = open(&json!({
        "first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.org", "phone": "+441632960001", "country": "GB",
    }));
    assert_eq!(profile.first_name.unwrap().as_str(), "Ada");
    assert_eq!(profile.last_name.unwrap().as_str(), "Lovelace");
    assert_eq!(profile.phone.unwrap().as_str(), "+441632960001");
    assert_eq!(profile.country.unwrap().as_str(), "GB");
    assert_eq!(profile.attributes, Attributes::default());
}

#[test]
fn a_profile_with_an_address_alone_and_members_of_a_later_version_opens() {
    let profile = open(&json!({"email": "ada@example.org", "phone": null, "locale": "en-GB", "later": {"a": [1]}}));
    assert_eq!(profile.email.as_str(), "ada@example.org");
    assert!(profile.first_name.is_none() && profile.phone.is_none() && profile.country.is_none());
}

#[test]
fn attributes_have_eight_levels_and_eight_kibibytes_at_most() {
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    assert!(Attributes::parse(&nested(8)).is_ok());
    assert!(Attributes::parse(&nested(9)).is_err());
    assert!(Attributes::parse(&json!({"a": [[[[[[[1]]]]]]]})).is_ok());
    assert!(Attributes::parse(&json!({"a": [[[[[[[[1]]]]]]]]})).is_err());
    // {"a":""} has 8 bytes.
    assert!(Attributes::parse(&json!({"a": "x".repeat(8192 - 8)})).is_ok());
    assert!(Attributes::parse(&json!({"a": "x".repeat(8192 - 7)})).is_err());
    for other in [json!([]), json!("{}"), json!(1), Value::Null] {
        assert!(Attributes::parse(&other).is_err(), "{other}");
    }
    assert_eq!(format!("{:?}", Attributes::parse(&json!({"plan": "team"})).unwrap()), "Attributes(…)");
}
