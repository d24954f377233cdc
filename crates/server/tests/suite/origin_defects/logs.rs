//! Rows D35, D36, D89 and D90: what is logged, and that nothing waits for it.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{
    UNLIMITED,
    program::{Visitor, link_in, with_mail},
    token_of,
};
use crate::{
    sms::{
        FROM, code_in,
        twilio::{self, AUTH_TOKEN, SID, Twilio},
    },
    support::{
        Person, json,
        process::{CHEAP, Program, client},
        smtp::{Behaviour, Options, SmtpServer},
    },
};

const JWT_SECRET: &str = "planted-secret-of-the-tokens-of-this-test";
const ENCRYPTION_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const MAIL_USER: &str = "planted-mail-user";
const MAIL_PASSWORD: &str = "planted-mail-password";
const PHONE: &str = "+4915799887766";

/// What is somebody's, and in the log of nobody's business.
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
    stumble(&visitor, program.port(), &secrets).await;
    mail_troubles(&visitor, &smtp, &program).await;
    sms_troubles(&visitor, &twilio, &program, &mut secrets).await;

    assert!(program.stop().await.success());
    let log = without_times(&program.log()).to_lowercase();
    assert!(log.contains("\"level\":\"trace\"") || log.contains("\"level\":\"debug\""), "it is a log of everything");
    assert!(log.lines().filter(|line| line.contains("\"message\":\"answered\"")).count() > 30);
    assert!(log.contains("mail refused for good") && log.contains("mail not taken"));
    assert!(log.contains("sms refused for good") && log.contains("sms not taken"));
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

/// The log without the times of its lines, in which any six digits may stand.
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

/// Keeps a token and its parts: each alone would be too much.
fn keep(secrets: &mut Vec<String>, token: &str) {
    secrets.push(token.to_owned());
    secrets.extend(token.split('.').skip(1).map(str::to_owned));
    if let Ok(bytes) = BASE64URL_NOPAD.decode(token.as_bytes()) {
        secrets.push(BASE64URL_NOPAD.encode(&bytes[16..]));
    }
}

/// The whole walk of somebody to whom nothing happens.
async fn walk(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane("");
    json(create(visitor, &jane).await, 200).await;
    let links = smtp.wait_for(1).await[0].links();
    for page in ["verify", "undo"] {
        keep(secrets, token_of(&link_in(&links, page)));
    }
    assert_eq!(visitor.try_login(&jane).await.status(), 403);
    assert_eq!(visitor.get(&link_in(&links, "undo")).await.status(), 200);
    assert_eq!(visitor.get(&link_in(&links, "verify")).await.status(), 200);
    smtp.wait_for(2).await;
    let token = visitor.log_in(&jane).await;
    keep(secrets, &token);
    json(visitor.get_as(&token, "/User1/me").await, 200).await;
    // The address is taken: the owner is told.
    json(create(visitor, &jane).await, 200).await;
    smtp.wait_for(3).await;
    let again = [("email", jane.email.as_str())];
    json(visitor.post_form("/User1/verify/resend", &again).await, 200).await;
    smtp.wait_for(4).await;
    json(visitor.get_as(&token, "/User1/logout").await, 200).await;
}

/// An address for which two passwords come.
async fn contest(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane(".Contested");
    json(create(visitor, &jane).await, 200).await;
    // A mail that is overtaken is not sent.
    smtp.wait_for(5).await;
    json(create(visitor, &jane.clone().with_password("crimson-planted-kettle")).await, 200).await;
    let links = smtp.wait_for(6).await[5].links();
    let verify = link_in(&links, "verify");
    keep(secrets, token_of(&verify));
    let page = visitor.request(Method::GET, &verify).header("Accept", "application/json").send().await.unwrap();
    let path = link_in(&[json(page, 200).await["reset_url"].as_str().unwrap().to_owned()], "reset_password");
    keep(secrets, token_of(&path));
    for (password, status) in
        [("violet-planted-teapot-\0", 422), ("chosen-planted-kettle", 200), ("violet-planted-teapot", 400)]
    {
        assert_eq!(visitor.post_form(&path, &[("password", password)]).await.status(), status);
    }
    smtp.wait_for(7).await;
}

/// Registers and verifies somebody, and gives what a login gives.
async fn join(visitor: &Visitor, smtp: &SmtpServer, jane: &Person) -> Value {
    json(create(visitor, jane).await, 200).await;
    assert_eq!(visitor.get(&new_link(smtp, jane, "verify", &[]).await).await.status(), 200);
    json(visitor.try_login(jane).await, 200).await
}

/// The link to this page that was mailed to somebody, and is none of those that are known.
async fn new_link(smtp: &SmtpServer, jane: &Person, page: &str, known: &[String]) -> String {
    let (to, page) = (jane.email.to_lowercase(), format!("/{page}?token="));
    loop {
        let mails = smtp.messages();
        let links = mails.iter().filter(|mail| mail.to == [to.as_str()]).flat_map(|mail| mail.links());
        if let Some(link) = links.into_iter().find(|link| link.contains(&page) && !known.contains(link)) {
            return link;
        }
        smtp.wait_for(mails.len() + 1).await;
    }
}

/// Somebody who forgets a password in every way, refreshes a session, and at last deletes the account.
async fn forget(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane(".Forgetful");
    let mut pair = join(visitor, smtp, &jane).await;
    for _ in 0..2 {
        for token in ["access_token", "refresh_token"] {
            keep(secrets, pair[token].as_str().unwrap());
        }
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
        pair = json(visitor.post_form("/User1/token", &refresh).await, 200).await;
    }
    let mut links = Vec::new();
    for way in 0..3 {
        let page = "/User1/forget_password";
        let asked = match way {
            0 => visitor.get(&format!("{page}?email={}", jane.email.replace('@', "%40"))).await,
            1 => visitor.post_form(page, &[("email", &jane.email)]).await,
            _ => visitor.request(Method::POST, page).json(&json!({ "email": jane.email })).send().await.unwrap(),
        };
        json(asked, 200).await;
        let link = new_link(smtp, &jane, "reset_password_form", &links).await;
        keep(secrets, token_of(&link));
        assert_eq!(visitor.get(&link).await.status(), 200);
        links.push(link);
    }
    let path = links[2].replace("reset_password_form", "reset_password");
    for (password, status) in
        [("violet-planted-teapot-\0", 422), ("chosen-planted-kettle", 200), ("violet-planted-teapot", 400)]
    {
        assert_eq!(visitor.post_form(&path, &[("password", password)]).await.status(), status);
    }
    let jane = jane.with_password("chosen-planted-kettle");
    let token = visitor.log_in(&jane).await;
    keep(secrets, &token);
    let id = json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].as_str().unwrap().to_owned();
    for (email, status) in [("planted-query@example.com", 404), (jane.email.as_str(), 200)] {
        let path = format!("/User1/delete?id={id}&email={}", email.replace('@', "%40"));
        let deleted = visitor.request(Method::DELETE, &path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(deleted.status(), status);
    }
}

/// Asks for a code in one of the ways; gives the answer.
async fn ask_for_code(visitor: &Visitor, id: &str, by_query: bool) -> Value {
    let request = visitor.request(Method::POST, "/User1/otp_phone");
    let request = if by_query {
        visitor.request(Method::POST, &format!("/User1/otp_phone?id={id}&phone={}", PHONE.replace('+', "%2B")))
    } else {
        request.json(&json!({ "id": id, "phone": PHONE }))
    };
    json(request.send().await.unwrap(), 200).await
}

/// Somebody who proves a number in every way.
async fn prove(
    visitor: &Visitor,
    smtp: &SmtpServer,
    twilio: &Twilio,
    secrets: &mut Vec<String>,
    codes: &mut Vec<String>,
) {
    let jane = jane(".Reachable");
    let token = join(visitor, smtp, &jane).await["access_token"].as_str().unwrap().to_owned();
    let id = json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].as_str().unwrap().to_owned();
    for way in 0..3 {
        let handle = ask_for_code(visitor, &id, way == 0).await["otp"].as_str().unwrap().to_owned();
        keep(secrets, &handle);
        while twilio.messages().len() <= way {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let code = code_in(&twilio.messages()[way].body);
        let page = "/User1/verify_otp_phone";
        for (code, status) in [("planted-query", 400), (code.as_str(), 200), (code.as_str(), 400)] {
            let given = match way {
                0 => visitor.get(&format!("{page}?token={handle}&otp={code}")).await,
                1 => visitor.post_form(page, &[("token", &handle), ("otp", code)]).await,
                _ => {
                    let both = json!({ "token": handle, "otp": code });
                    visitor.request(Method::POST, page).json(&both).send().await.unwrap()
                }
            };
            assert_eq!(given.status(), status);
        }
        codes.push(code);
    }
    for (id, phone) in [("planted-query", PHONE), (id.as_str(), "+1555planted-query"), (id.as_str(), "+19876543210")] {
        let asked = visitor.request(Method::POST, "/User1/otp_phone").json(&json!({ "id": id, "phone": phone }));
        asked.send().await.unwrap();
    }
}

/// Everything that can be wrong with a request.
async fn stumble(visitor: &Visitor, port: u16, secrets: &[String]) {
    let jane = jane("");
    let wrong = jane.clone().with_password("crimson-planted-kettle");
    assert_eq!(visitor.try_login(&wrong).await.status(), 401);
    let bodies = [
        r#"{"password":"violet-planted-teapot","email":"quokka.planted@example.com""#,
        r#"{"password":"violet-planted-teapot","password":"violet-planted-teapot"}"#,
        r#"{"password":["violet-planted-teapot"],"email":"quokka.planted","first_name":"Zebedee-Planted\n"}"#,
        r#"["violet-planted-teapot"]"#,
    ];
    for body in bodies {
        let request = visitor.request(Method::POST, "/User1/create").header("Content-Type", "application/json");
        assert!(request.body(body).send().await.unwrap().status().is_client_error());
        let request =
            visitor.request(Method::POST, "/User1/login").header("Content-Type", "planted-query/planted-query");
        assert_eq!(request.body(body).send().await.unwrap().status(), 415);
    }
    for token in secrets {
        let bad = format!("{token}x");
        for path in ["/User1/me", "/User2/me", "/User1/logout"] {
            visitor.get_as(token, path).await;
            visitor.get_as(&bad, path).await;
        }
        for path in ["verify", "undo", "reset_password_form", "verify_otp_phone", "planted-query", "?id=planted-query"]
        {
            visitor.get(&format!("/User1/{path}?token={token}&password=violet-planted-teapot")).await;
            visitor.get(&format!("/User2/{path}?token={bad}")).await;
        }
        visitor.get(&format!("/User1/me?access_token={token}")).await;
        visitor.get(&format!("/{token}/quokka.planted@example.com")).await;
        visitor.request(Method::HEAD, &format!("/User1/verify?token={token}")).send().await.unwrap();
        visitor.request(Method::PUT, &format!("/User1/verify?token={token}")).send().await.unwrap();
        visitor.post_form("/User1/undo", &[("token", token)]).await;
        visitor.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await;
        visitor.post_form("/User1/verify_otp_phone", &[("token", token), ("otp", "planted-query")]).await;
    }
    let basic = visitor.request(Method::GET, "/User1/me");
    basic.basic_auth("quokka.planted@example.com", Some("violet-planted-teapot")).send().await.unwrap();
    let method = Method::from_bytes(b"PLANTED-QUERY").unwrap();
    assert_eq!(visitor.request(method, "/User1/me").send().await.unwrap().status(), 405);
    let large = "planted-query".repeat(3000);
    visitor.request(Method::GET, "/User1/me").header("X-Large", &large).send().await.unwrap();
    // Whether the answer to this comes before or after the end of the connection is a matter of chance.
    drop(client().post(format!("http://127.0.0.1:{port}/User1/create")).body(large.repeat(2)).send().await);
    not_http(port, b"quokka.planted@example.com violet-planted-teapot\r\n\r\n");
    not_http(port, b"GET /planted-query HTTP/1.1\r\nplanted-query\r\n\r\n");
    not_http(port, b"GET /planted-query HTTP/9.9\r\nAuthorization: Bearer planted-query\r\n\r\n");
}

fn not_http(port: u16, bytes: &[u8]) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(bytes).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    // Whatever it answers to that, or nothing.
    drop(socket.read_to_end(&mut Vec::new()));
}

/// Mail servers like to repeat to whom they do not want to deliver.
async fn mail_troubles(visitor: &Visitor, smtp: &SmtpServer, program: &Program) {
    for (number, behaviour) in [
        Behaviour::RejectRecipient("550 5.1.1 <quokka.planted.0@example.com>: no such user".to_owned()),
        Behaviour::RejectMessage("451 4.2.0 quokka.planted.1@example.com is away".to_owned()),
        Behaviour::RejectRecipient("quokka.planted.2@example.com".to_owned()),
        Behaviour::Refuse,
    ]
    .into_iter()
    .enumerate()
    {
        smtp.behave(behaviour);
        json(create(visitor, &jane(&format!(".{number}"))).await, 200).await;
        until_logged(program, &["mail refused for good", "mail not taken"], number + 1).await;
    }
}

/// The provider repeats number and text in what it answers.
async fn sms_troubles(visitor: &Visitor, twilio: &Twilio, program: &Program, secrets: &mut Vec<String>) {
    let token = visitor.log_in(&jane(".Reachable")).await;
    let id = json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].as_str().unwrap().to_owned();
    let repeats = format!("{{\"message\":\"to {PHONE}: 123456 is your code. Don't share it\"}}");
    for behaviour in [
        twilio::Behaviour::Refuse { status: 400, code: Some(21211) },
        twilio::Behaviour::Refuse { status: 429, code: Some(20429) },
        twilio::Behaviour::Refuse { status: 500, code: None },
        twilio::Behaviour::Answer { status: 201, body: repeats },
        twilio::Behaviour::Redirect("/planted-query".to_owned()),
        twilio::Behaviour::Close,
    ] {
        twilio.behave(behaviour);
        let before = told(program, SMS_FATES);
        keep(secrets, ask_for_code(visitor, &id, false).await["otp"].as_str().unwrap());
        until_logged(program, SMS_FATES, before + 1).await;
    }
}

/// What may become of a message.
const SMS_FATES: &[&str] = &["sms refused for good", "sms not taken", "sms taken by the provider"];

/// How often the log tells of one of these.
fn told(program: &Program, fates: &[&str]) -> usize {
    let log = program.log();
    fates.iter().map(|fate| log.matches(fate).count()).sum()
}

async fn until_logged(program: &Program, fates: &[&str], count: usize) {
    while told(program, fates) < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The collector has stopped reading: the pipe fills, then the queue, and nobody waits for either.
#[tokio::test]
async fn d90_nothing_waits_for_a_log_that_nobody_reads() {
    let mut program = Program::new(CHEAP);
    program.set("LOG_LEVEL", "trace");
    let mut process = Mortal(program.command(&[]).stderr(Stdio::piped()).spawn().unwrap());
    let visitor = Visitor::of(&program);
    while visitor.request(Method::GET, "/livez").send().await.is_err() {
        assert!(process.0.try_wait().unwrap().is_none(), "it does not start");
        tokio::task::yield_now().await;
    }
    for _ in 0..600 {
        assert_eq!(visitor.get("/nowhere").await.status(), 404);
    }
    json(visitor.create(&Person::new("john@example.com")).await, 200).await;
    json(visitor.get("/health").await, 200).await;
    process.0.kill().unwrap();
    let unread = process.0.stderr.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
    assert!(unread >= 60_000, "the pipe was not full: {unread} bytes");
}

/// A process that ends with this value.
struct Mortal(Child);

impl Drop for Mortal {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
