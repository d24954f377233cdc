//! Clients on the dashboard, and the applications that may use an account.

use serde_json::json as value;

use super::{desk, hidden};
use crate::{
    openid::{app as with_clients, basic, shop_tokens, signed_in},
    support::{TestApp, json},
};

const LIST: &str = "/admin/realms/User1/clients";
const URI: &str = "https://shop.example.com/callback";

/// Returns whether the token endpoint knows the secret of the client `shop`. The code itself is refused in any case.
async fn is_accepted(app: &TestApp, secret: &str) -> bool {
    let form = [("grant_type", "authorization_code"), ("code", "x"), ("redirect_uri", URI), ("code_verifier", "x")];
    let request = app.request(reqwest::Method::POST, "/User1/token").header("Authorization", basic("shop", secret));
    let refused: serde_json::Value = request.form(&form).send().await.unwrap().json().await.unwrap();
    refused["error"] == "invalid_grant"
}

/// Returns the secret that a page shows.
fn shown_secret(body: &str) -> String {
    let begin = body.find("pcs_").unwrap_or_else(|| panic!("{body}"));
    body[begin..].chars().take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect()
}

#[tokio::test]
async fn a_client_is_added_edited_rotated_and_removed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let manager = app.admin(&owner, "manager@example.com", &["manager@User1"]).await;
    let mut browser = desk(&app, &manager);
    let empty = browser.get(LIST).await;
    assert!(empty.shows("No client yet.") && empty.shows("/v1/admin/realms/User1/clients"), "{}", empty.body);
    let new = "/admin/realms/User1/new-client";
    let wrong = browser.fill(new, &[("id", "sh/op"), ("redirect_uris", "http://shop.example.com/")]).await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.shows("Fix 2 things to continue") && wrong.shows("http://shop.example.com/"), "{}", wrong.body);
    let uris = format!("{URI}\n  https://shop.example.com/second \n\n");
    let fields = [("id", "shop"), ("name", "Shop"), ("type", "confidential"), ("redirect_uris", &*uris)];
    let more = [("scopes", "openid email"), ("grants:refresh_token", "true"), ("pkce", "true"), ("acr", "phr")];
    let added = browser.fill(new, &[&fields[..], &more[..]].concat()).await;
    assert!(added.status == 200 && added.shows("It's shown only once"), "{}", added.body);
    let first = shown_secret(&added.body);
    assert!(is_accepted(&app, &first).await);
    assert!(added.body.contains(&format!("href=\"{LIST}/shop\"")), "{}", added.body);
    let page = browser.get(&format!("{LIST}/shop")).await;
    for words in ["Shop", URI, "https://shop.example.com/second", "refresh_token", "phr", "Edit client", "Required"] {
        assert!(page.shows(words), "{words}: {}", page.body);
    }
    assert!(!page.body.contains("pcs_") && browser.get(LIST).await.shows("openid email"));

    let edit = format!("{LIST}/shop/edit");
    let form = browser.get(&edit).await;
    for words in ["https://shop.example.com/second</textarea>", "value=\"openid email\"", "value=\"phr\" selected"] {
        assert!(form.body.contains(words), "{words}: {}", form.body);
    }
    let fields = [("name", ""), ("type", "confidential"), ("first_party", "true"), ("redirect_uris", URI), ("acr", "")];
    let saved = browser.send(&form, &edit, &[&fields[..], &[("scopes", "openid"), ("pkce", "true")]].concat()).await;
    assert_eq!(saved.location, format!("{LIST}/shop?done=client_saved"), "{}", saved.body);
    let client = json(owner.get(&app, "/realms/User1/clients/shop").await, 200).await;
    assert_eq!((&client["name"], &client["first_party"]), (&value!("shop"), &value!(true)));
    assert_eq!((&client["acr"], &client["grants"]), (&value!(null), &value!(["authorization_code"])));
    assert_eq!((&client["pkce"], &client["redirect_uris"]), (&value!(true), &value!([URI])));

    let rotate = format!("{LIST}/shop/rotate");
    let form = browser.get(&rotate).await;
    assert!(!form.body.contains("checked"), "older secrets stay unless asked for: {}", form.body);
    let second = shown_secret(&browser.send(&form, &rotate, &[]).await.body);
    assert!(is_accepted(&app, &first).await && is_accepted(&app, &second).await);
    let again = browser.send(&form, &rotate, &[]).await;
    assert!(again.status == 412 && again.shows("It was changed by someone else."), "{} {}", again.status, again.body);
    assert!(is_accepted(&app, &first).await, "the form generates one secret, even if it is submitted twice");
    let third = shown_secret(&browser.fill(&rotate, &[("now", "true")]).await.body);
    assert!(is_accepted(&app, &third).await && !is_accepted(&app, &second).await);
    let removed = browser.fill(&format!("{LIST}/shop/remove"), &[]).await;
    assert_eq!(removed.location, format!("{LIST}?done=client_removed"), "{}", removed.body);
    assert_eq!(browser.get(&format!("{LIST}/shop")).await.status, 404);
    assert!(!is_accepted(&app, &third).await);
}

#[tokio::test]
async fn a_value_that_another_administrator_changes_meanwhile_is_shown_before_it_is_replaced() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let old = "https://old.example.com/callback";
    let shop = value!({"id": "shop", "name": "Shop", "redirect_uris": [URI, old], "scopes": ["openid"]});
    json(owner.post(&app, "/realms/User1/clients", shop).await, 201).await;
    let (mut browser, edit) = (desk(&app, &owner), format!("{LIST}/shop/edit"));
    let form = browser.get(&edit).await;
    let change = owner.request(&app, reqwest::Method::PATCH, "/realms/User1/clients/shop");
    json(change.json(&value!({"redirect_uris": [URI]})).send().await.unwrap(), 200).await;

    let both = format!("{URI}\r\n{old}");
    let fields = [("name", "The shop"), ("type", "confidential"), ("redirect_uris", &*both), ("scopes", "openid")];
    let stale = browser.send(&form, &edit, &fields).await;
    assert_eq!(stale.status, 412, "{}", stale.body);
    for words in ["It was changed by someone else.", &*format!("Saved value: {URI}"), "Saved value: Shop"] {
        assert!(stale.shows(words), "{words}: {}", stale.body);
    }
    assert!(!stale.shows("Saved value: openid") && stale.body.contains("value=\"The shop\""), "{}", stale.body);
    let client = json(owner.get(&app, "/realms/User1/clients/shop").await, 200).await;
    assert_eq!((&client["name"], &client["redirect_uris"]), (&value!("Shop"), &value!([URI])));
    let removed = browser.send(&form, &format!("{LIST}/shop/remove"), &[]).await;
    assert_eq!(removed.status, 412, "{}", removed.body);
    let fields = [("name", "The shop"), ("type", "confidential"), ("redirect_uris", URI), ("scopes", "openid")];
    assert_eq!(browser.send(&stale, &edit, &fields).await.status, 303);
}

#[tokio::test]
async fn a_client_without_a_secret_goes_to_its_page_and_has_none_to_rotate() {
    let app = TestApp::start().await;
    let mut browser = desk(&app, &app.owner().await);
    let fields = [("id", "new"), ("type", "public"), ("redirect_uris", "com.example.app:/callback"), ("pkce", "true")];
    let added = browser.fill("/admin/realms/User1/new-client", &fields).await;
    assert_eq!(added.location, format!("{LIST}/new?done=client_added"), "{}", added.body);
    let page = browser.get(&added.location).await;
    assert!(page.shows("Client added.") && !page.shows("New secret"), "{}", page.body);
    assert_eq!(browser.get(&format!("{LIST}/new/rotate")).await.status, 404);
    let taken = browser.fill("/admin/realms/User1/new-client", &fields).await;
    assert!(taken.status == 409 && taken.shows("Choose another id."), "{}", taken.body);
}

#[tokio::test]
async fn a_client_of_the_settings_has_no_forms() {
    let app = with_clients().await;
    let mut browser = desk(&app, &app.owner().await);
    assert!(browser.get(LIST).await.shows("Managed by file"));
    let page = browser.get(&format!("{LIST}/shop")).await;
    assert!(page.shows("Managed by file") && page.shows("[realms.User1.clients.shop]"), "{}", page.body);
    for form in ["edit", "rotate", "remove"] {
        assert!(!page.body.contains(&format!("/shop/{form}")), "{form}");
        assert_eq!(browser.get(&format!("{LIST}/shop/{form}")).await.status, 404, "{form}");
    }
    let token = hidden(&browser.get("/admin/realms/User1/new-client").await, "token");
    let sent = browser.post(&format!("{LIST}/shop/remove"), &[("token", &token)]).await;
    assert_eq!(sent.status, 404);
    let fields = [("id", "shop"), ("type", "public"), ("redirect_uris", URI), ("pkce", "true")];
    let taken = browser.fill("/admin/realms/User1/new-client", &fields).await;
    assert!(taken.status == 409 && taken.shows("Change it there."), "{}", taken.body);
}

#[tokio::test]
async fn the_applications_that_may_use_an_account_have_a_page() {
    let app = with_clients().await;
    let owner = app.owner().await;
    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User1"]).await;
    let (john, mut user) = signed_in(&app).await;
    let mut browser = desk(&app, &auditor);
    let page = format!("/admin/realms/User1/users/{}", john.id);
    assert!(browser.get(&page).await.body.contains(&format!("href=\"{page}/apps\"")));
    assert!(browser.get(&format!("{page}/apps")).await.shows("No app has access to this account."));
    shop_tokens(&mut user, "openid email").await;
    let apps = browser.get(&format!("{page}/apps")).await;
    for words in ["Shop", "openid email", "/grants"] {
        assert!(apps.shows(words), "{words}: {}", apps.body);
    }
    assert!(!apps.shows("john@example.com"), "masked for auditors");
}
