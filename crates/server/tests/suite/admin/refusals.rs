//! Requests rejected by the admin API are recorded in the audit trail.

use reqwest::Method;
use serde_json::json;

use crate::support::{Person, TestApp, admin::REASON, json, problem};

#[tokio::test]
async fn each_refusal_by_credentials_authority_state_or_a_limit_has_a_row_with_its_administrator() {
    let app = TestApp::with(&[("RATE_LIMIT_MODE", "enforce"), ("LIMIT_ADMIN_READS_ACCOUNT", "2/1h")]).await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let support = app.admin(&owner, "support@example.com", &["support@User1"]).await;
    let path = format!("/realms/User1/users/{}", john.id);
    let refused = async |realm: &str, reason: &str, who: Option<&str>| {
        let rows = app.audit(realm).await;
        let is_it = |row: &&portcullis_core::audit::AuditEntry| {
            row.outcome == "refused" && row.reason.as_deref() == Some(reason) && row.actor_id.as_deref() == who
        };
        let row = rows.iter().find(is_it).unwrap_or_else(|| panic!("{realm} {reason}: {rows:#?}"));
        (row.event.clone(), row.details.clone())
    };
    let forbidden = support.post(&app, "/realms/User1/users", json!({"email": "ada@example.com"})).await;
    assert_eq!(problem(forbidden, 403).await["code"], "admin.forbidden");
    let (event, details) = refused("User1", "admin.forbidden", Some(&support.id)).await;
    assert_eq!(event, "admin_refused");
    assert!(details.contains("POST /v1/admin/realms/{realm}/users"), "{details}");
    // A realm without a grant does not exist for the caller, but its owners see the attempt. A realm that does not
    // exist has no trail.
    for realm in ["User2", "User9"] {
        assert_eq!(support.get(&app, &format!("/realms/{realm}/users")).await.status(), 404);
    }
    refused("User2", "not_found", Some(&support.id)).await;
    assert_eq!(support.get(&app, &format!("{path}x")).await.status(), 404, "an unknown user is not a rejection");
    assert_eq!(support.get(&app, &path).await.status(), 200);
    assert_eq!(support.get(&app, &path).await.status(), 429);
    assert_eq!(refused("User1", "admin_reads", Some(&support.id)).await.0, "limit_reached");
    let unlock = owner.change(&app, Method::POST, &format!("{path}/unlock"), json!({"reason": REASON})).await;
    assert_eq!(problem(unlock, 409).await["code"], "user.status");
    refused("User1", "user.status", Some(&owner.id)).await;
    app.advance(std::time::Duration::from_secs(11 * 60));
    let erase = owner.change(&app, Method::DELETE, &path, json!({"reason": REASON})).await;
    assert_eq!(problem(erase, 401).await["code"], "auth.stale");
    refused("User1", "auth.stale", Some(&owner.id)).await;
    // An administrator without grants, a wrong key, and a cross-site request.
    assert_eq!(app.command(&["admins", "revoke", "support@example.com", "--yes"]).await.0, 0);
    assert_eq!(support.get(&app, "/realms").await.status(), 401);
    assert_eq!(app.get_as("pck_unknown_junk", "/v1/admin/realms").await.status(), 401);
    refused("admin", "admin.sign_in", None).await;
    let before = app.audit("admin").await.len();
    assert_eq!(app.get("/v1/admin/realms").await.status(), 401);
    assert_eq!(app.audit("admin").await.len(), before, "a request without credentials is not recorded");
    for _ in 0..6 {
        let body = json!({"email": "owner@example.com", "password": "another-long-password"});
        app.post_json("/v1/admin/sign_in", body).await;
    }
    let limited = app.audit("admin").await.into_iter().any(|row| row.event == "limit_reached");
    assert!(limited, "{:#?}", app.audit("admin").await);
}

#[tokio::test]
async fn the_end_of_all_sessions_of_a_realm_is_written_before_the_first_ends() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    let token = john.log_in(&app).await;
    let end = async || owner.post(&app, "/realms/User1/sessions/end", json!({"reason": REASON})).await;
    // The store fails after one commit.
    app.watched.die_at(1, false);
    assert_eq!(end().await.status(), 503);
    app.watched.store_is_away(false);
    let written = async || {
        let rows = app.audit("User1").await.into_iter().filter(|row| row.event == "realm_sessions_ended");
        let rows: Vec<_> = rows.collect();
        assert!(rows.iter().all(|row| row.note.is_some() && row.actor_id.as_deref() == Some(&*owner.id)));
        rows.len()
    };
    assert_eq!(written().await, 1);
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 200, "nothing has ended without its row");
    assert_eq!(json(end().await, 200).await["ended"], 1);
    assert_eq!(app.get_as(&token, "/User1/me").await.status(), 401);
    assert_eq!(written().await, 2);
}

#[tokio::test]
async fn reading_the_sessions_of_a_user_is_written() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    assert_eq!(owner.get(&app, &format!("/realms/User1/users/{}/sessions", john.id)).await.status(), 200);
    let rows = app.audit("User1").await;
    let row = rows.iter().find(|row| row.event == "profile_read").unwrap();
    assert_eq!((row.actor_id.as_deref(), row.user.as_ref().unwrap().as_str()), (Some(&*owner.id), &*john.id));
}
