//! Row D38: a provider that fails or hangs delays neither requests nor emails.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{DEAD, is_rejected};
use crate::{
    origin_defects::{
        UNLIMITED,
        program::{Visitor, start, with_mail},
    },
    sms::{
        FROM, Outlets, PHONE, give,
        twilio::{AUTH_TOKEN, Behaviour, SID, Twilio},
    },
    support::{
        Person, json, problem,
        smtp::{Options, SmtpServer},
    },
};

#[tokio::test]
async fn d38_a_provider_that_fails_or_hangs_holds_up_no_request() {
    let outlets = Outlets::open(&[("MAIL_TIMEOUT", "30s")]).await;
    let john = outlets.join(Person::new("john@example.com")).await;
    outlets.twilio.behave(Behaviour::Refuse { status: 500, code: None });
    let first = outlets.ask(&john.id, PHONE).await;
    outlets.app.pump().await;
    outlets.twilio.behave(Behaviour::Hang);
    let requests = async {
        let handle = outlets.ask(&john.id, PHONE).await;
        is_rejected(&outlets.app, &first, "123456", DEAD).await;
        for number in 0..20 {
            let jane = Person::new(&format!("jane{number}@example.com")).register(&outlets.app).await;
            problem(outlets.app.login("User1", &jane.email, &jane.password).await, 403).await;
        }
        handle
    };
    // Requested first, so that the provider already hangs.
    outlets.ask(&john.id, PHONE).await;
    let handle = tokio::select! {
        _ = outlets.app.pump() => panic!("the provider answered"),
        handle = requests => handle,
    };
    // Later codes are still delivered.
    outlets.twilio.behave(Behaviour::Accept);
    outlets.app.advance(Duration::from_secs(120));
    let code = outlets.code().await;
    json(give(&outlets.app, &handle, &code).await, 200).await;
}

/// Workers that are waiting for the provider must not be the ones that deliver emails.
#[tokio::test]
async fn d38_a_provider_that_hangs_holds_up_no_mail() {
    let (twilio, smtp) = (Twilio::start().await, SmtpServer::start(Options::default()).await);
    let url = twilio.url();
    let mut program = with_mail(
        &smtp,
        &[
            ("MAIL_TIMEOUT", "30s"),
            ("TWILIO_SID", SID),
            ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
            ("TWILIO_NUMBER", FROM),
            ("TWILIO_API_URL", &url),
            UNLIMITED,
        ],
    );
    start(&mut program).await;
    let visitor = Visitor::of(&program);
    let mut ids = Vec::new();
    for number in 0..8 {
        let person = Person::new(&format!("person{number}@example.com"));
        visitor.join(&smtp, &person).await;
        let token = visitor.log_in(&person).await;
        ids.push(json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].clone());
    }
    twilio.behave(Behaviour::Hang);
    for id in ids {
        let ask = visitor.request(Method::POST, "/User1/otp_phone").json(&json!({ "id": id, "phone": PHONE }));
        json(ask.send().await.unwrap(), 200).await;
    }
    while twilio.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    visitor.join(&smtp, &Person::new("newcomer@example.com")).await;
}
