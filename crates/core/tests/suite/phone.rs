use portcullis_core::phone::PhoneNumber;
use proptest::prelude::*;

fn parse(raw: &str) -> Option<String> {
    PhoneNumber::parse(raw).ok().map(|phone| phone.as_str().to_owned())
}

#[test]
fn a_number_is_kept_in_e164() {
    assert_eq!(parse("+1234567890").as_deref(), Some("+1234567890"));
    assert_eq!(parse("+1 (234) 567-890").as_deref(), Some("+1234567890"));
    assert_eq!(parse(" +44 20.7946.0958 ").as_deref(), Some("+442079460958"));
}

#[test]
fn what_is_no_international_number_is_refused() {
    for raw in [
        "",
        "+",
        "1234567890",
        "+0123456789",
        "+123456",
        "+1234567890123456",
        "+12345abcde",
        "+-1234567",
        "++1234567890",
        "+1234567890;ext=1",
        "+١٢٣٤٥٦٧٨٩٠",
    ] {
        assert_eq!(parse(raw), None, "{raw:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_or_refused_but_never_a_surprise(raw in any::<String>()) {
        let _ = parse(&raw);
    }

    #[test]
    fn every_number_in_e164_is_taken_as_it_is(raw in "\\+[1-9][0-9]{6,14}") {
        let parsed = parse(&raw);
        prop_assert_eq!(parsed.as_deref(), Some(raw.as_str()));
    }
}
