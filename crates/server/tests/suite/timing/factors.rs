//! Accounts with and without second factors.

use portcullis_core::{
    clock::{Clock as _, SystemClock},
    factor::TotpSecret,
};
use reqwest::RequestBuilder;
use serde_json::{Value, json as value};

use super::{PAIRS, SETTINGS, WARM, account, client_of_thread, compare, email_of, form_of};
use crate::support::{
    database::Database,
    json,
    process::Program,
    smtp::{Options, SmtpServer},
};

/// Start of the number range for accounts without factors.
const WITHOUT: usize = 500;

/// Adds an authenticator app to an account.
async fn protect(program: &Program, number: usize) {
    let client = format!("10.5.{}.{}", number / 256, number % 256);
    let post = |path: &str| client_of_thread().post(program.url(path)).header("X-Forwarded-For", &client);
    let form = form_of(true, number);
    let credentials = [("username", form["email"].as_str().unwrap()), ("password", form["password"].as_str().unwrap())];
    let sent = async |request: RequestBuilder, status: u16| json(request.send().await.unwrap(), status).await;
    let entered: Value = sent(post("/User1/login").form(&credentials), 200).await;
    let token = entered["access_token"].as_str().unwrap();
    let offer = sent(post("/User1/me/mfa/totp").bearer_auth(token).json(&value!({})), 200).await;
    let secret = data_encoding::BASE32_NOPAD.decode(offer["secret"].as_str().unwrap().as_bytes()).unwrap();
    let code = TotpSecret::from_bytes(secret.try_into().unwrap()).code(SystemClock.now()).to_string();
    let body = value!({"enrolment": offer["enrolment"], "code": code});
    sent(post("/User1/me/mfa/totp/confirm").bearer_auth(token).json(&body), 201).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
#[ignore = "soak"]
async fn no_response_time_reveals_whether_an_account_has_factors() {
    let smtp = SmtpServer::start(Options::default()).await;
    let port = smtp.port().to_string();
    let database = Database::new().await;
    let of_test = [("MAIL_PORT", &*port), ("MESSAGE_DELAY", "0s"), ("LIMIT_PASSWORDS_ACCOUNT", "1000/1h")];
    let mut program = Program::start(&[SETTINGS, &database.settings(), &of_test].concat()).await;
    for number in 0..WARM + PAIRS {
        account(&program, &smtp, number).await;
        account(&program, &smtp, WITHOUT + number).await;
    }
    for number in 0..WARM + PAIRS {
        protect(&program, number).await;
    }
    assert!(program.stop().await.success());
    program.unset("MESSAGE_DELAY");
    program.spawn();
    program.ready().await;
    let email =
        |is_protected: bool, number: usize| email_of(true, if is_protected { number } else { WITHOUT + number });
    let post = |path: &str| client_of_thread().post(program.url(path));
    for more in [&[][..], &[("code", "123456"), ("remember", "true")]] {
        compare(
            &program,
            &format!("login with a wrong password, {} more", more.len()),
            async |is_protected, number| {
                let email = email(is_protected, number);
                let form = [&[("username", &*email), ("password", "wrong-wrong")], more].concat();
                post("/User1/login").form(&form)
            },
        )
        .await;
    }
    compare(&program, "forget_password, with and without factors", async |is_protected, number| {
        post("/User1/forget_password").json(&value!({"email": email(is_protected, number)}))
    })
    .await;
    compare(&program, "create, with and without factors", async |is_protected, number| {
        let number = if is_protected { number } else { WITHOUT + number };
        post("/User1/create").json(&form_of(true, number))
    })
    .await;
}
