use portcullis_core::typed::compact;

#[test]
fn digits_of_every_script_become_ascii() {
    for zero in [
        '0',
        '\u{660}',
        '\u{6F0}',
        '\u{966}',
        '\u{E50}',
        '\u{FF10}',
        '\u{1D7CE}',
        '\u{1D7D8}',
        '\u{1D7F6}',
        '\u{1FBF0}',
    ] {
        let digits: String = (0..10).map(|digit| char::from_u32(u32::from(zero) + digit).unwrap()).collect();
        assert_eq!(compact(&digits).as_deref(), Some("0123456789"), "{zero:?}");
    }
}

#[test]
fn spaces_dashes_and_format_characters_are_dropped_and_nothing_else() {
    assert_eq!(compact(" 123\u{A0}456\n").as_deref(), Some("123456"));
    assert_eq!(compact("\u{2066}12-3\u{2010}4\u{2014}5\u{2212}6\u{2069}").as_deref(), Some("123456"));
    assert_eq!(compact(" -1-2").as_deref(), Some("-12"));
    assert_eq!(compact("1.2,3x\u{0}").as_deref(), Some("1.2,3x\u{0}"));
    // Superscripts and fractions are not decimal digits.
    assert_eq!(compact("\u{B2}\u{BD}").as_deref(), Some("\u{B2}\u{BD}"));
}

#[test]
fn a_long_text_is_rejected() {
    assert_eq!(compact(&"1".repeat(128)).as_deref(), Some(&*"1".repeat(128)));
    assert_eq!(compact(&"1".repeat(129)), None);
}
