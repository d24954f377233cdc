use portcullis_core::account::{country::CountryCode, phone::PhoneNumber};
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
fn a_pasted_number_is_parsed() {
    let london = Some("+442079460958");
    for raw in [
        "+44\u{A0}20\u{A0}7946\u{A0}0958",
        "\u{202A}+44 20 7946 0958\u{202C}",
        "\u{200E}+44\u{200B}2079460958\u{FEFF}",
        "+44\u{2011}20\u{2011}7946\u{2013}0958",
        "+44\u{2212}20\u{2212}7946\u{2212}0958",
        "+44\u{AD}2079460958\r\n",
        "+44\t(20) 7946/0958",
        "+44 20 7946\u{2009}\u{202F}\u{3000}0958",
        "\u{FF0B}\u{FF14}\u{FF14}2079460958",
        "+\u{664}\u{664}\u{662}\u{660}\u{667}\u{669}\u{664}\u{666}\u{660}\u{669}\u{665}\u{668}",
        "+\u{96A}\u{96A}2079460958",
    ] {
        assert_eq!(parse(raw).as_deref(), london, "{raw:?}");
    }
}

#[test]
fn a_trunk_zero_is_not_part_of_the_number() {
    for (raw, meant) in [
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+44 (0) 20 7946 0958", "+442079460958"),
        ("+44 020 7946 0958", "+442079460958"),
        ("+49 (0)30 123456", "+4930123456"),
        ("+33 (0)6 12 34 56 78", "+33612345678"),
        ("+353 (0)85 012 3456", "+353850123456"),
        // In Italy the zero is part of the number.
        ("+39 06 6901 2345", "+390669012345"),
        ("+39 (0)6 6901 2345", "+390669012345"),
        ("+225 01 23 45 67 89", "+2250123456789"),
        ("+378 0549 886377", "+3780549886377"),
        ("+31 000000", "+3100000"),
        // A zero later in the number is always part of it.
        ("+44 20 0946 0958", "+442009460958"),
        ("+1234567890", "+1234567890"),
    ] {
        assert_eq!(parse(raw).as_deref(), Some(meant), "{raw}");
    }
}

#[test]
fn numbers_not_in_international_format_are_rejected() {
    for raw in [
        "",
        "+",
        "1234567890",
        "+0123456789",
        "+123456",
        "+1234567890123456",
        "+12345abcde",
        "++1234567890",
        "+1234567890;ext=1",
        "+1234567890 x1",
        "+1234567890\u{0}",
    ] {
        assert_eq!(parse(raw), None, "{raw:?}");
    }
}

fn country(raw: &str) -> Option<&'static str> {
    PhoneNumber::parse(raw).unwrap().country()
}

#[test]
fn a_number_is_of_the_country_of_its_calling_code() {
    for (raw, iso) in [
        ("+33612345678", "FR"),
        ("+4915112345678", "DE"),
        ("+37122345678", "LV"),
        ("+37722345678", "MC"),
        ("+8613812345678", "CN"),
        ("+85251234567", "HK"),
        ("+38344123456", "XK"),
        ("+2474123456", "SH"),
    ] {
        assert_eq!(country(raw), Some(iso), "{raw}");
    }
}

#[test]
fn under_plus_one_the_area_code_determines_the_country() {
    for (raw, iso) in [
        ("+12025550123", "US"),
        ("+19075550123", "US"),
        ("+14165550123", "CA"),
        ("+18675550123", "CA"),
        ("+18765550123", "JM"),
        ("+16585550123", "JM"),
        ("+18095550123", "DO"),
        ("+18685550123", "TT"),
        ("+17875550123", "PR"),
        ("+16715550123", "GU"),
        ("+14415550123", "BM"),
    ] {
        assert_eq!(country(raw), Some(iso), "{raw}");
    }
}

#[test]
fn an_unassigned_area_code_is_of_no_country() {
    for raw in ["+12115550123", "+12995550123", "+11235550123", "+10005550123", "+19995550123", "+1200000"] {
        assert_eq!(country(raw), None, "{raw}");
    }
}

#[test]
fn countries_that_share_a_calling_code_are_distinguished() {
    for (raw, iso) in [
        ("+79161234567", "RU"),
        ("+77011234567", "KZ"),
        ("+447400123456", "GB"),
        ("+442079460958", "GB"),
        ("+447781123456", "GG"),
        ("+447911123456", "GG"),
        ("+447911012345", "GB"),
        ("+447797123456", "JE"),
        ("+441624756789", "IM"),
        ("+393123456789", "IT"),
        ("+390669812345", "VA"),
        ("+390669012345", "IT"),
        ("+4740612345", "NO"),
        ("+4779123456", "SJ"),
        ("+61412345678", "AU"),
        ("+61891621234", "CC"),
        ("+61891641234", "CX"),
        ("+212650123456", "MA"),
        ("+262692123456", "RE"),
        ("+262639012345", "YT"),
        ("+29051234", "SH"),
        ("+2908123", "SH"),
        ("+358412345678", "FI"),
        ("+3581812345", "AX"),
        ("+590690001234", "GP"),
        ("+590590275678", "BL"),
        ("+590590501234", "MF"),
        ("+59995181234", "CW"),
        ("+5993181234", "BQ"),
        ("+50051234", "FK"),
    ] {
        assert_eq!(country(raw), Some(iso), "{raw}");
    }
}

#[test]
fn satellite_and_service_numbers_have_no_country() {
    for raw in ["+80012345678", "+870773111632", "+8816512345678", "+88213123456", "+883510012345", "+97912345678"] {
        assert_eq!(country(raw), None, "{raw}");
    }
}

#[test]
fn no_calling_code_but_plus_one_lacks_a_country_and_it_is_its_main_one() {
    let dial_codes = (2..1000).filter_map(|code| CountryCode::parse(&format!("+{code}")).ok());
    for dialled in dial_codes {
        let raw = format!("{}0000000", dialled.as_str());
        assert_eq!(country(&raw), Some(dialled.iso()), "{raw}");
    }
}

proptest! {
    #[test]
    fn every_number_is_of_one_known_country_or_of_none(raw in "\\+[1-9][0-9]{6,14}|\\+1[2-9][0-9]{9}") {
        if let Some(iso) = country(&raw) {
            prop_assert_eq!(CountryCode::parse(iso).map(|known| known.iso()), Ok(iso));
        }
    }

    #[test]
    fn any_text_is_accepted_or_rejected_without_a_panic(raw in any::<String>()) {
        let _ = parse(&raw);
    }

    #[test]
    fn every_number_without_a_zero_after_its_calling_code_is_taken_as_it_is(raw in "\\+[1-9]{4}[0-9]{3,11}") {
        let parsed = parse(&raw);
        prop_assert_eq!(parsed.as_deref(), Some(raw.as_str()));
    }

    #[test]
    fn a_parsed_number_parses_to_itself(raw in "\\+[1-9][0-9]{6,14}") {
        let parsed = parse(&raw).unwrap();
        prop_assert_eq!(parse(&parsed), Some(parsed));
    }

    #[test]
    fn a_stored_number_is_never_changed(raw in "\\+[1-9][0-9]{6,14}") {
        let stored = PhoneNumber::from_stored(&raw).unwrap();
        prop_assert_eq!(stored.as_str(), raw);
    }
}
