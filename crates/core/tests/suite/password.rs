use portcullis_core::account::password::{BadPassword, Password, Policy};
use proptest::prelude::*;

fn policy() -> Policy {
    Policy { min_length: 8, names: vec!["My Portcullis".to_owned(), "User1".to_owned()] }
}

fn judge(raw: &str) -> Result<(), BadPassword> {
    policy().accept(raw, &["John", "Doe", "john.doe@example.com"]).map(|_| ())
}

#[test]
fn length_is_counted_in_characters_without_composition_rules() {
    assert_eq!(judge("abcdefg"), Err(BadPassword::TooShort));
    for good in ["correct horse battery staple", "securepassword123", "ggggrhqnvb", "🦀🐙🦑🐠🐡🦈🐬🐳", "        x"]
    {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
    assert_eq!(judge("🦀🐙🦑🐠🐡🦈🐬"), Err(BadPassword::TooShort));
}

#[test]
fn long_passwords_are_accepted_up_to_the_maximum() {
    for length in [64, 128, 256, 1024] {
        assert_eq!(judge(&"pq".repeat(length / 2)), Ok(()));
    }
    assert_eq!(judge(&"p".repeat(1025)), Err(BadPassword::Impossible));
}

#[test]
fn common_passwords_are_rejected_in_any_case() {
    for common in ["password1", "Password1", "12345678", "iloveyou1", "qwerty123", "PASSWORD123"] {
        assert_eq!(judge(common), Err(BadPassword::Breached), "{common}");
    }
}

#[test]
fn a_password_that_consists_of_account_data_is_rejected() {
    for own in [
        "john.doe@example.com",
        "JohnDoe1",
        "johndoe!!!",
        "John.Doe2024",
        "jöhn-dóe",
        "ＪＯＨＮｄｏｅ１",
        "2024john",
        "1!johndoe!1",
        "doe-john-doe",
        "example1",
        "Example.com",
        "john example",
        "user1234",
        "User1User1",
        "portcullis1",
        "My Portcullis 24",
        "myportcullis!!!!",
        "doe@portcullis",
    ] {
        assert_eq!(judge(own), Err(BadPassword::Guessable), "{own}");
    }
    for good in ["john likes quiet rivers", "john20245", "johndoe!!!!!", "xjohndoe", "johndoex1", "securepassword123"] {
        assert_eq!(judge(good), Ok(()), "{good}");
    }
    let wang = |raw: &str| policy().accept(raw, &["小明", "王", "wang@example.com"]).map(|_| ());
    assert_eq!(wang("王小明王小明王小明"), Err(BadPassword::Guessable));
    assert_eq!(wang("王小明喜欢安静的河"), Ok(()));
    let short = Policy { min_length: 1, ..policy() };
    assert!(short.accept("1!", &["John"]).is_ok(), "without a word it is not made of words");
}

#[test]
fn a_repeated_character_or_white_space_is_rejected() {
    for same in ["        ", "eeeeeeeee", "zZzZzZzZz", "!!!!!!!!", "🦀🦀🦀🦀🦀🦀🦀🦀", "  \u{a0}\u{2003}    "]
    {
        assert_eq!(judge(same), Err(BadPassword::Repetitive), "{same}");
    }
}

#[test]
fn control_characters_are_rejected() {
    assert_eq!(judge("abc\0defgh"), Err(BadPassword::Impossible));
    assert_eq!(judge("abc\u{85}defgh"), Err(BadPassword::Impossible));
}

#[test]
fn passwords_are_normalized() {
    let (composed, decomposed) =
        (Password::parse("caf\u{e9}-au-lait").unwrap(), Password::parse("cafe\u{301}-au-lait").unwrap());
    assert_eq!(composed.expose(), decomposed.expose());
}

#[test]
fn white_space_and_case_count() {
    assert_ne!(
        Password::parse("trailing space ").unwrap().expose(),
        Password::parse("trailing space").unwrap().expose()
    );
    assert_ne!(Password::parse("Case Counts").unwrap().expose(), Password::parse("case counts").unwrap().expose());
}

#[test]
fn a_password_is_never_printed() {
    assert!(!format!("{:?}", Password::parse("planted-secret").unwrap()).contains("planted"));
}

proptest! {
    #[test]
    fn any_text_is_judged(raw in any::<String>()) {
        let _ = judge(&raw);
    }
}
