use portcullis_core::id::{BadRealmName, RealmName};
use proptest::prelude::*;

#[test]
fn well_formed_names_are_accepted_unchanged() {
    for name in ["User1", "User2", "a", "vip", "v", "V1x", "team_a-b", &"a".repeat(32)] {
        assert_eq!(RealmName::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn malformed_and_reserved_names_are_rejected() {
    for name in ["", "1a", "_a", "a b", "a/b", "é", &"a".repeat(33)] {
        assert_eq!(RealmName::parse(name), Err(BadRealmName::Form), "{name:?}");
    }
    for name in
        ["v1", "v22", "admin", "docs", "redoc", "scalar", "health", "livez", "readyz", "dev", "metrics", "sessions"]
    {
        assert_eq!(RealmName::parse(name), Err(BadRealmName::Reserved), "{name:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_accepted_unchanged_or_rejected(raw in any::<String>()) {
        if let Ok(name) = RealmName::parse(&raw) {
            prop_assert_eq!(name.as_str(), raw.as_str());
        }
    }
}
