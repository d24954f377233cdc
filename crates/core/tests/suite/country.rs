use portcullis_core::account::country::{CountryCode, UnknownCountry};
use proptest::prelude::*;

/// Returns the canonical form, the ISO code and the country name that a text is parsed to.
fn meaning(raw: &str) -> Option<(String, &'static str, &'static str)> {
    let country = CountryCode::parse(raw).ok()?;
    Some((country.as_str().to_owned(), country.iso(), country.name()))
}

fn means(raw: &str, code: &str, iso: &'static str, name: &'static str) {
    assert_eq!(meaning(raw), Some((code.to_owned(), iso, name)), "{raw:?}");
}

fn every_iso_code() -> Vec<CountryCode> {
    let letters = || 'A'..='Z';
    letters()
        .flat_map(|first| letters().map(move |second| format!("{first}{second}")))
        .filter_map(|code| CountryCode::parse(&code).ok())
        .collect()
}

fn every_dial_code() -> Vec<CountryCode> {
    (0..=u16::MAX).filter_map(|code| CountryCode::parse(&format!("+{code}")).ok()).collect()
}

#[test]
fn a_pasted_calling_code_is_parsed() {
    for raw in ["+ 44", "\u{202A}+44\u{202C}", "+\u{664}\u{664}", "00\u{A0}44"] {
        assert_eq!(CountryCode::parse(raw).map(|country| country.iso()), Ok("GB"), "{raw:?}");
    }
}

#[test]
fn an_iso_code_is_stored_in_upper_case() {
    for raw in ["US", "us", "uS", " us\t"] {
        means(raw, "US", "US", "United States");
    }
}

#[test]
fn a_country_has_its_common_english_name() {
    means("BO", "BO", "BO", "Bolivia");
    means("TW", "TW", "TW", "Taiwan");
    means("KR", "KR", "KR", "South Korea");
    means("GB", "GB", "GB", "United Kingdom");
}

#[test]
fn a_name_keeps_its_accents() {
    means("CI", "CI", "CI", "Côte d'Ivoire");
    means("AX", "AX", "AX", "Åland Islands");
}

#[test]
fn every_spelling_of_a_calling_code_has_one_form() {
    for raw in ["+44", "44", "0044", "  +44 "] {
        means(raw, "+44", "GB", "United Kingdom");
    }
}

#[test]
fn a_dial_code_means_the_main_country_of_that_code() {
    means("+1", "+1", "US", "United States");
    means("+7", "+7", "RU", "Russian Federation");
    means("+39", "+39", "IT", "Italy");
    means("+358", "+358", "FI", "Finland");
}

#[test]
fn a_dial_code_of_a_place_that_iso_does_not_list_still_means_a_country() {
    means("+383", "+383", "XK", "Kosovo");
    means("+247", "+247", "SH", "Saint Helena, Ascension and Tristan da Cunha");
}

#[test]
fn the_first_and_the_last_of_each_table_are_found() {
    for code in ["AD", "ZW", "+1", "+998"] {
        assert!(CountryCode::parse(code).is_ok(), "{code}");
    }
}

#[test]
fn a_dial_code_and_the_iso_code_of_its_country_are_different_codes() {
    assert_ne!(CountryCode::parse("+1"), CountryCode::parse("US"));
    assert_eq!(CountryCode::parse("001"), CountryCode::parse("1"));
}

#[test]
fn a_dial_code_that_belongs_to_no_country_is_unknown() {
    // Freephone numbers, satellites, and unassigned codes.
    for raw in ["+800", "+870", "+999", "+2", "+65535", "+65537"] {
        assert_eq!(CountryCode::parse(raw), Err(UnknownCountry), "{raw}");
    }
}

#[test]
fn anything_else_is_unknown() {
    for raw in [
        "",
        " ",
        "+",
        "00",
        "0",
        "++1",
        "-1",
        "+01",
        "01",
        "0001",
        "+001",
        "+00",
        "1.0",
        "+1a",
        "+14155550123",
        "4155550123",
        "+99999999999999999999",
        "U",
        "USA",
        "XX",
        "+US",
        "00US",
        "ÜS",
        "ＵＳ",
        "United States",
    ] {
        assert_eq!(CountryCode::parse(raw), Err(UnknownCountry), "{raw:?}");
    }
}

#[test]
fn the_error_describes_the_problem() {
    assert_eq!(UnknownCountry.to_string(), "unknown country code");
}

#[test]
fn the_tables_are_complete() {
    assert_eq!(every_iso_code().len(), 250);
    assert_eq!(every_dial_code().len(), 206);
}

#[test]
fn every_country_names_itself() {
    for country in every_iso_code() {
        assert_eq!(country.as_str(), country.iso());
        assert!(!country.name().is_empty(), "{country:?}");
    }
}

#[test]
fn the_country_of_a_dial_code_is_the_one_of_its_iso_code() {
    for dialled in every_dial_code() {
        let (iso, name) = (dialled.iso(), dialled.name());
        means(iso, iso, iso, name);
    }
}

proptest! {
    #[test]
    fn every_accepted_code_parses_to_itself(raw in r"\PC{0,4}|[A-Za-z]{2}|(\+|00)?[0-9]{1,4}") {
        if let Ok(country) = CountryCode::parse(&raw) {
            prop_assert_eq!(CountryCode::parse(country.as_str()), Ok(country));
        }
    }
}
