use portcullis_core::account::email::EmailAddress;
use proptest::prelude::*;

fn parse(raw: &str) -> Option<String> {
    EmailAddress::parse(raw).ok().map(|email| email.as_str().to_owned())
}

#[test]
fn every_spelling_of_an_address_is_one_address() {
    for spelling in ["john@example.com", "John@Example.COM", "  JOHN@example.com\t", "john@EXAMPLE.com"] {
        assert_eq!(parse(spelling).as_deref(), Some("john@example.com"), "{spelling:?}");
    }
}

#[test]
fn a_domain_beyond_ascii_is_kept_in_ascii() {
    assert_eq!(parse("jörg@Bücher.example").as_deref(), Some("jörg@xn--bcher-kva.example"));
    assert_eq!(parse("jo\u{308}rg@bücher.example"), parse("jörg@xn--bcher-kva.example"));
}

#[test]
fn unusual_valid_addresses_are_accepted() {
    for address in ["o'brien@example.com", "a+b@example.com", "x@a-b.co.uk", "a.b.c@example.museum", "_@example.com"] {
        assert_eq!(parse(address).as_deref(), Some(address));
    }
}

#[test]
fn invalid_addresses_are_rejected() {
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_domain = format!("a@{}.com", "b".repeat(260));
    for raw in [
        "",
        "@",
        "a@",
        "@example.com",
        "a",
        "a b@example.com",
        "John <john@example.com>",
        "a@b@example.com",
        "\"a b\"@example.com",
        "a@[127.0.0.1]",
        "a@localhost",
        ".a@example.com",
        "a.@example.com",
        "a..b@example.com",
        "a@example..com",
        "a@-example.com",
        "a@example-.com",
        "a@example.123",
        "a@exam_ple.com",
        "a\r\nb@example.com",
        "a@example.com\nBcc: b@example.com",
        "a\0@example.com",
        "a@example.com,b@example.com",
        "a(b)@example.com",
        &long_local,
        &long_domain,
    ] {
        assert_eq!(parse(raw), None, "{raw:?}");
    }
}

#[test]
fn an_address_is_never_printed() {
    let email = EmailAddress::parse("secret.person@example.com").unwrap();
    assert!(!format!("{email:?}").contains("secret"));
}

proptest! {
    #[test]
    fn any_text_is_accepted_or_rejected_without_a_panic(raw in any::<String>()) {
        let _ = parse(&raw);
    }

    #[test]
    fn a_canonical_address_remains_unchanged(raw in "\\PC{1,20}@[a-zA-Z0-9äöüßşİ-]{1,12}\\.[a-z]{2,6}") {
        if let Some(once) = parse(&raw) {
            let again = parse(&once);
            prop_assert_eq!(again.as_deref(), Some(once.as_str()));
            prop_assert!(once.len() <= 254 && once == once.to_lowercase() && !once.chars().any(char::is_control));
        }
    }
}

/// Mail servers that decode them deliver to a different address.
#[test]
fn encoded_words_are_rejected_when_typed_and_read_when_stored() {
    for raw in [
        "=?utf-8?q?x?=@example.com",
        "=?UTF-8?Q?collab=40psres.net?=foobar@example.com",
        "a=?iso-8859-1?b?eA==?=@example.com",
        "a.=?x?q?y?=.b@example.com",
    ] {
        assert_eq!(parse(raw), None, "{raw}");
        assert!(EmailAddress::stored(raw).unwrap().has_encoded_word());
    }
    for raw in ["a=?b@example.com", "a?=b@example.com", "a?=b=?c@example.com", "=@example.com", "?@example.com"] {
        assert_eq!(parse(raw).as_deref(), Some(raw));
    }
}
