//! Rows D35, D36, D89 and D90: the log contains no personal data or secrets, and delays no request.

mod account;
mod troubles;
mod unread;
mod walks;

use std::process::Command;

use account::manage;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::{Method, Response};
use serde_json::json;
use troubles::{mail_troubles, sms_troubles, stumble};
use walks::{contest, forget, prove, walk};

use super::{
    UNLIMITED,
    program::{Visitor, with_mail},
};
use crate::{
    sms::{
        FROM,
        twilio::{AUTH_TOKEN, SID, Twilio},
    },
    support::{
        Person,
        process::Program,
        smtp::{Options, SmtpServer},
    },
};

const JWT_SECRET: &str = "planted-secret-of-the-tokens-of-this-test";
const ENCRYPTION_KEY: &str = "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=";
const MAIL_USER: &str = "planted-mail-user";
const MAIL_PASSWORD: &str = "planted-mail-password";
const PHONE: &str = "+4915799887766";

/// Returns personal data and secrets that must never be logged, in lower case.
fn planted() -> Vec<String> {
    let mut planted: Vec<_> = [
        "quokka.planted",
        "zebedee-planted",
        "wolframite-planted",
        "15799887766",
        "violet-planted-teapot",
        "crimson-planted-kettle",
        "chosen-planted-kettle",
        "planted-agent",
        "planted-cookie",
        "planted-query",
        JWT_SECRET,
        MAIL_USER,
        MAIL_PASSWORD,
        AUTH_TOKEN,
        "code. don't share it",
        "$argon2",
    ]
    .map(str::to_owned)
    .to_vec();
    planted.push(ENCRYPTION_KEY.to_lowercase());
    let plain = format!("\0{MAIL_USER}\0{MAIL_PASSWORD}");
    let account = format!("{SID}:{AUTH_TOKEN}");
    for text in [plain.as_str(), &account, MAIL_PASSWORD, MAIL_USER, "quokka.planted@example.com:violet-planted-teapot"]
    {
        planted.push(BASE64.encode(text.as_bytes()).to_lowercase());
    }
    planted
}

fn jane(name: &str) -> Person {
    Person::new(&format!("Quokka.Planted{name}@Example.com")).with_password("violet-planted-teapot")
}

async fn create(visitor: &Visitor, person: &Person) -> Response {
    let mut form = person.form();
    form["first_name"] = json!("Zebedee-Planted");
    form["last_name"] = json!("Wolframite-Planted");
    form["phone"] = json!(PHONE);
    let request = visitor.request(Method::POST, "/User1/create").header("User-Agent", "planted-agent");
    request
        .header("Cookie", "a=planted-cookie")
        .header("Referer", "http://x/planted-query")
        .json(&form)
        .send()
        .await
        .unwrap()
}

#[tokio::test]
async fn d35_d36_d89_nothing_that_was_planted_is_logged() {
    let credentials = Some((MAIL_USER.to_owned(), MAIL_PASSWORD.to_owned()));
    let smtp = SmtpServer::start(Options { credentials, ..Options::default() }).await;
    let twilio = Twilio::start().await;
    let url = twilio.url();
    let settings = [
        ("TWILIO_SID", SID),
        ("TWILIO_AUTH_TOKEN", AUTH_TOKEN),
        ("TWILIO_NUMBER", FROM),
        ("TWILIO_API_URL", &url),
        ("LOG_LEVEL", "trace"),
        ("LOG_FORMAT", "json"),
        ("JWT_SECRET", JWT_SECRET),
        ("ENCRYPTION_KEY", ENCRYPTION_KEY),
        ("MAIL_USERNAME", MAIL_USER),
        ("MAIL_PASSWORD", MAIL_PASSWORD),
        ("MFA_METHODS", "totp,sms,recovery_code"),
        UNLIMITED,
    ];
    let mut program = with_mail(&smtp, &settings);
    program.spawn_by(with_all_output_in_the_log(&program));
    program.ready().await;
    let visitor = Visitor::of(&program);
    let mut secrets = Vec::new();

    walk(&visitor, &smtp, &mut secrets).await;
    contest(&visitor, &smtp, &mut secrets).await;
    forget(&visitor, &smtp, &mut secrets).await;
    let mut codes = Vec::new();
    prove(&visitor, &smtp, &twilio, &mut secrets, &mut codes).await;
    manage(&visitor, &smtp, &twilio, &mut secrets, &mut codes).await;
    stumble(&visitor, program.port(), &secrets).await;
    mail_troubles(&visitor, &smtp, &program).await;
    sms_troubles(&visitor, &twilio, &program, &mut secrets).await;

    assert!(program.stop().await.success());
    let log = without_times(&program.log()).to_lowercase();
    assert!(log.contains("\"level\":\"trace\"") || log.contains("\"level\":\"debug\""), "it is a log of everything");
    assert!(log.lines().filter(|line| line.contains("\"message\":\"answered\"")).count() > 30);
    assert!(log.contains("mail rejected") && log.contains("mail delivery failed"));
    assert!(log.contains("sms rejected") && log.contains("sms delivery failed"));
    assert!(secrets.len() > 20 && codes.len() > 2);
    for code in codes {
        let stands_alone = |line: &&str| line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code);
        assert_eq!(log.lines().find(stands_alone), None, "the code {code} is logged");
    }
    for planted in planted().into_iter().chain(secrets) {
        let found = log.lines().find(|line| line.contains(&planted.to_lowercase()));
        assert_eq!(found, None, "{planted} is logged");
    }
}

/// Returns the log without its timestamps, which may contain any six digits.
fn without_times(log: &str) -> String {
    let bare = |line: &str| match line.split_once("\"timestamp\":\"") {
        Some((before, rest)) => format!("{before}{}\n", rest.split_once('"').unwrap().1),
        None => format!("{line}\n"),
    };
    log.lines().map(bare).collect()
}

fn with_all_output_in_the_log(program: &Program) -> Command {
    let plain = program.command(&[]);
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$0\" 1>&2"]).arg(plain.get_program()).current_dir(program.folder()).env_clear();
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// Records a token and its parts, none of which may be logged.
fn keep(secrets: &mut Vec<String>, token: &str) {
    secrets.push(token.to_owned());
    secrets.extend(token.split('.').skip(1).map(str::to_owned));
    if let Ok(bytes) = BASE64URL_NOPAD.decode(token.as_bytes()) {
        secrets.push(BASE64URL_NOPAD.encode(&bytes[16..]));
    }
}
