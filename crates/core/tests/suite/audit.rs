use std::collections::BTreeSet;

use portcullis_core::{
    audit::{AuditId, Details, Event},
    clock::Timestamp,
};

#[test]
fn an_identifier_is_a_uuid_of_version_7_and_its_order_is_that_of_time() {
    // RFC 9562, appendix A.6.
    let id = AuditId::of(
        Timestamp::from_millis(0x017F_22E2_79B0),
        [0xFC, 0xC3, 0x98, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F],
    );
    assert_eq!(id.to_string(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    let later = AuditId::first_at(Timestamp::from_millis(0x017F_22E2_79B1));
    assert!(id < later && AuditId::first_at(Timestamp::from_millis(0x017F_22E2_79B0)) < id);
}

#[test]
fn no_two_events_have_the_same_name() {
    let words: BTreeSet<_> = Event::ALL.iter().map(|event| event.as_str()).collect();
    assert_eq!(words.len(), Event::ALL.len());
}

#[test]
fn details_have_the_keys_of_their_event_only_and_at_most_a_kibibyte() {
    let ended = Details::default().with(Event::SessionEnded, "ended", "session");
    assert_eq!(ended.to_json(), r#"{"ended":"session"}"#);
    assert_eq!(ended.clone().with(Event::SessionEnded, "email", "ada@example.org"), ended);
    assert_eq!(ended.clone().with(Event::SessionEnded, "ended", "x".repeat(1100)).to_json(), "{}");
    let requests = vec!["q".repeat(26); 20];
    let named = Details::default().with(Event::LoginRefused, "requests", requests.clone());
    assert!(named.to_json().len() > 500, "the first 20 requests are named");
    assert_eq!(Details::default().with(Event::LoggedIn, "requests", requests).to_json(), "{}");
}
