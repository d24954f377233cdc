//! Deliveries, keys and settings, and the figures of the overview.

use std::time::Duration;

use super::desk;
use crate::support::{Person, TestApp, json};

#[tokio::test]
async fn messages_are_retried_and_dropped() {
    let app = TestApp::with(&[("MESSAGE_DELAY", "60s")]).await;
    let owner = app.owner().await;
    app.advance(Duration::from_secs(60));
    app.pump().await;
    let mut browser = desk(&app, &owner);
    assert!(browser.get("/admin/deliveries").await.shows("No pending messages"));
    let john = Person::new("john@example.com").register(&app).await;
    Person::new("ada@example.com").register(&app).await;
    let page = browser.get(&format!("/admin/realms/User1/users/{}", john.id)).await;
    let of_john = format!("/admin/deliveries?realm=User1&user={}", john.id);
    assert!(page.body.replace("&amp;", "&").contains(&of_john), "{}", page.body);
    let list = browser.get(&of_john).await;
    assert!(list.shows("j•••@e•••.com") && !list.shows("a•••@e•••.com"), "{}", list.body);
    let list = browser.get("/admin/deliveries?realm=User1&state=waiting").await;
    assert!(list.shows("Verify email") && list.shows("j•••@e•••.com") && !list.shows("john@"), "{}", list.body);
    let path = |list: &str, verb: &str| {
        let mut parts = list.split("/admin/deliveries/").skip(1);
        let part = parts.find(|part| part.split('"').next().unwrap().ends_with(verb)).unwrap();
        format!("/admin/deliveries/{}", part.split('"').next().unwrap())
    };
    assert_eq!(app.pump().await, 0);
    let retried = browser.send(&list, &path(&list.body, "retry"), &[]).await;
    assert_eq!(
        (retried.status, retried.location.as_str()),
        (303, "/admin/deliveries?done=retried"),
        "{}",
        retried.body
    );
    assert_eq!(app.pump().await, 1);
    let left = browser.get("/admin/deliveries?done=retried").await;
    assert!(left.shows("Message scheduled."), "{}", left.body);
    let drop = path(&left.body, "drop");
    assert!(browser.get(&drop).await.shows("won't be sent") || browser.get(&drop).await.shows("won&#x27;t be sent"));
    let dropped = browser.fill(&drop, &[]).await;
    assert_eq!(dropped.location, "/admin/deliveries?done=dropped", "{}", dropped.body);
    assert!(browser.get("/admin/deliveries").await.shows("No pending messages"));
    assert_eq!(browser.get("/admin/deliveries?cursor=none").await.status, 400);
    assert_eq!(browser.get("/admin/deliveries?state=lost").await.status, 422);

    Person::new("eve@example.com").register(&app).await;
    let auditor = invited(&app, &owner).await;
    let seen = desk(&app, &auditor).get("/admin/deliveries").await;
    assert!(
        seen.shows("e•••@e•••.com") && !seen.body.contains("/retry\"") && !seen.body.contains("/drop\""),
        "{}",
        seen.body
    );
}

/// Invites an auditor, whose mail must not be the one that waits.
async fn invited(app: &TestApp, owner: &crate::support::admin::Admin) -> crate::support::admin::Admin {
    let line = ["admins", "invite", "auditor@example.com", "--role", "auditor@User1", "--print"];
    let made = app.command(&line).await.1;
    assert!(owner.get(app, "/me").await.status().is_success());
    app.accept(&made, "auditor@example.com").await
}

#[tokio::test]
async fn signing_keys_are_made_and_removed() {
    let app = TestApp::with(&[("JWT_SECRET", ""), ("JWT_ALGORITHM", "ES256")]).await;
    let owner = app.owner().await;
    let mut browser = desk(&app, &owner);
    let made = browser.fill("/admin/keys/rotate", &[]).await;
    assert_eq!(made.location, "/admin/keys?done=rotated", "{}", made.body);
    let keys = browser.get("/admin/keys").await;
    assert!(keys.shows("Published") && keys.shows("Signing keys"), "{}", keys.body);
    let links: Vec<&str> = keys.body.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let signing = links.iter().rfind(|link| link.ends_with("/retire")).unwrap();
    let refused = browser.fill(signing, &[]).await;
    assert!(refused.status == 409 && refused.shows("Select the box"), "{}", refused.body);
    let removed = browser.fill(signing, &[("force", "true")]).await;
    assert_eq!(removed.location, "/admin/keys?done=retired", "{}", removed.body);
    assert_eq!(browser.get("/admin/keys").await.body.matches("/retire\"").count(), 1);
}

#[tokio::test]
async fn the_page_of_keys_lists_the_audit_keys_and_rotates_them_after_a_recent_sign_in() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.seal_audit().await;
    let mut browser = desk(&app, &owner);
    let kids = async || {
        let keys = json(owner.get(&app, "/audit/keys").await, 200).await;
        let kid = |key: &serde_json::Value| key["kid"].as_str().unwrap().to_owned();
        keys["items"].as_array().unwrap().iter().map(kid).collect::<Vec<_>>()
    };
    let first = kids().await.pop().unwrap();
    let page = browser.get("/admin/keys").await;
    assert!(page.shows("Audit keys") && page.shows(&first) && !page.shows("Retired"), "{}", page.body);
    let made = browser.fill("/admin/keys/rotate-audit", &[]).await;
    assert_eq!(made.location, "/admin/keys?done=audit_rotated", "{}", made.body);
    let page = browser.get(&made.location).await;
    let second = kids().await.pop().unwrap();
    let (newer, older) = (page.body.find(&second).unwrap(), page.body.find(&first).unwrap());
    assert!(newer < older && page.body[older..].contains("Retired"), "{}", page.body);
    assert!(!page.body[..older].contains("Retired") && page.shows("New audit key created."), "{}", page.body);
    app.advance(Duration::from_secs(11 * 60));
    let refused = browser.fill("/admin/keys/rotate-audit", &[]).await;
    assert_eq!(refused.status, 422, "the password is asked for: {}", refused.body);
    assert_eq!(kids().await, [first, second]);
}

#[tokio::test]
async fn settings_are_found_and_overview_has_figures() {
    let app = TestApp::with(&[("SEARCH_BUDGET", "3s"), ("REALM_USER2_SIGNUP", "closed")]).await;
    let owner = app.owner().await;
    let mut browser = desk(&app, &owner);
    let all = browser.get("/admin/settings").await;
    let (changed, usual) = (all.body.find("SEARCH_BUDGET").unwrap(), all.body.find("REFRESH_GRACE").unwrap());
    assert!(changed < usual && !all.body.contains(crate::support::JWT_SECRET), "{}", all.body);
    let found = browser.get("/admin/settings?q=search_budget").await;
    assert!(found.shows("SEARCH_BUDGET") && !found.shows("REFRESH_GRACE"), "{}", found.body);
    assert!(browser.get("/admin/settings?q=nonsense").await.shows("No setting matches."));
    let realm = browser.get("/admin/settings?realm=User2&q=SIGNUP").await;
    assert!(realm.shows("closed") && realm.shows("Changed"), "{}", realm.body);

    assert!(browser.get("/admin").await.shows("No statistics yet."));
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    app.login("User1", "john@example.com", "wrong-password").await;
    app.seal_audit().await;
    app.run_maintenance().await;
    let overview = browser.get("/admin").await;
    for words in ["Sign-ins per day: highest 1 on", "Wrong password", "50.0 %", "How people sign in", "View as table"] {
        assert!(overview.shows(words), "{words}: {}", overview.body);
    }
    assert_eq!(overview.body.matches("<title>").count(), 1 + 3, "a bar in each of three charts");
    assert_eq!(overview.body.matches("class=\"track\"").count(), 2, "one method and one reason");
    assert!(browser.get("/admin?days=7&realm=User2").await.shows("No failed sign-ins in this period."));
}
