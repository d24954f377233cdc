//! Failing requests and deliveries, whose errors could contain personal data.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use reqwest::Method;

use super::{PHONE, create, jane, keep, walks::ask_for_code};
use crate::{
    origin_defects::program::Visitor,
    sms::twilio::{self, Twilio},
    support::{
        json,
        process::{Program, client},
        smtp::{Behaviour, SmtpServer},
    },
};

/// Sends every kind of malformed request.
pub async fn stumble(visitor: &Visitor, port: u16, secrets: &[String]) {
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
    // The response may arrive before or after the connection is closed.
    drop(client().post(format!("http://127.0.0.1:{port}/User1/create")).body(large.repeat(2)).send().await);
    not_http(port, b"quokka.planted@example.com violet-planted-teapot\r\n\r\n");
    not_http(port, b"GET /planted-query HTTP/1.1\r\nplanted-query\r\n\r\n");
    not_http(port, b"GET /planted-query HTTP/9.9\r\nAuthorization: Bearer planted-query\r\n\r\n");
}

fn not_http(port: u16, bytes: &[u8]) {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(bytes).unwrap();
    socket.shutdown(Shutdown::Write).unwrap();
    // The response does not matter, and there may be none.
    drop(socket.read_to_end(&mut Vec::new()));
}

/// Mail servers repeat the recipient in their replies.
pub async fn mail_troubles(visitor: &Visitor, smtp: &SmtpServer, program: &Program) {
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
        until_logged(program, &["mail rejected", "mail delivery failed"], number + 1).await;
    }
}

/// The provider repeats the number and the text in its responses.
pub async fn sms_troubles(visitor: &Visitor, twilio: &Twilio, program: &Program, secrets: &mut Vec<String>) {
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

/// Log messages about the result of a delivery.
const SMS_FATES: &[&str] = &["sms rejected", "sms delivery failed", "sms accepted by provider"];

/// Returns the number of log lines with one of these messages.
fn told(program: &Program, fates: &[&str]) -> usize {
    let log = program.log();
    fates.iter().map(|fate| log.matches(fate).count()).sum()
}

async fn until_logged(program: &Program, fates: &[&str], count: usize) {
    while told(program, fates) < count {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
