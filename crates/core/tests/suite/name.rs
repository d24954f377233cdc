use portcullis_core::account::name::{BadName, PersonName};
use proptest::prelude::*;

#[test]
fn a_name_is_kept_as_typed() {
    for name in ["O'Brien & Sons", "José", "李小龙", "Ngũgĩ wa Thiong'o", "<b>Bold</b>", "{{7*7}}", "J.R.R."] {
        assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
    }
}

#[test]
fn a_name_has_limits() {
    assert_eq!(PersonName::parse("   "), Err(BadName::Empty));
    assert!(PersonName::parse(&"é".repeat(100)).is_ok());
    assert_eq!(PersonName::parse(&"é".repeat(101)), Err(BadName::TooLong));
    for raw in ["a\r\nb", "a\0b", "a\u{85}b", "a\u{202e}b", "a\u{2066}b", "a\u{2028}b"] {
        assert_eq!(PersonName::parse(raw), Err(BadName::Unwritable), "{raw:?}");
    }
}

#[test]
fn a_greeting_has_the_form_of_a_name_or_none() {
    for name in [
        "José",
        "李小龙",
        "Ngũgĩ wa Thiong'o",
        "Anne-Marie",
        "O’Brien",
        "Zoe\u{308}",
        "María del Carmen",
        "'Abd",
        " Jo ",
    ] {
        assert_eq!(PersonName::parse(name).unwrap().for_greeting(), name.trim(), "{name}");
    }
    for text in [
        "Your account is locked, call +1 900 555",
        "Your account is locked",
        "<a href=https://evil.example>Click</a>",
        "evil.example",
        "a@b",
        "J.R.R.",
        "Call now!",
        "Call 112",
        "O'Brien & Sons",
        "{{7*7}}",
        "💰",
        "-",
        "John  Doe",
        "Bonusgewinnbenachrichtigungsstelle",
    ] {
        assert_eq!(PersonName::parse(text).unwrap().for_greeting(), "", "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_accepted_unchanged_or_rejected(raw in any::<String>()) {
        if let Ok(name) = PersonName::parse(&raw) {
            prop_assert_eq!(name.as_str(), raw.as_str());
        }
    }
}
