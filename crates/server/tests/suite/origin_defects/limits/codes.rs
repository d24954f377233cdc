//! Rows D28 and D33: SMS codes are limited per client, account, number and country.

use reqwest::{Method, Response};
use serde_json::{Value, json as value};

use super::{HOUR, MINUTE, SECOND, client};
use crate::{
    limits::{ENFORCED, from, retry_after},
    origin_defects::{
        answer::{Answer, assert_alike},
        together,
    },
    sms::{Outlets, PHONE, give, is_proved, renumber},
    support::{Person, TestApp, json, problem},
};

/// Settings without client limits.
const ANY_CLIENT: &[(&str, &str)] = &[("LIMIT_MAILS_CLIENT", "10000/1h"), ("LIMIT_OTP_CLIENT", "10000/1h")];

/// Requests a code as this client.
async fn ask(app: &TestApp, number: usize, id: &str, phone: &str) -> Response {
    let request = app.request(Method::POST, "/User1/otp_phone").json(&value!({ "id": id, "phone": phone }));
    from(&client(number), request).send().await.unwrap()
}

/// Requests a code as this client, and returns the handle.
async fn handle(app: &TestApp, number: usize, id: &str, phone: &str) -> String {
    json(ask(app, number, id, phone).await, 200).await["otp"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn d28_requests_for_code_after_code_allow_twenty_five_guesses_a_day() {
    let mut outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let mut guesses = 0;
    for hour in 0..24 {
        let sent = outlets.twilio.messages().len();
        let handle = handle(&outlets.app, hour, &john.id, PHONE).await;
        let code = outlets.code().await;
        if outlets.twilio.messages().len() == sent {
            // Nothing was sent for this handle, so the latest code is wrong too.
            problem(give(&outlets.app, &handle, &code).await, 400).await;
        } else {
            for number in 1..=5 {
                let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + number) % 1_000_000);
                assert_eq!(problem(give(&outlets.app, &handle, &wrong).await, 400).await["code"], "otp.wrong");
                guesses += 1;
            }
            assert_eq!(problem(give(&outlets.app, &handle, &code).await, 400).await["code"], "otp.invalid");
        }
        outlets.app.advance(HOUR - SECOND);
        if hour == 2 {
            outlets.app = outlets.app.restart().await;
        }
    }
    assert_eq!(guesses, 25);
    outlets.app.advance(MINUTE);
    let handle = handle(&outlets.app, 99, &john.id, PHONE).await;
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
    assert!(is_proved(&outlets.app, &john).await, "the limits of the next day are fresh");
}

#[tokio::test]
async fn d28_a_number_is_sent_five_codes_a_day_however_many_accounts_have_it() {
    let outlets = Outlets::open(ENFORCED).await;
    let mut people = Vec::new();
    for number in 0..8 {
        people.push(outlets.join(Person::new(&format!("person{number}@example.com"))).await);
    }
    for (number, person) in people.iter().cycle().take(24).enumerate() {
        handle(&outlets.app, number, &person.id, PHONE).await;
        outlets.app.pump().await;
        outlets.app.advance(2 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d28_an_account_is_sent_five_codes_a_day_however_many_numbers_it_has() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let store = outlets.app.store().await;
    for number in 0..8 {
        let phone = format!("+12345678{number:02}");
        renumber(&outlets.app, &*store, &john, &phone).await;
        handle(&outlets.app, number, &john.id, &phone).await;
        outlets.app.pump().await;
        outlets.app.advance(2 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d33_of_a_code_asked_for_every_ten_minutes_five_messages_leave_in_a_day() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for number in 0..144 {
        handle(&outlets.app, number, &john.id, PHONE).await;
        outlets.app.pump().await;
        outlets.app.advance(10 * MINUTE);
    }
    assert_eq!(outlets.twilio.messages().len(), 5);
}

#[tokio::test]
async fn d33_a_client_asks_for_ten_codes_an_hour_for_all_accounts_together() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    for number in 0..10 {
        let answer = ask(&outlets.app, 1, &john.id, &format!("+12345678{number:02}")).await;
        assert_eq!(answer.headers()["ratelimit-policy"], "\"otp\";q=10;w=3600");
        json(answer, 200).await;
    }
    let refused = ask(&outlets.app, 1, "unknown", PHONE).await;
    assert_eq!(retry_after(&refused), 3600);
    problem(refused, 429).await;
    problem(ask(&outlets.app, 1, &john.id, PHONE).await, 429).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 0);
    json(ask(&outlets.app, 2, &john.id, PHONE).await, 200).await;
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}

#[tokio::test]
async fn d33_codes_asked_for_at_one_moment_pass_neither_the_budget_of_a_country_nor_that_of_all() {
    let budgets = [("LIMIT_SMS_COUNTRY", "4/24h"), ("LIMIT_SMS_TOTAL", "6/24h")];
    let outlets = Outlets::open(&[ENFORCED, ANY_CLIENT, &budgets].concat()).await;
    let mut requests = Vec::new();
    for number in 0..24 {
        // Numbers of two countries alternate, one for each user.
        let phone = if number % 2 == 0 { format!("+12345678{number:02}") } else { format!("+4479111234{number:02}") };
        let person = outlets.join_with(Person::new(&format!("person{number}@example.com")), &phone).await;
        let body = value!({ "id": person.id, "phone": phone }).to_string();
        requests.push(together::post("/User1/otp_phone", "application/json", &body));
    }
    let statuses = together::statuses(&outlets.app.base, requests).await;
    assert_eq!(statuses, [200; 24]);
    outlets.app.pump().await;
    let sent: Vec<_> = outlets.twilio.messages().into_iter().map(|message| message.to).collect();
    let to = |prefix: &str| sent.iter().filter(|number| number.starts_with(prefix)).count();
    assert!(sent.len() == 6 && to("+1") <= 4 && to("+44") <= 4, "{sent:?}");
}

#[tokio::test]
async fn d33_code_requests_beyond_a_limit_get_the_same_response_for_every_account() {
    let outlets = Outlets::open(ENFORCED).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    let pending = Person::new("pending@example.com").register(&outlets.app).await;
    let mut answers = Vec::new();
    for (who, id, phone) in [
        ("his own number", &*john.id, PHONE),
        ("a number without an account", &*john.id, "+1234567891"),
        ("a registration that waits", &*pending.id, PHONE),
        ("an unknown id", "unknown", PHONE),
    ] {
        for number in 0..8 {
            let answer = Answer::of(ask(&outlets.app, answers.len(), id, phone).await).await;
            let handle = serde_json::from_str::<Value>(&answer.body).unwrap()["otp"].as_str().unwrap().to_owned();
            answers.push((format!("{who}, {number}"), answer.without(&handle)));
        }
    }
    assert_alike(&answers);
    outlets.app.pump().await;
    assert_eq!(outlets.twilio.messages().len(), 1);
}
