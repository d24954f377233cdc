//! Support for users is rate-limited, and of concurrent changes exactly one succeeds.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Person, Protected, TestApp, admin::REASON, json, problem};

#[tokio::test]
async fn administrators_send_an_address_no_more_mails_than_visitors_may() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_MAILS_ACCOUNT", "2/1h")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let ada = Person::new("ada@example.com").register(&app).await;
    let path = |id: &str, verb: &str| format!("/realms/User1/users/{id}/{verb}");
    let statuses = async |id: &str, verb: &str| {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            statuses.push(owner.post(&app, &path(id, verb), json!({})).await.status().as_u16());
        }
        statuses
    };
    // Mails requested by visitors are counted separately, so that visitors cannot exhaust the limit of
    // administrators.
    app.post_json("/User1/forget_password", json!({"email": john.email})).await;
    assert_eq!(statuses(&john.id, "reset").await, [200, 200, 429]);
    assert_eq!(statuses(&ada.id, "resend").await, [200, 200, 429]);
    let invited = json(owner.post(&app, "/realms/User1/users", json!({"email": "bob@example.com"})).await, 201).await;
    assert_eq!(statuses(invited["id"].as_str().unwrap(), "invite").await, [200, 429, 429]);
    let answered = owner.post(&app, &path(&john.id, "reset"), json!({"deliver": "answer", "reason": REASON})).await;
    assert_eq!(answered.status(), 200, "no mail");
    let marked = owner.change(&app, Method::POST, &path(&john.id, "compromised"), json!({"reason": REASON})).await;
    assert_eq!(problem(marked, 429).await["limit"], "LIMIT_MAILS_ACCOUNT");
}

#[tokio::test]
async fn of_changes_at_the_same_time_one_wins_and_the_others_are_conflicts() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let at_once = async |method: Method, path: &str, body: Value, tag: Option<&str>| {
        let requests = (0..10).map(|_| {
            let request = owner.request(&app, method.clone(), path).json(&body);
            tag.iter().fold(request, |request, tag| request.header("If-Match", format!("\"{tag}\""))).send()
        });
        let mut statuses: Vec<u16> =
            join_all(requests).await.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
        statuses.sort_unstable();
        statuses
    };
    let users = "/realms/User1/users";
    for (email, more) in [("ada@example.com", json!({})), ("bob@example.com", json!({"email_verified": true}))] {
        let mut body = json!({ "email": email });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let statuses = at_once(Method::POST, users, body, None).await;
        assert_eq!((statuses[0], statuses[1], statuses[9]), (201, 409, 409), "{statuses:?}");
    }
    let found = json(owner.get(&app, &format!("{users}?status=invited")).await, 200).await;
    let invited = format!("{users}/{}", found["items"][0]["id"].as_str().unwrap());
    let statuses = at_once(Method::POST, &format!("{invited}/invite"), json!({}), None).await;
    assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let john = Protected::join(&app, "john@example.com").await;
    let path = format!("{users}/{}", john.person.id);
    let seen = json(owner.get(&app, &path).await, 200).await;
    let factor = format!("{path}/factors/{}", seen["factors"][0]["id"].as_str().unwrap());
    let statuses = at_once(Method::DELETE, &factor, json!({"reason": REASON}), None).await;
    assert_eq!((statuses[0], statuses.iter().filter(|status| **status == 200).count()), (200, 1), "{statuses:?}");
    assert!(statuses[1..].iter().all(|status| [404, 412].contains(status)), "{statuses:?}");
    let revision = json(owner.get(&app, &path).await, 200).await["revision"].to_string();
    let statuses = at_once(Method::DELETE, &path, json!({"reason": REASON}), Some(&revision)).await;
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|status| [404, 412].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn an_auditor_sees_the_initial_of_a_factor_only() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User1"]).await;
    let john = Protected::join(&app, "john@example.com").await;
    let path = format!("/realms/User1/users/{}", john.person.id);
    let name = json(owner.get(&app, &path).await, 200).await["factors"][0]["name"].as_str().unwrap().to_owned();
    assert!(name.chars().count() > 2, "{name}");
    let masked = json(auditor.get(&app, &path).await, 200).await;
    assert_eq!(masked["factors"][0]["name"], format!("{}.", name.chars().next().unwrap()));
}
