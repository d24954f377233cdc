use std::{collections::HashSet, time::Duration};

use portcullis_core::{
    ExposeSecret,
    clock::Timestamp,
    factor::{AddedFactor, FactorCode, FactorName, RecoveryCodes, TicketNote, TicketPurpose},
    factor::{TotpFactor, TotpSecret},
    id::{FactorId, SessionId, UserId},
    link::{Challenge, Purpose},
    oauth::Scopes,
    random,
    record::{Record, RecordKeys, RecordKind},
    session::{Amr, Assurance},
};

use crate::support::{ctx, keys, realm};

fn user() -> UserId {
    UserId::parse("john").unwrap()
}

/// The secret of the test vectors.
fn rfc_secret() -> TotpSecret {
    TotpSecret::from_bytes(*b"12345678901234567890")
}

fn factor(secret: TotpSecret, last_step: u64) -> TotpFactor {
    TotpFactor {
        id: FactorId::parse("factor").unwrap(),
        user: user(),
        secret,
        name: FactorName::authenticator_app(),
        last_step,
        since: 2,
        created_at: Timestamp::from_secs(0),
        last_used_at: None,
    }
}

/// RFC 6238, appendix B, with the last six of its eight digits.
#[test]
fn codes_are_those_of_the_standard() {
    let vectors = [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ];
    for (at, code) in vectors {
        let now = Timestamp::from_secs(at);
        assert_eq!(*rfc_secret().code(now), code);
        assert_eq!(rfc_secret().step_of(code, now, None), Some(at as u64 / 30));
    }
}

#[test]
fn a_code_is_accepted_one_step_before_and_after_its_own() {
    let secret = rfc_secret();
    let code = secret.code(Timestamp::from_secs(3000));
    let accepted = |at| secret.step_of(&code, Timestamp::from_secs(at), None).is_some();
    for (at, is_accepted) in [(2969, false), (2970, true), (3000, true), (3059, true), (3060, false)] {
        assert_eq!(accepted(at), is_accepted, "{at}");
    }
}

#[test]
fn a_step_and_every_one_before_it_is_used_once() {
    let now = Timestamp::from_secs(3000);
    let (secret, fresh) = (rfc_secret(), factor(rfc_secret(), 0));
    let current = fresh.used(&secret.code(now), now).unwrap();
    assert_eq!((current.last_step, current.last_used_at), (100, Some(now)));
    assert_eq!(current.used(&secret.code(now), now), None);
    assert_eq!(current.used(&secret.code(Timestamp::from_secs(2970)), now), None);
    let next = current.used(&secret.code(Timestamp::from_secs(3030)), now).unwrap();
    assert_eq!(next.last_step, 101);
}

#[test]
fn random_codes_are_wrong() {
    let (ctx, now) = (ctx(7), Timestamp::from_secs(1_800_000_000));
    let secret = rfc_secret();
    let right: Vec<String> =
        [-30, 0, 30].map(|by| secret.code(Timestamp::from_secs(now.secs() + by)).to_string()).to_vec();
    for _ in 0..10_000 {
        let number = u32::from_be_bytes(random::bytes(ctx.random())) % 1_000_000;
        let code = format!("{number:06}");
        assert_eq!(secret.step_of(&code, now, None).is_some(), right.contains(&code), "{code}");
    }
    for malformed in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
        assert_eq!(secret.step_of(malformed, now, None), None);
    }
}

#[test]
fn the_secret_of_an_enrolment_is_its_own() {
    let enrolment =
        |seed| Challenge::new(&ctx(seed), &realm("User1"), Purpose::Enrolment, &user(), Duration::from_secs(600));
    let (here, there) = (keys("User1", 1), keys("User2", 1));
    let secret = TotpSecret::derive(&here, &enrolment(1));
    assert_eq!(secret, TotpSecret::derive(&here, &enrolment(1)));
    let other = Challenge { subject: UserId::parse("jane").unwrap(), ..enrolment(1) };
    for other in [TotpSecret::derive(&here, &enrolment(2)), TotpSecret::derive(&there, &enrolment(1))] {
        assert!(secret != other);
    }
    assert!(secret != TotpSecret::derive(&here, &other));
}

#[test]
fn the_uri_of_a_secret_has_the_format_of_apps() {
    let uri = rfc_secret().uri("Acme Notes", "ada@example.com").unwrap();
    assert!(!format!("{uri:?}").contains("otpauth"), "it contains the secret");
    let uri = uri.expose_secret();
    assert_eq!(
        uri,
        "otpauth://totp/Acme%20Notes:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20Notes"
    );
    assert!(
        rfc_secret()
            .uri("Acme: Notes", "ada@example.com")
            .unwrap()
            .expose_secret()
            .starts_with("otpauth://totp/Acme%20%20Notes:")
    );
}

#[test]
fn ten_recovery_codes_of_75_bits_are_each_used_once() {
    let (mut codes, texts) = RecoveryCodes::new(&ctx(1), &user(), 1);
    let texts: Vec<String> = texts.expose().map(str::to_owned).collect();
    assert_eq!(texts.iter().collect::<HashSet<_>>().len(), 10);
    for (used, text) in texts.iter().enumerate() {
        let shape: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(shape, [5, 5, 5]);
        assert!(text.chars().all(|c| "0123456789abcdefghjkmnpqrstvwxyz-".contains(c)), "{text}");
        let typed = FactorCode::parse(text, None).unwrap().recovery_code().unwrap();
        let left = codes.without(&typed).unwrap();
        assert_eq!(left.left(), 9 - used);
        assert!(left.without(&typed).is_none());
        codes = left;
    }
    assert_eq!(format!("{:?}", RecoveryCodes::new(&ctx(1), &user(), 1).1), "NewRecoveryCodes(…)");
}

#[test]
fn codes_are_read_as_people_type_them() {
    let recovery = |raw| FactorCode::parse(raw, None)?.recovery_code().map(|code| code.to_string());
    assert_eq!(recovery("OIL23-abcde-FGH45").as_deref(), Some("01123abcdefgh45"));
    assert_eq!(recovery(" oil23 abcde fgh45 ").as_deref(), Some("01123abcdefgh45"));
    assert_eq!(recovery("oil23-abcde-fgh4"), None);
    let sms = |raw, named, has_totp| FactorCode::parse(raw, named).is_some_and(|code| code.sms(has_totp).is_some());
    assert!(sms("123 456", Some("sms"), true) && sms("123456", None, false));
    assert!(!sms("123456", None, true) && !sms("123456", Some("totp"), false) && !sms("12345", Some("sms"), false));
    let totp = |raw, named| FactorCode::parse(raw, named).and_then(|code| code.totp().map(str::to_owned));
    assert_eq!(totp("123 456", None).as_deref(), Some("123456"));
    assert_eq!(totp("123-456", Some("totp")).as_deref(), Some("123456"));
    assert_eq!(totp("123456", Some("recovery_code")), None);
    assert_eq!(totp("١٢٣٤٥٦", None), None);
    assert_eq!(totp("12345", None), None);
    assert!(FactorCode::parse("123456", Some("smoke")).is_none());
    assert!(FactorCode::parse(&"1".repeat(129), None).is_none());
    assert!(FactorCode::parse("01123abcdefgh45", Some("totp")).unwrap().recovery_code().is_none());
}

#[test]
fn what_is_stored_opens_as_it_was() {
    let (ctx, keys, realm) = (ctx(1), keys("User1", 1), realm("User1"));
    let (key, _) = keys.new_data_key(&ctx, &user());
    let totp = TotpFactor { last_used_at: Some(Timestamp::from_secs(9)), ..factor(rfc_secret(), 4) };
    let row = totp.seal(&ctx, &realm, RecordKeys::Owner(&key));
    assert_eq!(TotpFactor::open(&row, RecordKeys::Owner(&key)), Ok(totp));
    let (codes, _) = RecoveryCodes::new(&ctx, &user(), 1);
    let row = codes.seal(&ctx, &realm, RecordKeys::Owner(&key));
    assert_eq!(RecoveryCodes::open(&row, RecordKeys::Owner(&key)), Ok(codes));

    let ticket = Challenge::beginning(&ctx, &realm, Purpose::Ticket, &user(), Duration::from_secs(300));
    let step_up = TicketPurpose::StepUp {
        session: SessionId::parse("session").unwrap(),
        assurance: Assurance::TwoFactors,
        renews: true,
        scopes: Scopes::parse("openid email"),
    };
    for purpose in [TicketPurpose::Login, TicketPurpose::Enrolment, step_up] {
        let password_set_at = Timestamp::from_secs(3);
        let note = TicketNote { purpose, proved: vec![Amr::Password], identity: None, password_set_at };
        let noted = Challenge { note: Some(note.seal(&ctx, &key, &ticket).unwrap()), ..ticket.clone() };
        assert_eq!(TicketNote::open(&key, &noted).unwrap(), note);
        let other = Challenge::beginning(&ctx, &realm, Purpose::Ticket, &user(), Duration::from_secs(300));
        assert!(TicketNote::open(&key, &Challenge { note: noted.note.clone(), ..other }).is_err());
        assert!(AddedFactor::open(&key, &noted).is_err());
    }
    let added = AddedFactor { kind: RecordKind::Totp, id: FactorId::parse("factor").unwrap() };
    let noted = Challenge { note: Some(added.seal(&ctx, &key, &ticket).unwrap()), ..ticket };
    assert_eq!(AddedFactor::open(&key, &noted).unwrap(), added);
}
