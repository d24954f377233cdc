//! Concurrent changes of an account: fifty requests, twenty rounds.

use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Person, TestApp, json as answer};

const ROUNDS: usize = 20;
const HALF: usize = 25;

/// Sends all requests concurrently.
async fn at_once(requests: impl Iterator<Item = RequestBuilder>) -> Vec<Response> {
    let mut all = JoinSet::new();
    for request in requests {
        all.spawn(request.send());
    }
    all.join_all().await.into_iter().map(Result::unwrap).collect()
}

/// Requests a change of address. Returns the token of the link.
async fn ask(app: &TestApp, token: &str, email: &str) -> String {
    let request = app.request(Method::POST, "/User1/me/email").bearer_auth(token).json(&json!({"email": email}));
    answer(request.send().await.unwrap(), 202).await;
    secret(&app.link(email, "verify").await)
}

fn secret(link: &str) -> String {
    link.split_once("token=").unwrap().1.to_owned()
}

fn press(app: &TestApp, page: &str, token: &str) -> RequestBuilder {
    app.request(Method::POST, &format!("/User1/{page}")).header("Accept", "application/json").form(&[("token", token)])
}

async fn me(app: &TestApp, token: &str) -> Value {
    answer(app.get_as(token, "/User1/me").await, 200).await
}

#[tokio::test]
#[ignore = "soak"]
async fn an_address_that_two_users_take_at_the_same_moment_has_one_of_them() {
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let wanted = format!("wanted{round}@example.com");
        let john = Person::new(&format!("john{round}@example.com")).join(&app).await;
        let jane = Person::new(&format!("jane{round}@example.com")).join(&app).await;
        let (johns, janes) = (john.log_in(&app).await, jane.log_in(&app).await);
        let first = ask(&app, &johns, &wanted).await;
        let second = ask(&app, &janes, &wanted).await;
        let links = (0..HALF).flat_map(|_| [&first, &second]);
        let answers = at_once(links.map(|link| press(&app, "verify", link))).await;
        assert!(answers.iter().all(|answer| answer.status().as_u16() < 500), "round {round}");
        let (john, jane) = (me(&app, &johns).await["email"].clone(), me(&app, &janes).await["email"].clone());
        assert_eq!([&john, &jane].iter().filter(|email| ***email == wanted).count(), 1, "{john} {jane}");
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn an_undo_wins_over_a_change_at_the_same_moment() {
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let [one, two, three] = ["one", "two", "three"].map(|name| format!("{name}{round}@example.com"));
        let john = Person::new(&one).join(&app).await;
        let token = john.log_in(&app).await;
        let change = ask(&app, &token, &two).await;
        assert!(press(&app, "verify", &change).send().await.unwrap().status().as_u16() < 400);
        let undo = secret(&app.link(&one, "undo").await);
        let change = ask(&app, &token, &three).await;
        let pressed = (0..HALF).flat_map(|_| [("undo", &undo), ("verify", &change)]);
        let answers = at_once(pressed.map(|(page, link)| press(&app, page, link))).await;
        assert!(answers.iter().all(|answer| answer.status().as_u16() < 500), "round {round}");
        for (email, status) in [(&one, 403), (&two, 401), (&three, 401)] {
            let status_of = app.login("User1", email, &john.password).await.status();
            assert_eq!(status_of, status, "round {round}: {email}; the restored account asks for a new password");
        }
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn no_change_overwrites_another() {
    let app = TestApp::start().await;
    for round in 0..ROUNDS {
        let token = Person::new(&format!("john{round}@example.com")).join(&app).await.log_in(&app).await;
        let before = me(&app, &token).await["revision"].as_u64().unwrap();
        let changes = (0..HALF).flat_map(|number| {
            let value = format!("Name {number}");
            [json!({"attributes": {value.as_str(): number}}), json!({"first_name": value})]
        });
        let patch = |change| app.request(Method::PATCH, "/User1/me").bearer_auth(&token).json(&change);
        let answers = at_once(changes.map(patch)).await;
        assert!(answers.iter().all(|answer| answer.status() == 200), "round {round}");
        let after = me(&app, &token).await;
        assert_eq!(after["revision"], before + 2 * HALF as u64, "{after}");
        assert_eq!(after["attributes"].as_object().unwrap().len(), HALF, "no member is lost: {after}");
    }
}
