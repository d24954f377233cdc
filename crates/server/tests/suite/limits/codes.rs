//! SMS codes are limited per account, number and country, and by a budget.

use reqwest::Method;
use serde_json::json as value;

use super::{DAY, ENFORCED, HOUR, MINUTE, from};
use crate::{
    sms::{Outlets, PHONE, twilio::Behaviour},
    support::{Log, Person, json, problem},
};

#[tokio::test]
async fn an_account_and_a_number_are_sent_one_code_a_minute_and_five_a_day() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let other = outlets.join(Person::new("jane@example.com")).await;
    let mut number = 0;
    let mut ask = async |id: &str| {
        number += 1;
        let request = outlets.app.request(Method::POST, "/User1/otp_phone").json(&value!({ "id": id, "phone": PHONE }));
        let answer = from(&format!("10.4.0.{number}"), request).send().await.unwrap();
        json(answer, 200).await["otp"].as_str().unwrap().to_owned()
    };
    let first = ask(&john.id).await;
    let code = outlets.code().await;
    // No second message is sent, not even for another account with the same number. The first code remains valid.
    let second = ask(&john.id).await;
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
    let give = async |handle: &str| {
        outlets.app.get(&format!("/User1/verify_otp_phone?token={handle}&otp={code}")).await.status().as_u16()
    };
    assert_eq!(give(&second).await, 400, "a handle without a message is never valid");
    assert_eq!(give(&first).await, 200);
    for sent in 2..=5 {
        outlets.app.advance(MINUTE);
        ask(&john.id).await;
        outlets.app.pump().await;
        assert_eq!(outlets.twilio.messages().len(), sent);
    }
    outlets.app.advance(HOUR);
    ask(&john.id).await;
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 5);
    outlets.app.advance(DAY);
    ask(&other.id).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 6);
}

#[tokio::test]
async fn a_handle_beyond_the_limit_expires_like_any_other() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    let beyond = outlets.ask(&john.id, PHONE).await;
    let tries = async || {
        let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={beyond}&otp=000000")).await;
        problem(answer, 400).await["code"].as_str().unwrap().to_owned()
    };
    for _ in 0..5 {
        assert_eq!(tries().await, "otp.wrong");
    }
    assert_eq!(tries().await, "otp.invalid");
}

#[tokio::test]
async fn a_country_whose_codes_are_not_entered_gets_no_more() {
    let settings =
        [ENFORCED, &[("SMS_STOP_AFTER", "4"), ("SMS_STOP_PERCENT", "50"), ("LIMIT_OTP_ACCOUNT", "100/1m")]].concat();
    let outlets = Outlets::open(&settings).await;
    let toll = "+447911123456";
    let mut people = Vec::new();
    for name in ["ada", "bob"] {
        people.push(outlets.join_with(Person::new(&format!("{name}@example.com")), toll).await);
    }
    let (log, _guard) = Log::of_this_thread();
    let stranger = outlets.join_with(Person::new("eve@example.com").of("User2"), toll).await;
    // From four networks, which is not enough: addresses of one IPv6 site are counted once.
    let ask = async |person: &Person, client: &str| {
        let body = value!({ "id": person.id, "phone": toll });
        let request = outlets.app.request(Method::POST, &person.path("otp_phone")).json(&body);
        let answer = json(from(client, request).send().await.unwrap(), 200).await;
        assert_eq!(answer["message"], "OTP generated successfully");
        outlets.app.pump().await;
        outlets.twilio.messages().len()
    };
    let networks = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8:1:1::1", "2001:db8:1:2::1", "2001:db8:1:3::1"];
    for (n, client) in networks.into_iter().enumerate() {
        assert_eq!(ask(&people[n % 2], client).await, n + 1);
    }
    assert_eq!(ask(&people[0], "192.0.2.5").await, 7, "the fifth network");
    for client in ["192.0.2.6", "192.0.2.7", "192.0.2.1"] {
        assert_eq!(ask(&people[1], client).await, 7, "the response is the usual one, and nothing is sent");
    }
    let stops = || log.text().matches("sms to country suspended").count();
    assert_eq!(stops(), 1, "{}", log.text());
    // Another realm and other countries are not affected.
    assert_eq!(ask(&stranger, "192.0.2.1").await, 8);
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 9);
    outlets.app.advance(DAY);
    assert_eq!(ask(&people[0], "192.0.2.1").await, 10);
}

#[tokio::test]
async fn twenty_mailboxes_of_one_attacker_stop_no_country() {
    let settings = [ENFORCED, &[("LIMIT_OTP_CLIENT", "100/1h"), ("LIMIT_MAILS_CLIENT", "100/1h")]].concat();
    let outlets = Outlets::open(&settings).await;
    for n in 0..22 {
        let phone = format!("+4479111234{n:02}");
        let person = outlets.join_with(Person::new(&format!("person{n}@example.com")), &phone).await;
        outlets.ask(&person.id, &phone).await;
        outlets.app.pump().await;
    }
    assert_eq!(outlets.twilio.messages().len(), 22);
}

#[tokio::test]
async fn each_realm_has_a_budget_of_its_own() {
    for budget in ["LIMIT_SMS_TOTAL", "LIMIT_SMS_COUNTRY"] {
        let outlets = Outlets::open(&[ENFORCED, &[(budget, "1/24h"), ("LIMIT_OTP_ACCOUNT", "9/1m")]].concat()).await;
        for (realm, sent) in [("User1", 1), ("User2", 2)] {
            let john = outlets.join(Person::new("john@example.com").of(realm)).await;
            for _ in 0..2 {
                let body = value!({ "id": john.id, "phone": PHONE });
                json(outlets.app.post_json(&john.path("otp_phone"), body).await, 200).await;
                outlets.app.pump().await;
                assert_eq!(outlets.twilio.messages().len(), sent, "{budget}");
            }
        }
    }
}

#[tokio::test]
async fn an_address_that_is_not_proved_gets_no_sms() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = Person::new("john@example.com").register(&outlets.app).await;
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    assert!(outlets.twilio.messages().is_empty());
}

/// Settings that evaluate a country after two codes.
const STOPPED_AFTER_TWO: &[(&str, &str)] =
    &[("SMS_STOP_AFTER", "2"), ("SMS_STOP_PERCENT", "50"), ("LIMIT_OTP_ACCOUNT", "100/1m")];

#[tokio::test]
async fn codes_that_the_provider_never_took_stop_no_country() {
    let outlets = Outlets::open(&[ENFORCED, STOPPED_AFTER_TWO].concat()).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 400, code: Some(21_608) });
    for _ in 0..4 {
        outlets.ask(&john.id, PHONE).await;
        outlets.app.pump().await;
    }
    assert_eq!(outlets.twilio.messages().len(), 0);
    outlets.twilio.behave(Behaviour::Accept);
    outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

#[tokio::test]
async fn entered_codes_keep_a_country_enabled() {
    let outlets = Outlets::open(&[ENFORCED, STOPPED_AFTER_TWO].concat()).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for sent in 1..=6 {
        let handle = outlets.ask(&john.id, PHONE).await;
        let code = outlets.code().await;
        assert_eq!(outlets.twilio.messages().len(), sent);
        let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={handle}&otp={code}")).await;
        assert_eq!(answer.status(), 200);
    }
}

#[tokio::test]
async fn the_budget_of_sms_is_never_passed_also_across_a_restart() {
    let settings =
        [ENFORCED, &[("LIMIT_SMS_TOTAL", "3/24h"), ("LIMIT_OTP_ACCOUNT", "100/1m"), ("LIMIT_OTP_CLIENT", "100/1h")]]
            .concat();
    let mut outlets = Outlets::open(&settings).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for _ in 0..2 {
        outlets.ask(&john.id, PHONE).await;
    }
    outlets.app.pump().await;
    outlets.app = outlets.app.restart().await;
    for _ in 0..5 {
        outlets.ask(&john.id, PHONE).await;
    }
    outlets.app.pump().await;
    assert!(outlets.twilio.messages().len() <= 3);
    // Requests for the number of another account cost nothing.
    outlets.app.advance(DAY);
    for _ in 0..5 {
        outlets.ask(&john.id, "+1987654321").await;
    }
    outlets.ask(&john.id, PHONE).await;
    let sent = outlets.twilio.messages().len();
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), sent + 1);
}

/// Returns whether the first handle still counts attempts after a second one was requested.
async fn first_lives(outlets: &Outlets, id: &str, phone: &str) -> bool {
    let first = outlets.ask(id, phone).await;
    outlets.ask(id, phone).await;
    let answer = outlets.app.get(&format!("/User1/verify_otp_phone?token={first}&otp=000000")).await;
    problem(answer, 400).await["code"] == "otp.wrong"
}

#[tokio::test]
async fn no_handle_reveals_whether_a_number_belongs_to_an_account_even_beyond_the_budget() {
    for used_up in [("LIMIT_SMS_TOTAL", "1/24h"), ("LIMIT_SMS_COUNTRY", "1/24h"), ("SMS_STOP_AFTER", "1")] {
        let plenty = ("LIMIT_OTP_ACCOUNT", "100/1m");
        let settings =
            [ENFORCED, &[plenty, ("LIMIT_OTP_CLIENT", "100/1h"), ("SMS_STOP_PERCENT", "50"), used_up]].concat();
        let outlets = Outlets::open(&settings).await;
        let john = outlets.join(Person::new("john@example.com")).await;
        for n in 1..=5 {
            let body = value!({ "id": john.id, "phone": PHONE });
            let request = outlets.app.request(Method::POST, "/User1/otp_phone").json(&body);
            json(from(&format!("192.0.2.{n}"), request).send().await.unwrap(), 200).await;
            outlets.app.pump().await;
        }
        let sent = outlets.twilio.messages().len();
        let (owned, unowned) =
            (first_lives(&outlets, &john.id, PHONE).await, first_lives(&outlets, &john.id, "+1234567899").await);
        assert_eq!(owned, unowned, "{used_up:?}");
        outlets.app.pump().await;
        assert_eq!(outlets.twilio.messages().len(), sent, "{used_up:?}");
    }
}
