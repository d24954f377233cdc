//! Consents of a user, as administrators see them.

use serde_json::json;

use crate::{
    openid::{MINE, answer, app, request, shop_tokens, signed_in},
    support::{json as read, problem},
};

#[tokio::test]
async fn an_auditor_sees_which_applications_may_use_an_account() {
    let app = app().await;
    let owner = app.owner().await;
    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User1"]).await;
    let (john, mut browser) = signed_in(&app).await;
    let path = format!("/realms/User1/users/{}/grants", john.id);
    let none = json!({"items": [], "next": null, "prev": null});
    assert_eq!(read(auditor.get(&app, &path).await, 200).await, none);
    shop_tokens(&mut browser, "openid email").await;
    // A client of the operator needs no consent.
    assert!(answer(&browser.get(&request("mine", MINE, &[])).await, MINE).contains_key("code"));
    let seen = read(auditor.get(&app, &path).await, 200).await;
    let token = john.log_in(&app).await;
    let own = read(app.get_as(&token, "/User1/me/grants").await, 200).await;
    assert_eq!(seen["items"], own["grants"]);
    let items = seen["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[0]["client"]), (1, &json!("shop")));
    assert_eq!(items[0]["scopes"], json!(["openid", "email"]));
    let rows = app.audit("User1").await;
    let reads = rows
        .iter()
        .filter(|row| row.event == "profile_read" && row.user.as_ref().is_some_and(|user| user.as_str() == john.id));
    assert_eq!(reads.count(), 2);

    assert_eq!(problem(auditor.get(&app, "/realms/User1/users/unknown/grants").await, 404).await["code"], "not_found");
    let elsewhere = app.admin(&owner, "elsewhere@example.com", &["owner@User2"]).await;
    assert_eq!(elsewhere.get(&app, &path).await.status(), 404);
}
