//! Neither the response time of a request nor that of subsequent requests reveals whether an account exists.
//! Pairs are measured alternately and evaluated by the area under the ROC curve, which is 0.5 if the times cannot be
//! distinguished and 1 if they always can. A separate thread receives the emails, which may be sent during a
//! measurement.

mod factors;
mod sealer;

use std::time::Instant;

use portcullis_core::{
    id::UserId,
    random::{Random, SeededRandom},
};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json as value};

use crate::support::{
    Person,
    database::Database,
    json,
    process::{Program, client},
    smtp::{Behaviour, Options, SmtpServer},
};

/// Number of measured pairs, and of preceding pairs for warming up.
const PAIRS: usize = 400;
const WARM: usize = 20;
/// Number of probes sent immediately after each request. They are delayed by work that the request has left behind.
const PROBES: usize = 20;
/// Maximum area that can be explained by the noise of a few hundred pairs.
const MAX: f64 = 0.6;

const SETTINGS: &[(&str, &str)] = &[
    // The cheapest hash, because an expensive one would hide the differences.
    ("ARGON2_MEMORY_KIB", "64"),
    ("ARGON2_ITERATIONS", "1"),
    ("HASH_QUEUE", "1000"),
    // Each request comes from another client.
    ("RATE_LIMIT_MODE", "enforce"),
    ("TRUSTED_PROXIES", "127.0.0.1"),
    ("LIMIT_OTP_ACCOUNT", "100/1h"),
    ("LIMIT_SMS_TOTAL", "100000/24h"),
    ("LIMIT_SMS_COUNTRY", "100000/24h"),
    ("TWILIO_SID", "AC00000000000000000000000000000000"),
    ("TWILIO_AUTH_TOKEN", "no-token"),
    ("TWILIO_NUMBER", "+15005550006"),
    ("TWILIO_API_URL", "http://127.0.0.1:9"),
    ("MAIL_SERVER", "127.0.0.1"),
    ("MAIL_STARTTLS", "off"),
];

async fn micros(request: RequestBuilder, statuses: &[u16]) -> f64 {
    let request = request.build().unwrap();
    let http = client_of_thread();
    let begun = Instant::now();
    let answer = http.execute(request).await.unwrap();
    let status = answer.status().as_u16();
    answer.bytes().await.unwrap();
    let took = begun.elapsed().as_secs_f64() * 1e6;
    assert!(statuses.contains(&status), "{status}");
    took
}

/// Response times of known and unknown accounts, in microseconds.
#[derive(Default)]
struct Times {
    known: Vec<f64>,
    unknown: Vec<f64>,
}

impl Times {
    fn push(&mut self, is_known: bool, took: f64) {
        if is_known { self.known.push(took) } else { self.unknown.push(took) }
    }

    fn judge(&self, what: &str) -> f64 {
        let area = auc(&self.known, &self.unknown);
        let [known, unknown] = [&self.known, &self.unknown].map(|times| median(times));
        tell(&format!("{what}: AUC {area:.3} over {PAIRS} pairs; medians {known:.0} and {unknown:.0} us"));
        area
    }
}

fn client_of_thread() -> Client {
    thread_local!(static CLIENT: Client = client());
    CLIENT.with(Clone::clone)
}

/// Returns the share of pairs in which the known address takes longer than the unknown one. Ties count half.
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

fn median(times: &[f64]) -> f64 {
    let mut times = times.to_vec();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[allow(clippy::print_stdout, reason = "the figures of the soak")]
fn tell(figures: &str) {
    println!("{figures}");
}

/// Sends requests for known and unknown accounts in random order, and probes the server after each.
async fn compare(program: &Program, what: &str, ask: impl AsyncFn(bool, usize) -> RequestBuilder) {
    let random = SeededRandom::new(7);
    let (mut answers, mut probes) = (Times::default(), Times::default());
    for number in 0..WARM + PAIRS {
        let mut coin = [0];
        random.fill(&mut coin);
        for is_known in [coin[0] % 2 == 0, coin[0] % 2 != 0] {
            let client = format!("10.{}.{}.{}", u8::from(is_known), number / 256, number % 256);
            let request = ask(is_known, number).await.header("X-Forwarded-For", client);
            let answer = micros(request, &[200, 400, 401]).await;
            let mut probed = 0.0;
            for _ in 0..PROBES {
                probed += micros(client_of_thread().get(program.url("/livez")), &[200]).await;
            }
            if number >= WARM {
                answers.push(is_known, answer);
                probes.push(is_known, probed);
            }
        }
    }
    let area = answers.judge(what).max(probes.judge(&format!("{what}, the next {PROBES} requests")));
    assert!(area <= MAX, "{what}: {area:.3}");
}

/// Each address is requested once, as by an attacker with a list.
fn email_of(is_known: bool, number: usize) -> String {
    format!("{}{number:03}@example.com", if is_known { "known" } else { "other" })
}

/// Returns a registration form that depends on the number.
fn form_of(is_known: bool, number: usize) -> Value {
    let mut form = Person::new(&email_of(is_known, number)).form();
    form["phone"] = phone_of(number).into();
    form
}

fn phone_of(number: usize) -> String {
    format!("+1202555{number:04}")
}

/// Creates a verified account, and returns its id.
async fn account(program: &Program, smtp: &SmtpServer, number: usize) -> String {
    let http = client_of_thread();
    let before = smtp.messages().len();
    let client = format!("10.2.{}.{}", number / 256, number % 256);
    let create = http.post(program.url("/User1/create")).header("X-Forwarded-For", client);
    let created = create.json(&form_of(true, number)).send().await.unwrap();
    let id = json(created, 200).await["id"].as_str().unwrap().to_owned();
    let message = smtp.wait_for(before + 1).await.pop().unwrap();
    let link = message.links().into_iter().find(|link| link.contains("/verify?token=")).unwrap();
    assert_eq!(http.get(&link).header("Accept", "application/json").send().await.unwrap().status(), 200);
    smtp.wait_for(before + 2).await;
    id
}

async fn nothing_is_told_by_time(behaviour: Behaviour) {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    // Accounts are created without the message delay, which is enabled during the measurement.
    let database = Database::new().await;
    let of_test = [("MAIL_PORT", &*port), ("MESSAGE_DELAY", "0s")];
    let mut program = Program::start(&[SETTINGS, &database.settings(), &of_test].concat()).await;
    let http = client();
    let mut ids = Vec::new();
    for number in 0..WARM + PAIRS {
        ids.push(account(&program, &smtp, number).await);
    }
    assert!(program.stop().await.success());
    program.unset("MESSAGE_DELAY");
    program.spawn();
    program.ready().await;
    let what = format!("mail server: {behaviour:?}");
    let unknown_id = |number: usize| UserId::of((number as u128).to_be_bytes()).to_string();
    let id_of = |is_known: bool, number: usize| if is_known { ids[number].clone() } else { unknown_id(number) };
    smtp.behave(behaviour);
    compare(&program, &format!("login, {what}"), async |is_known, number| {
        http.post(program.url("/User1/login"))
            .form(&[("username", email_of(is_known, number)), ("password", "wrong-wrong".to_owned())])
    })
    .await;
    compare(&program, &format!("forget_password, {what}"), async |is_known, number| {
        http.post(program.url("/User1/forget_password")).json(&value!({ "email": email_of(is_known, number) }))
    })
    .await;
    compare(&program, &format!("verify/resend, {what}"), async |is_known, number| {
        http.post(program.url("/User1/verify/resend")).json(&value!({ "email": email_of(is_known, number) }))
    })
    .await;
    compare(&program, &format!("create, {what}"), async |is_known, number| {
        http.post(program.url("/User1/create")).json(&form_of(is_known, number))
    })
    .await;
    compare(&program, &format!("otp_phone, {what}"), async |is_known, number| {
        let body = value!({ "id": id_of(is_known, number), "phone": phone_of(number) });
        http.post(program.url("/User1/otp_phone")).json(&body)
    })
    .await;
    let [mut known, mut unknown] = [Vec::new(), Vec::new()];
    for number in 0..WARM + PAIRS {
        for (is_known, handles) in [(true, &mut known), (false, &mut unknown)] {
            let client = format!("10.{}.{}.{}", 3 + u8::from(is_known), number / 256, number % 256);
            let body = value!({ "id": id_of(is_known, number), "phone": phone_of(number) });
            let ask = http.post(program.url("/User1/otp_phone")).header("X-Forwarded-For", client).json(&body);
            handles.push(json(ask.send().await.unwrap(), 200).await["otp"].as_str().unwrap().to_owned());
        }
    }
    compare(&program, &format!("verify_otp_phone, {what}"), async |is_known, number| {
        let handle = if is_known { &known[number] } else { &unknown[number] };
        http.post(program.url("/User1/verify_otp_phone")).json(&value!({ "token": handle, "otp": "000000" }))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "soak"]
async fn no_response_time_reveals_whether_an_account_exists() {
    nothing_is_told_by_time(Behaviour::Accept).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "soak"]
async fn the_same_holds_while_no_mail_can_be_sent() {
    nothing_is_told_by_time(Behaviour::Refuse).await;
}
