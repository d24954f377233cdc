//! Clients over the admin API.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::{
    openid::{SECRET, basic},
    support::{TestApp, admin::Admin, json as read, problem},
};

const URI: &str = "https://shop.example.com/callback";
const LIST: &str = "/realms/User1/clients";

async fn send(app: &TestApp, admin: &Admin, method: Method, path: &str, body: Value) -> Response {
    admin.request(app, method, path).json(&body).send().await.unwrap()
}

async fn add(app: &TestApp, admin: &Admin, body: Value) -> Value {
    read(send(app, admin, Method::POST, LIST, body).await, 201).await
}

/// Returns whether the token endpoint accepts a secret. The code itself is refused in any case.
async fn is_accepted(app: &TestApp, id: &str, secret: &Value) -> bool {
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", URI), ("code_verifier", "x")];
    let request =
        app.request(Method::POST, "/User1/token").header("Authorization", basic(id, secret.as_str().unwrap()));
    let refused: Value = request.form(&form).send().await.unwrap().json().await.unwrap();
    refused["error"] == "invalid_grant"
}

#[tokio::test]
async fn a_manager_adds_shows_changes_rotates_and_removes_a_client() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    let body = json!({"id": "shop", "name": "Shop", "redirect_uris": [URI], "scopes": ["openid", "email"]});
    let answer = send(&app, &manager, Method::POST, LIST, body).await;
    assert_eq!(answer.headers()["location"], "/v1/admin/realms/User1/clients/shop");
    let mut added = read(answer, 201).await;
    let first = added.as_object_mut().unwrap().remove("client_secret").unwrap();
    assert!(is_accepted(&app, "shop", &first).await);
    let expected = json!({
        "id": "shop", "name": "Shop", "type": "confidential", "first_party": false, "redirect_uris": [URI],
        "post_logout_redirect_uris": [], "grants": ["authorization_code"], "scopes": ["openid", "email"],
        "auth": "client_secret_basic", "pkce": true, "id_token_alg": null, "acr": null, "jwks": null, "secrets": 1,
        "declared": false, "created_at": "2026-01-01T00:00:00Z", "revision": 1,
    });
    assert_eq!(added, expected);
    let path = format!("{LIST}/shop");
    assert_eq!(read(manager.get(&app, &path).await, 200).await, expected, "never the secret");
    let list = read(manager.get(&app, LIST).await, 200).await;
    assert_eq!(list, json!({"items": [expected], "next": null, "prev": null}));

    let change = json!({"first_party": true, "grants": ["refresh_token"], "acr": "phr", "name": null});
    let edited = read(send(&app, &manager, Method::PATCH, &path, change).await, 200).await;
    assert_eq!(
        (&edited["first_party"], &edited["name"], &edited["acr"]),
        (&json!(true), &json!("shop"), &json!("phr"))
    );
    assert_eq!((&edited["grants"], &edited["secrets"]), (&json!(["authorization_code", "refresh_token"]), &json!(1)));
    let edited = read(send(&app, &manager, Method::PATCH, &path, json!({"acr": null})).await, 200).await;
    assert_eq!((&edited["acr"], &edited["first_party"]), (&json!(null), &json!(true)), "null restores the default");

    let rotate = format!("{path}/rotate");
    let second = read(manager.post(&app, &rotate, json!({})).await, 200).await;
    assert_eq!(second["secrets"], 2);
    let second = &second["client_secret"];
    assert!(is_accepted(&app, "shop", &first).await && is_accepted(&app, "shop", second).await);
    let third = read(manager.post(&app, &rotate, json!({"now": true})).await, 200).await;
    assert_eq!(third["secrets"], 1);
    assert!(is_accepted(&app, "shop", &third["client_secret"]).await);
    assert!(!is_accepted(&app, "shop", &first).await && !is_accepted(&app, "shop", second).await);

    let removed = manager.request(&app, Method::DELETE, &path).send().await.unwrap();
    assert_eq!(read(removed, 200).await["message"], "Client removed");
    for (method, path) in
        [(Method::GET, &path), (Method::PATCH, &path), (Method::DELETE, &path), (Method::POST, &rotate)]
    {
        assert_eq!(problem(send(&app, &manager, method, path, json!({})).await, 404).await["code"], "not_found");
    }
    assert!(!is_accepted(&app, "shop", &third["client_secret"]).await);
    let rows = app.audit("User1").await;
    let changes: Vec<Value> = rows
        .iter()
        .filter(|row| row.event == "client_changed")
        .map(|row| {
            assert_eq!((row.actor_kind.as_str(), row.actor_id.as_deref()), ("admin", Some(manager.id.as_str())));
            serde_json::from_str(&row.details).unwrap()
        })
        .collect();
    let of = |change: &str| changes.iter().filter(|details| details["change"] == change).count();
    assert_eq!((of("added"), of("edited"), of("rotated"), of("removed")), (1, 2, 2, 1));
}

#[tokio::test]
async fn all_that_is_wrong_with_a_client_is_said_at_once() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let codes = async |method: Method, path: &str, body: Value| {
        let refused = problem(send(&app, &owner, method, path, body).await, 422).await;
        let errors = refused["errors"].as_array().unwrap().iter();
        let mut errors: Vec<String> = errors
            .map(|error| format!("{} {}", error["field"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        errors.sort();
        errors
    };
    let wrong = json!({
        "id": "sh/op", "name": "a\nb", "type": 5, "first_party": "no", "redirect_uris": ["http://shop.example.com/"],
        "grants": "refresh_token", "scopes": ["unknown"], "jwks": "{}", "secrets": 3, "id_token_alg": "HS256",
    });
    let expected = [
        "first_party field.type",
        "grants field.type",
        "id value.invalid",
        "id_token_alg value.invalid",
        "jwks client.jwks",
        "name name.invalid",
        "redirect_uris redirect_uri.invalid",
        "scopes value.invalid",
        "secrets field.unknown",
        "type field.type",
    ];
    assert_eq!(codes(Method::POST, LIST, wrong).await, expected);
    assert_eq!(codes(Method::POST, LIST, json!({})).await, ["id field.missing", "redirect_uris field.missing"]);
    let public =
        json!({"id": "app", "type": "public", "redirect_uris": [URI], "pkce": false, "auth": "client_secret_post"});
    assert_eq!(codes(Method::POST, LIST, public).await, ["auth value.invalid", "pkce value.invalid"]);

    let public = add(&app, &owner, json!({"id": "app", "type": "public", "redirect_uris": [URI]})).await;
    assert!(public["secrets"] == 0 && public.get("client_secret").is_none());
    let path = format!("{LIST}/app");
    assert_eq!(codes(Method::PATCH, &path, json!({"redirect_uris": null})).await, ["redirect_uris field.missing"]);
    assert_eq!(codes(Method::PATCH, &path, json!({"id": "other"})).await, ["id field.unknown"]);
    let rotate = format!("{path}/rotate");
    assert_eq!(codes(Method::POST, &rotate, json!({"now": "soon"})).await, ["now field.type"]);
    assert_eq!(problem(owner.post(&app, &rotate, json!({})).await, 409).await["code"], "client.public");
    let again = json!({"id": "app", "redirect_uris": [URI]});
    assert_eq!(problem(owner.post(&app, LIST, again.clone()).await, 409).await["code"], "client.exists");
    assert_eq!(owner.post(&app, "/realms/User2/clients", again).await.status(), 201, "another realm has its own");
    assert_eq!(owner.get(&app, "/realms/admin/clients").await.status(), 404);
}

#[tokio::test]
async fn a_client_of_the_settings_is_shown_and_never_changed() {
    let app = crate::openid::app().await;
    let owner = app.owner().await;
    let path = format!("{LIST}/shop");
    let shop = read(owner.get(&app, &path).await, 200).await;
    assert_eq!((&shop["declared"], &shop["secrets"], &shop["created_at"]), (&json!(true), &json!(1), &json!(null)));
    assert_eq!(shop["revision"], json!(null));
    assert!(!shop.to_string().contains(SECRET));
    let new = json!({"id": "shop", "redirect_uris": [URI]});
    let rotate = format!("{path}/rotate");
    let changes = [
        (Method::POST, LIST, new),
        (Method::PATCH, &path, json!({"name": "Other"})),
        (Method::DELETE, &path, json!({})),
        (Method::POST, &rotate, json!({})),
    ];
    for (method, path, body) in changes {
        let refused = problem(send(&app, &owner, method.clone(), path, body).await, 409).await;
        assert_eq!(refused["code"], "client.declared", "{method} {path}");
    }
    assert_eq!(read(owner.get(&app, &path).await, 200).await, shop);
}

#[tokio::test]
async fn clients_of_settings_and_store_are_one_list_in_pages_both_ways() {
    let app = crate::openid::app().await;
    let owner = app.owner().await;
    for id in ["a.first", "ocean", "zoo"] {
        add(&app, &owner, json!({"id": id, "type": "public", "redirect_uris": [URI]})).await;
    }
    let page = async |query: &str| read(owner.get(&app, &format!("{LIST}?{query}")).await, 200).await;
    let ids = |page: &Value| {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|client| client["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["a.first", "desk", "mine", "native", "ocean", "old", "portal", "shop", "site", "zoo"];
    assert_eq!(ids(&page("").await), all);
    let first = page("limit=4").await;
    assert_eq!((ids(&first), &first["prev"]), (all[..4].iter().map(|id| (*id).to_owned()).collect(), &json!(null)));
    let after = |page: &Value, way: &str| format!("limit=4&cursor={}", page[way].as_str().unwrap());
    // One of the page was removed, and another one came, meanwhile.
    owner.request(&app, Method::DELETE, &format!("{LIST}/a.first")).send().await.unwrap();
    add(&app, &owner, json!({"id": "beach", "type": "public", "redirect_uris": [URI]})).await;
    let second = page(&after(&first, "next")).await;
    assert_eq!(ids(&second), all[4..8]);
    let last = page(&after(&second, "next")).await;
    assert_eq!((ids(&last).as_slice(), &last["next"]), (&["site".to_owned(), "zoo".to_owned()][..], &json!(null)));
    assert_eq!(ids(&page(&after(&last, "prev")).await), all[4..8]);
    let other = format!("/realms/User2/clients?{}", after(&first, "next"));
    assert_eq!(problem(owner.get(&app, &other).await, 400).await["code"], "cursor.invalid");
    assert_eq!(problem(owner.get(&app, &format!("{LIST}?limit=0")).await, 422).await["errors"][0]["field"], "limit");
}

#[tokio::test]
async fn of_many_changes_at_once_none_is_lost() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    add(&app, &owner, json!({"id": "shop", "redirect_uris": [URI]})).await;
    let path = format!("{LIST}/shop");
    let changes =
        [json!({"name": "Shop"}), json!({"first_party": true}), json!({"acr": "phr"}), json!({"pkce": false})];
    let edits = changes.into_iter().map(|body| send(&app, &owner, Method::PATCH, &path, body));
    for answer in futures_util::future::join_all(edits).await {
        assert_eq!(answer.status(), 200);
    }
    let shop = read(owner.get(&app, &path).await, 200).await;
    assert_eq!((&shop["name"], &shop["first_party"], &shop["acr"]), (&json!("Shop"), &json!(true), &json!("phr")));
    assert_eq!(shop["pkce"], false);
    let removals = (0..4).map(|_| owner.request(&app, Method::DELETE, &path).send());
    let mut statuses: Vec<u16> = futures_util::future::join_all(removals)
        .await
        .into_iter()
        .map(|answer| answer.unwrap().status().as_u16())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 404, 404, 404]);
}
