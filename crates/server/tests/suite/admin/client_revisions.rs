//! Changes of clients at the revision that was read, so that no change of another administrator is lost.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{TestApp, admin::Admin, json as read, problem};

const URI: &str = "https://shop.example.com/callback";
const OLD_URI: &str = "https://old.example.com/callback";
const LIST: &str = "/realms/User1/clients";
const SHOP: &str = "/realms/User1/clients/shop";

/// Sends a request with an `If-Match` header.
async fn at(app: &TestApp, admin: &Admin, (method, path, tag): (Method, &str, &str), body: Value) -> Response {
    admin.request(app, method, path).header("If-Match", tag).json(&body).send().await.unwrap()
}

/// Returns the entity tag of a response with this status.
fn tag(answer: &Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    answer.headers()["etag"].to_str().unwrap().to_owned()
}

async fn is_stale(answer: Response) {
    assert_eq!(problem(answer, 412).await["code"], "revision.stale");
}

#[tokio::test]
async fn a_redirect_uri_that_one_administrator_removes_is_not_brought_back_by_another() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    let both = json!({"id": "shop", "redirect_uris": [URI, OLD_URI]});
    assert_eq!(tag(&owner.post(&app, LIST, both).await, 201), "\"1\"");
    let (seen, also_seen) = (owner.get(&app, SHOP).await, manager.get(&app, SHOP).await);
    let seen = (tag(&seen, 200), tag(&also_seen, 200));
    assert_eq!((seen.0.as_str(), seen.1.as_str()), ("\"1\"", "\"1\""));

    let less = json!({"redirect_uris": [URI]});
    let removed = at(&app, &owner, (Method::PATCH, SHOP, &seen.0), less).await;
    assert_eq!(tag(&removed, 200), "\"2\"");
    assert_eq!(read(removed, 200).await["revision"], 2);
    let old = json!({"name": "The shop", "redirect_uris": [URI, OLD_URI]});
    is_stale(at(&app, &manager, (Method::PATCH, SHOP, &seen.1), old).await).await;
    let shop = read(owner.get(&app, SHOP).await, 200).await;
    assert_eq!((&shop["redirect_uris"], &shop["name"]), (&json!([URI]), &json!("shop")));

    let wrong = at(&app, &manager, (Method::PATCH, SHOP, &seen.1), json!({"name": 5})).await;
    assert_eq!(problem(wrong, 422).await["errors"][0]["field"], "name", "the body is checked first");
    let named = at(&app, &manager, (Method::PATCH, SHOP, "\"1\", \"2\""), json!({"name": "The shop"})).await;
    assert_eq!(tag(&named, 200), "\"3\"");
    let any = manager.request(&app, Method::PATCH, SHOP).json(&json!({"name": "Shop"})).send().await.unwrap();
    assert_eq!(tag(&any, 200), "\"4\"", "the header is optional");
    is_stale(at(&app, &manager, (Method::PATCH, SHOP, "W/\"4\""), json!({"name": "x"})).await).await;
}

#[tokio::test]
async fn of_many_changes_at_one_revision_one_is_made() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    read(owner.post(&app, LIST, json!({"id": "shop", "redirect_uris": [URI]})).await, 201).await;
    let edits = (0..8).map(|number| {
        let body = json!({ "name": format!("Shop {number}") });
        at(&app, &owner, (Method::PATCH, SHOP, "\"1\""), body)
    });
    let answers = futures_util::future::join_all(edits).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 412, 412, 412, 412, 412, 412, 412]);
    let rotate = format!("{SHOP}/rotate");
    let rotations = (0..4).map(|_| at(&app, &owner, (Method::POST, &rotate, "\"2\""), json!({})));
    let answers = futures_util::future::join_all(rotations).await;
    assert_eq!(answers.iter().filter(|answer| answer.status() == 200).count(), 1);
    let shop = read(owner.get(&app, SHOP).await, 200).await;
    assert_eq!((&shop["revision"], &shop["secrets"]), (&json!(3), &json!(2)), "the secret in use is still valid");
}

#[tokio::test]
async fn a_client_is_rotated_and_removed_at_the_revision_that_was_seen() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let new = json!({"id": "shop", "redirect_uris": [URI]});
    read(owner.post(&app, LIST, new.clone()).await, 201).await;
    let rotate = format!("{SHOP}/rotate");
    let rotated = at(&app, &owner, (Method::POST, &rotate, "\"1\""), json!({})).await;
    assert_eq!(tag(&rotated, 200), "\"2\"");
    is_stale(at(&app, &owner, (Method::POST, &rotate, "\"1\""), json!({})).await).await;
    is_stale(at(&app, &owner, (Method::DELETE, SHOP, "\"1\""), json!({})).await).await;
    assert_eq!(read(owner.get(&app, SHOP).await, 200).await["secrets"], 2);
    let removed = at(&app, &owner, (Method::DELETE, SHOP, "\"2\""), json!({})).await;
    assert_eq!(read(removed, 200).await["message"], "Client removed");

    // A change of the removed client is not made to another one of the same id.
    let again = read(owner.post(&app, LIST, new).await, 201).await;
    assert_eq!(again["revision"], 3);
    for revision in ["\"1\"", "\"2\""] {
        is_stale(at(&app, &owner, (Method::PATCH, SHOP, revision), json!({"redirect_uris": [OLD_URI]})).await).await;
    }
}

#[tokio::test]
async fn a_client_of_the_settings_has_no_revision() {
    let app = crate::openid::app().await;
    let owner = app.owner().await;
    let shop = owner.get(&app, SHOP).await;
    assert!(shop.headers().get("etag").is_none());
    assert_eq!(read(shop, 200).await["revision"], json!(null));
    let changed = at(&app, &owner, (Method::PATCH, SHOP, "\"1\""), json!({"name": "x"})).await;
    assert_eq!(problem(changed, 409).await["code"], "client.declared");
}
