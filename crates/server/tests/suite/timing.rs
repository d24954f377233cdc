//! Whether an account exists cannot be told by the time of an answer: pairs in turn, judged by the area under the ROC curve,
//! which is one half where nothing can be told and one where everything can.

use std::time::Instant;

use portcullis_core::random::{Random, SeededRandom};
use reqwest::{Client, RequestBuilder};
use serde_json::json as value;

use crate::support::{
    Person, json,
    process::{Program, client},
    smtp::{Behaviour, Options, SmtpServer},
};

/// So many of each.
const PAIRS: usize = 400;
/// More can be told than the noise of a few hundred pairs.
const MOST: f64 = 0.6;

const SETTINGS: &[(&str, &str)] = &[
    // As cheap as it gets: a dear hash would hide what there is to see.
    ("ARGON2_MEMORY_KIB", "64"),
    ("ARGON2_ITERATIONS", "1"),
    ("HASH_QUEUE", "1000"),
    ("RATE_LIMIT_MODE", "off"),
    ("TWILIO_SID", "AC00000000000000000000000000000000"),
    ("TWILIO_AUTH_TOKEN", "no-token"),
    ("TWILIO_NUMBER", "+15005550006"),
    ("TWILIO_API_URL", "http://127.0.0.1:9"),
    ("MAIL_SERVER", "127.0.0.1"),
    ("MAIL_STARTTLS", "off"),
];

async fn micros(request: RequestBuilder) -> f64 {
    let request = request.build().unwrap();
    let http = client_of_thread();
    let begun = Instant::now();
    let answer = http.execute(request).await.unwrap();
    let status = answer.status().as_u16();
    answer.bytes().await.unwrap();
    let took = begun.elapsed().as_secs_f64() * 1e6;
    assert!([200, 401].contains(&status), "{status}");
    took
}

fn client_of_thread() -> Client {
    thread_local!(static CLIENT: Client = client());
    CLIENT.with(Clone::clone)
}

/// How often a known one takes longer than an unknown one; half of the ties count.
fn auc(known: &[f64], unknown: &[f64]) -> f64 {
    let above: f64 = known
        .iter()
        .map(|one| {
            unknown
                .iter()
                .map(|other| {
                    if one > other {
                        1.0
                    } else if one < other {
                        0.0
                    } else {
                        0.5
                    }
                })
                .sum::<f64>()
        })
        .sum();
    let area = above / (known.len() * unknown.len()) as f64;
    area.max(1.0 - area)
}

#[allow(clippy::print_stdout, reason = "the figures of the soak")]
fn tell(figures: &str) {
    println!("{figures}");
}

/// Asks about known and unknown ones in a random order.
async fn compare(what: &str, ask: impl AsyncFn(bool, usize) -> RequestBuilder) {
    let random = SeededRandom::new(7);
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS + 20 {
        let mut coin = [0];
        random.fill(&mut coin);
        for is_known in [coin[0] % 2 == 0, coin[0] % 2 != 0] {
            let took = micros(ask(is_known, number).await).await;
            // The first ones warm things up.
            if number >= 20 {
                if is_known { known.push(took) } else { unknown.push(took) }
            }
        }
    }
    let area = auc(&known, &unknown);
    tell(&format!("{what}: AUC {area:.3} over {PAIRS} pairs"));
    assert!(area <= MOST, "{what}: {area:.3}");
}

async fn nothing_is_told_by_time(behaviour: Behaviour) {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let program = Program::start(&[SETTINGS, &[("MAIL_PORT", &*port)]].concat()).await;
    let http = client();
    let mut ids = Vec::new();
    for number in 0..4 {
        let person = Person::new(&format!("known{number}@example.com"));
        let created = http.post(program.url("/User1/create")).json(&person.form()).send().await.unwrap();
        ids.push(json(created, 200).await["id"].as_str().unwrap().to_owned());
        let message = smtp.wait_for(2 * number + 1).await.pop().unwrap();
        let link = message.links().into_iter().find(|link| link.contains("/verify?token=")).unwrap();
        assert_eq!(http.get(&link).header("Accept", "application/json").send().await.unwrap().status(), 200);
        smtp.wait_for(2 * number + 2).await;
    }
    let what = format!("mail server: {behaviour:?}");
    smtp.behave(behaviour);
    let email = |is_known: bool, number: usize| {
        if is_known { format!("known{}@example.com", number % 4) } else { format!("other{number}@example.com") }
    };
    compare(&format!("login, {what}"), async |is_known, number| {
        http.post(program.url("/User1/login"))
            .form(&[("username", email(is_known, number)), ("password", "wrong-wrong".to_owned())])
    })
    .await;
    compare(&format!("forget_password, {what}"), async |is_known, number| {
        http.post(program.url("/User1/forget_password")).json(&value!({ "email": email(is_known, number) }))
    })
    .await;
    compare(&format!("create, {what}"), async |is_known, number| {
        // A taken address has a registration beside it after the first time: as has a free one that is asked for again.
        let email = if is_known { email(true, number) } else { format!("again{}@example.com", number % 4) };
        http.post(program.url("/User1/create")).json(&Person::new(&email).form())
    })
    .await;
    compare(&format!("otp_phone, {what}"), async |is_known, number| {
        let id = if is_known {
            ids[number % 4].clone()
        } else {
            portcullis_core::id::UserId::of([number as u8; 16]).to_string()
        };
        http.post(program.url("/User1/otp_phone")).json(&value!({ "id": id, "phone": "+1234567890" }))
    })
    .await;
}

#[tokio::test]
#[ignore = "soak"]
async fn no_answer_tells_by_its_time_whether_there_is_an_account() {
    nothing_is_told_by_time(Behaviour::Accept).await;
}

#[tokio::test]
#[ignore = "soak"]
async fn the_same_holds_while_no_mail_can_be_sent() {
    nothing_is_told_by_time(Behaviour::Refuse).await;
}
