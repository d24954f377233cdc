//! Lists of administrators and keys, their grants, and rejected forms.

use reqwest::Method;
use serde_json::{Value, json};

use super::{desk, hidden};
use crate::support::{Person, TestApp, admin::REASON, json};

/// Otherwise, changing one grant would silently remove another one.
#[tokio::test]
async fn a_grant_for_a_realm_that_is_not_configured_now_stays() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let admin = app.admin(&owner, "ada@example.com", &["auditor@User1", "support@Gone"]).await;
    let (mut browser, path) = (desk(&app, &owner), format!("/admin/admins/{}/grants", admin.id));
    let page = browser.get(&path).await;
    let tick = r#"name="grants:support@Gone" value="true" aria-label="support of Gone" checked"#;
    assert!(page.body.contains(tick), "{}", page.body);
    let ticks = [("grants:support@Gone", "true"), ("grants:manager@User1", "true")];
    let saved = browser.send(&page, &path, &ticks).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    let held = async || {
        let all = json(owner.get(&app, "/admins").await, 200).await;
        let one = all["items"].as_array().unwrap().iter().find(|one| one["id"] == *admin.id).unwrap().clone();
        one["grants"].clone()
    };
    assert_eq!(held().await, json!(["support@Gone", "manager@User1"]));
    // The displayed page is not the newest one.
    let stale = browser.send(&page, &path, &[("grants:auditor@User1", "true")]).await;
    assert!(stale.status == 412 && stale.shows("It was changed by someone else."), "{} {}", stale.status, stale.body);
    assert_eq!(held().await, json!(["support@Gone", "manager@User1"]));
}

#[tokio::test]
async fn a_list_has_pages_and_each_entry_has_its_form() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for number in 0..205 {
        let key = json!({"name": format!("key {number:03}"), "grants": ["auditor@User1"]});
        json(owner.post(&app, "/admin-keys", key).await, 201).await;
    }
    let mut browser = desk(&app, &owner);
    let (mut page, mut seen) = (browser.get("/admin/keys").await, 0);
    loop {
        seen += page.body.matches("/revoke\">").count();
        let next = page.body.split("href=\"?").skip(1).find(|link| link.contains(">Next"));
        let Some(next) = next.map(|link| link.split('"').next().unwrap().replace("&amp;", "&")) else { break };
        page = browser.get(&format!("/admin/keys?{next}")).await;
    }
    assert!(seen == 205 && page.shows("Previous"), "{seen}");
    let first = json(owner.get(&app, "/admin-keys?limit=200").await, 200).await;
    let rest = format!("/admin-keys?limit=200&cursor={}", first["next"].as_str().unwrap());
    let last = json(owner.get(&app, &rest).await, 200).await;
    let id = last["items"][4]["id"].as_str().unwrap();
    assert_eq!(browser.get(&format!("/admin/keys/{id}/revoke")).await.status, 200);
}

/// Same as in the API: administrators who see the trail of the realm see the attempt.
#[tokio::test]
async fn a_form_that_is_rejected_has_a_row() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User1"]).await;
    let erase = format!("/admin/realms/User1/users/{}/erase", john.id);
    let mut browser = desk(&app, &auditor);
    let token = hidden(&browser.get("/admin/account").await, "token");
    let refused = browser.post(&erase, &[("token", &token), ("reason", REASON), ("revision", "1")]).await;
    assert!(refused.status == 403 && refused.shows("Your role doesn't allow this"), "{}", refused.body);
    let forged = browser.post(&erase, &[("token", "forged"), ("reason", REASON)]).await;
    assert_eq!(forged.status, 403);
    let rows = app.audit("User1").await;
    for (reason, method, route) in [
        ("admin.forbidden", Method::DELETE, "/v1/admin/realms/{realm}/users/{id}"),
        ("request.cross_site", Method::POST, "/admin/realms/{realm}/users/{id}/{form}"),
    ] {
        let row = rows.iter().find(|row| row.reason.as_deref() == Some(reason)).expect(reason);
        assert_eq!((row.event.as_str(), row.actor_id.as_deref()), ("admin_refused", Some(&*auditor.id)));
        let details: Value = serde_json::from_str(&row.details).unwrap();
        assert_eq!(details["route"], format!("{method} {route}"));
    }
}
