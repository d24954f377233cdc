//! A known device has its own limit of failed attempts, so that an attacker cannot lock its owner out.

use std::time::Duration;

use reqwest::Method;
use serde_json::json as value;

use super::{enforced, from, try_login};
use crate::support::{Person, TestApp, json, problem};

/// Logs in and returns the device cookie.
async fn device(app: &TestApp, person: &Person) -> String {
    let entered = try_login(app, 99, &person.email, &person.password).await;
    assert_eq!(entered.status(), 200);
    let cookie = entered.headers()["set-cookie"].to_str().unwrap().to_owned();
    let attributes = "; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax";
    cookie.strip_prefix("portcullis_device=").unwrap().strip_suffix(attributes).expect(&cookie).to_owned()
}

#[tokio::test]
async fn a_stranger_who_exhausts_an_account_does_not_keep_its_owners_device_out() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let cookie = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    problem(try_login(&app, 9, &john.email, &john.password).await, 429).await;

    let form = |device: &str| {
        let fields = [("username", &*john.email), ("password", &*john.password), ("device", device)];
        app.request(Method::POST, "/User1/login").form(&fields)
    };
    let plain = form("").header("Cookie", format!("other=1; portcullis_device={cookie}"));
    json(plain.send().await.unwrap(), 200).await;
    json(form(&cookie).send().await.unwrap(), 200).await;
    // A device has its own five failures and is not valid for another account.
    let wrong = [("username", &*john.email), ("password", "wrong-wrong-wrong"), ("device", &cookie)];
    for n in 0..5 {
        let request = app.request(Method::POST, "/User1/login").form(&wrong);
        problem(from(&format!("10.9.0.{n}"), request).send().await.unwrap(), 401).await;
    }
    problem(form(&cookie).send().await.unwrap(), 429).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &jane.email, "wrong-wrong-wrong").await, 401).await;
    }
    let with_johns = [("username", &*jane.email), ("password", &*jane.password), ("device", &cookie)];
    let request = app.request(Method::POST, "/User1/login").form(&with_johns);
    problem(from("10.9.1.1", request).send().await.unwrap(), 429).await;
}

#[tokio::test]
async fn neighbours_who_exhaust_a_network_do_not_keep_a_known_device_out() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let device = device(&app, &john).await;
    for n in 0..30 {
        problem(try_login(&app, 7, &format!("person{n}@example.com"), "wrong-wrong-wrong").await, 401).await;
    }
    let log_in = async |person: &Person, password: &str, device: &str| {
        let form = [("username", &*person.email), ("password", password), ("device", device)];
        from("10.0.0.7", app.request(Method::POST, "/User1/login").form(&form)).send().await.unwrap()
    };
    let forged = format!("{}{}", &device[..74], if device.ends_with('A') { 'B' } else { 'A' });
    for unknown in ["", &forged, "no device"] {
        problem(log_in(&john, &john.password, unknown).await, 429).await;
    }
    // The device of one account is not valid for another, nor for an address without an account.
    problem(log_in(&jane, &jane.password, &device).await, 429).await;
    problem(log_in(&Person::new("unknown@example.com"), "wrong-wrong-wrong", &device).await, 429).await;
    json(log_in(&john, &john.password, &device).await, 200).await;
    // Its own counter replaces both others, and failures are not counted for the network.
    for _ in 0..5 {
        problem(log_in(&john, "wrong-wrong-wrong", &device).await, 401).await;
    }
    problem(log_in(&john, &john.password, &device).await, 429).await;
    json(try_login(&app, 8, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn wrong_passwords_of_a_known_device_do_not_count_for_its_network() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut devices = Vec::new();
    for _ in 0..7 {
        devices.push(device(&app, &john).await);
    }
    for device in &devices {
        for _ in 0..5 {
            let form = [("username", &*john.email), ("password", "wrong-wrong-wrong"), ("device", device)];
            let request = from("10.0.0.7", app.request(Method::POST, "/User1/login").form(&form));
            problem(request.send().await.unwrap(), 401).await;
        }
    }
    json(try_login(&app, 7, &john.email, &john.password).await, 200).await;
}

#[tokio::test]
async fn a_password_reset_by_mail_lets_the_owner_in_during_an_attack() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let forget = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
    json(from("192.0.2.1", forget).send().await.unwrap(), 200).await;
    app.pump().await;
    let link = app.link(&john.email, "reset_password_form").await;
    let token = link.split_once("token=").unwrap().1;
    let password = "another-teapot-hammer";
    let request =
        app.request(Method::POST, &format!("/User1/reset_password?token={token}")).form(&[("password", password)]);
    let done = request.send().await.unwrap();
    assert_eq!(done.status(), 200);
    let cookie = done.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    problem(try_login(&app, 9, &john.email, password).await, 429).await;
    let request = app.request(Method::POST, "/User1/login").form(&[("username", &*john.email), ("password", password)]);
    json(request.header("Cookie", cookie).send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn a_new_password_forgets_the_devices_of_older_ones() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (old, again) = (device(&app, &john).await, device(&app, &john).await);
    let forget = app.request(Method::POST, "/User1/forget_password").json(&value!({"email": "john@example.com"}));
    json(forget.send().await.unwrap(), 200).await;
    app.pump().await;
    app.advance(Duration::from_secs(1));
    let link = app.link(&john.email, "reset_password_form").await;
    let token = link.split_once("token=").unwrap().1;
    let john = john.with_password("another-teapot-hammer");
    let path = format!("/User1/reset_password?token={token}");
    let done = app.request(Method::POST, &path).form(&[("password", &john.password)]).send().await.unwrap();
    assert_eq!(done.status(), 200);
    let new = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    for (device, status) in [(old, 429), (again, 429), (new, 200)] {
        let form = [("username", &*john.email), ("password", &*john.password), ("device", &*device)];
        let request = app.request(Method::POST, "/User1/login").form(&form);
        assert_eq!(from("10.9.0.1", request).send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn another_site_cannot_change_the_known_devices_of_a_browser() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let form = [("username", &*john.email), ("password", &*john.password)];
    let request = app.request(Method::POST, "/User1/login").form(&form).header("Sec-Fetch-Site", "cross-site");
    let entered = request.send().await.unwrap();
    assert_eq!(entered.status(), 200);
    assert!(!entered.headers().contains_key("set-cookie"));
    // An invalid cookie does not take precedence over a valid field.
    let device = device(&app, &john).await;
    for n in 0..5 {
        problem(try_login(&app, n, &john.email, "wrong-wrong-wrong").await, 401).await;
    }
    let form = [("username", &*john.email), ("password", &*john.password), ("device", &device)];
    let request = app.request(Method::POST, "/User1/login").form(&form).header("Cookie", "portcullis_device=useless");
    json(request.send().await.unwrap(), 200).await;
}

#[tokio::test]
async fn people_and_realms_that_share_a_browser_do_not_displace_each_other() {
    let app = enforced().await;
    let mut people = Vec::new();
    for (n, realm) in
        ["User1", "User2", "User1", "User1", "User1", "User1", "User1", "User1", "User1"].iter().enumerate()
    {
        let person = Person { realm: (*realm).to_owned(), ..Person::new(&format!("person{n}@example.com")) };
        people.push(person.join(&app).await);
    }
    let login = async |person: &Person, password: &str, device: &str, ip: &str| {
        let form = [("username", &*person.email), ("password", password), ("device", device)];
        from(ip, app.request(Method::POST, &person.path("login")).form(&form)).send().await.unwrap()
    };
    let mut device = String::new();
    for person in &people {
        let answer = login(person, &person.password, &device, "10.9.9.9").await;
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        device = json(answer, 200).await["device"].as_str().unwrap().to_owned();
        assert!(cookie.starts_with(&format!("portcullis_device={device};")));
    }
    for (n, person) in people.iter().enumerate() {
        for client in 0..5 {
            problem(login(person, "wrong-wrong-wrong", "", &format!("10.8.{n}.{client}")).await, 401).await;
        }
    }
    // There are nine users but only eight places, so the first one is dropped.
    let statuses =
        each(&people, async |person| login(person, &person.password, &device, "10.9.9.9").await.status().as_u16())
            .await;
    assert_eq!(statuses, [429, 200, 200, 200, 200, 200, 200, 200, 200]);
    let again = json(login(&people[1], &people[1].password, &device, "10.9.9.9").await, 200).await;
    let texts = |value: &str| value.split('.').map(|text| text[..21].to_owned()).collect::<Vec<_>>();
    let (mut before, mut after) = (texts(&device), texts(again["device"].as_str().unwrap()));
    assert_eq!(after[0], before[7], "the one that logged in comes first");
    before.sort();
    after.sort();
    assert_eq!(before, after, "none is added");
}

async fn each<T>(people: &[Person], ask: impl AsyncFn(&Person) -> T) -> Vec<T> {
    let mut all = Vec::new();
    for person in people {
        all.push(ask(person).await);
    }
    all
}

#[tokio::test]
async fn the_token_endpoint_returns_the_device_for_a_login_but_not_for_a_refresh() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let form = [("grant_type", "password"), ("username", &*john.email), ("password", &*john.password)];
    let pair = json(app.post_form("/User1/token", &form).await, 200).await;
    assert!(pair["device"].as_str().is_some_and(|device| device.len() == 75));
    let form = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
    assert!(json(app.post_form("/User1/token", &form).await, 200).await.get("device").is_none());
}
