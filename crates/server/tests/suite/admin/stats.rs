//! Statistics of days and realms.

use std::time::Duration;

use portcullis::cli::OutputFormat;
use serde_json::{Value, json};

use crate::support::{
    Person, TestApp,
    admin::{Admin, PASSWORD},
    json, problem,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Does what the workers do within five minutes.
async fn count(app: &TestApp) {
    app.pump().await;
    app.seal_audit().await;
    app.run_maintenance().await;
}

/// Signs an administrator in again, whose session was idle for too long.
async fn again(app: &TestApp, admin: &Admin) -> Admin {
    Admin { cookie: app.sign_in(&admin.email, PASSWORD).await, ..admin.clone() }
}

#[tokio::test]
async fn what_happens_is_counted_by_day_and_realm() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    john.log_in(&app).await;
    for _ in 0..3 {
        assert_eq!(app.login("User1", "john@example.com", "wrong-password").await.status(), 401);
    }
    Person::new("ada@example.com").of("User2").register(&app).await;
    assert_eq!(app.login("User2", "ada@example.com", "securepassword123").await.status(), 403);
    // The rest of a minute in which rejections are counted.
    app.advance(Duration::from_secs(61));
    app.run_maintenance().await;
    count(&app).await;
    let stats = async |by: &Admin, query: &str| json(by.get(&app, &format!("/stats{query}")).await, 200).await;
    let all = stats(&owner, "").await;
    let [one, two] = all["items"].as_array().unwrap().as_slice() else { panic!("{all}") };
    assert_eq!((&one["realm"], &one["day"], &all["to"]), (&json!("User1"), &all["to"], &one["day"]));
    let picked = |of: &Value, names: &[&str]| names.iter().map(|name| of[name].clone()).collect::<Vec<_>>();
    let names = ["registrations", "verified", "users", "logins", "active", "active_30d", "two_step", "erased"];
    assert_eq!(picked(one, &names), [1, 1, 1, 2, 1, 1, 0, 0], "{one}");
    assert_eq!(one["sign_ins"], json!({"code": 0, "passkey": 0, "password": 2, "provider": 0}));
    assert_eq!(one["refusals"], json!({"wrong_password": 3}), "repetitions of a minute are one row of the trail");
    assert_eq!(picked(two, &names), [1, 0, 0, 0, 0, 0, 0, 0], "{two}");
    assert_eq!(two["refusals"], json!({"unverified": 1}));
    assert_eq!(two["mails"], json!({"sent": 1, "failed": 0}));
    // Nothing is counted twice.
    count(&app).await;
    assert_eq!(stats(&owner, "").await, all);
    app.advance(DAY);
    let owner = again(&app, &owner).await;
    john.log_in(&app).await;
    count(&app).await;
    let of_one = stats(&owner, "?realm=User1").await;
    let [before, today] = of_one["items"].as_array().unwrap().as_slice() else { panic!("{of_one}") };
    assert_eq!((before, &today["logins"], &today["active_30d"]), (one, &json!(1), &json!(1)));
    let today = of_one["to"].as_str().unwrap();
    assert_eq!(stats(&owner, &format!("?realm=User1&from={today}")).await["items"].as_array().unwrap().len(), 1);

    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User2"]).await;
    let seen = json(auditor.get(&app, "/stats").await, 200).await;
    assert!(seen["items"].as_array().unwrap().iter().all(|day| day["realm"] == "User2"), "{seen}");
    for realm in ["User1", "admin", "Nowhere"] {
        assert_eq!(auditor.get(&app, &format!("/stats?realm={realm}")).await.status(), 404, "{realm}");
    }
    for query in ["?from=yesterday", "?to=2026-13-01", "?from=2020-01-01", "?day=1"] {
        let refused = problem(owner.get(&app, &format!("/stats{query}")).await, 422).await;
        assert!(refused["errors"][0]["field"].is_string(), "{query}: {refused}");
    }

    let (code, printed) = app.command(&["stats", "--realm", "User1", "--days", "1"]).await;
    assert_eq!((code, printed["items"].as_array().unwrap().len()), (0, 1), "{printed}");
    let text = app.printed(&["stats"], OutputFormat::Text).await;
    assert!(text.contains("sign-ins") && text.lines().count() == 5, "{text}");
    assert_eq!(app.command(&["stats", "--days", "few"]).await.0, 2);
}

#[tokio::test]
async fn messages_that_were_given_up_are_counted() {
    let app = TestApp::with(&[("MESSAGE_DELAY", "60s")]).await;
    let owner = app.owner().await;
    Person::new("john@example.com").register(&app).await;
    app.advance(DAY + Duration::from_secs(3600));
    count(&app).await;
    let owner = again(&app, &owner).await;
    let stats = json(owner.get(&app, "/stats?realm=User1").await, 200).await;
    let failed: u64 = stats["items"].as_array().unwrap().iter().filter_map(|day| day["mails"]["failed"].as_u64()).sum();
    assert_eq!(failed, 1, "{stats}");
}
