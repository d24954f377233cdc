//! If no code can be sent, all requests get the same response.

use super::{OTHER, Outlets, PHONE, ask, refusal};
use crate::support::{
    Person, TestApp, json, problem,
    smtp::{Options, SmtpServer},
};

#[tokio::test]
async fn a_code_goes_to_no_country_but_those_that_are_named() {
    let outlets = Outlets::open(&[("SMS_COUNTRIES", "DE,US")]).await;
    let mut seen = Vec::new();
    // Canada, St Kitts and an unassigned area code share +1; +44 7624 is the Isle of Man; +882 belongs to no country.
    let elsewhere = ["+12045550100", "+18695550100", "+1999555010", "+447624000000", "+33612345678", "+88213000000"];
    let named = ["+1234567890", "+4915799887766"];
    for (number, phone) in elsewhere.iter().chain(&named).enumerate() {
        let person = outlets.join_with(Person::new(&format!("person{number}@example.com")), phone).await;
        let response = ask(&outlets.app, &person.id, phone).await;
        let mut headers: Vec<_> = response.headers().keys().map(ToString::to_string).collect();
        headers.sort_unstable();
        let answer = json(response, 200).await;
        assert_eq!(answer["otp"].as_str().unwrap().len(), 43);
        seen.push((headers, answer["message"].clone(), answer.as_object().unwrap().len()));
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    outlets.wait(60).await;
    let to: Vec<_> = outlets.twilio.messages().into_iter().map(|message| message.to).collect();
    assert_eq!(to, named);
}

#[tokio::test]
async fn without_a_provider_every_request_is_rejected_alike() {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let mail = [("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")];
    // The placeholders of the original service's example are treated as not set.
    let placeholders = [
        ("TWILIO_SID", "your-twilio-sid"),
        ("TWILIO_AUTH_TOKEN", "your-twilio-auth-token"),
        ("TWILIO_NUMBER", "your-twilio-phone-number"),
    ];
    for more in [&[][..], &placeholders] {
        let app = TestApp::with(&[&mail[..], more].concat()).await;
        let john = Person::new("john@example.com").register(&app).await;
        app.pump().await;
        let links = smtp.messages().pop().unwrap().links();
        assert_eq!(app.open(links.iter().find(|link| link.contains("/verify?")).unwrap()).await.status(), 200);
        let mut refusals = Vec::new();
        for (id, phone) in [(john.id.as_str(), PHONE), (&john.id, OTHER), ("unknown", PHONE)] {
            let response = ask(&app, id, phone).await;
            assert!(response.headers().contains_key("retry-after"));
            refusals.push(refusal(response, 503).await);
        }
        assert_eq!(refusals[0]["code"], "sms.unavailable");
        assert!(refusals.iter().all(|refusal| *refusal == refusals[0]), "{refusals:?}");
        problem(ask(&app, &john.id, "12").await, 422).await;
    }
}
