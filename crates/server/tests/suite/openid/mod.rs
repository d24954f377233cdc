//! OpenID Connect: other applications sign users in through the server.

mod account_scope;
mod assertion;
mod assurance;
mod attacks;
mod browsers;
mod conformance;
mod consent;
mod cors;
mod flow;
mod grants;
mod lifetime;
mod restriction;
mod signout;

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::{Method, Response};
use serde_json::Value;

use crate::{
    pages::browser::{Browser, Shown},
    support::{BEGIN, Person, TestApp, database::Database},
};

pub const SECRET: &str = "the-secret-of-the-shop-which-is-long-enough";
pub const SHOP: &str = "https://shop.example.com/callback";
pub const MINE: &str = "https://mine.example.com/callback";
pub const VERIFIER: &str = "a-code-verifier-of-the-tests-that-is-long-enough";

/// Clients of the tests: third-party, first-party, public, and native.
pub const CLIENTS: &str = r#"
[realms.User1]
scopes = "orders:read"

[realms.User1.clients.shop]
name = "Shop"
redirect_uris = ["https://shop.example.com/callback", "https://shop.example.com/second?a=b"]
post_logout_redirect_uris = ["https://shop.example.com/bye", "https://shop.example.com/bye?a=b"]
scopes = ["openid", "profile", "email", "phone", "offline_access", "orders:read"]
grants = ["refresh_token"]
secret_file = "secret"

[realms.User1.clients.mine]
first_party = true
redirect_uris = ["https://mine.example.com/callback"]
auth = "client_secret_post"
id_token_alg = "ES256"
secret_file = "secret"

[realms.User1.clients.site]
name = "Site"
type = "public"
first_party = true
redirect_uris = ["https://site.example.com/callback"]
id_token_alg = "ES256"
grants = ["refresh_token"]

[realms.User1.clients.native]
name = "Native"
type = "public"
redirect_uris = ["http://127.0.0.1/callback", "com.example.native:/callback"]
id_token_alg = "ES256"

[realms.User1.clients.desk]
name = "Desk"
type = "public"
first_party = true
redirect_uris = ["com.example.desk:/callback"]
id_token_alg = "ES256"

[realms.User1.clients.portal]
type = "public"
first_party = true
scopes = ["openid", "portcullis:account"]
redirect_uris = ["https://portal.example.com/callback"]
id_token_alg = "ES256"

[realms.User1.clients.old]
first_party = true
pkce = false
redirect_uris = ["https://old.example.com/callback"]
secret_file = "secret"
id_token_alg = "ES256"
"#;

/// Starts an application with these clients.
pub async fn app() -> TestApp {
    app_with(&[]).await
}

pub async fn app_with(settings: &[(&str, &str)]) -> TestApp {
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::write(dir.path().join("secret"), SECRET).unwrap();
    std::fs::write(dir.path().join("portcullis.toml"), CLIENTS).unwrap();
    TestApp::on(dir, Database::new().await, BEGIN, settings).await
}

pub fn challenge() -> String {
    BASE64URL_NOPAD.encode(digest(&SHA256, VERIFIER.as_bytes()).as_ref())
}

/// Returns the path of a request. `more` replaces and adds parameters; an empty value removes one.
pub fn request(client: &str, uri: &str, more: &[(&str, &str)]) -> String {
    let challenge = challenge();
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", uri),
        ("scope", "openid profile email"),
        ("state", "a state+of/the&test"),
        ("nonce", "n-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    all.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    format!("/User1/authorize?{}", form_urlencoded::Serializer::new(String::new()).extend_pairs(all).finish())
}

/// Returns the parameters of a response to a client at this redirect URI.
pub fn answer(shown: &Shown, uri: &str) -> BTreeMap<String, String> {
    assert_eq!(shown.status, 303, "{}", shown.body);
    let rest = shown.location.strip_prefix(uri).unwrap_or_else(|| panic!("{}", shown.location));
    let query = rest.strip_prefix(['?', '&']).unwrap_or_else(|| panic!("{}", shown.location));
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

pub fn basic(id: &str, secret: &str) -> String {
    format!("Basic {}", BASE64.encode(format!("{id}:{secret}").as_bytes()))
}

/// Runs a verb of `portcullis clients` in the realm.
pub async fn clients(app: &TestApp, line: &[&str]) {
    let (code, out) = app.command(&[&["clients"], line, &["--realm", "User1"]].concat()).await;
    assert_eq!(code, 0, "{line:?}: {out}");
}

/// Refreshes the tokens of the client `shop`.
pub async fn refresh(app: &TestApp, token: &Value, more: &[(&str, &str)]) -> Response {
    let form = [&[("grant_type", "refresh_token"), ("refresh_token", token.as_str().unwrap())], more].concat();
    let request = app.request(Method::POST, "/User1/token");
    let has_own = more.iter().any(|(name, _)| *name == "client_id");
    let request = if has_own { request } else { request.header("Authorization", basic("shop", SECRET)) };
    request.form(&form).send().await.unwrap()
}

/// Returns the claims of a token without verifying it.
pub fn claims(token: &str) -> Value {
    let payload = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    serde_json::from_slice(&payload).unwrap()
}

pub async fn userinfo(app: &TestApp, token: &str) -> Response {
    app.get_as(token, "/User1/userinfo").await
}

/// Exchanges a code for the client `shop`. `more` replaces and adds parameters.
pub async fn exchange(app: &TestApp, code: &str, more: &[(&str, &str)]) -> Response {
    let mut form =
        vec![("grant_type", "authorization_code"), ("code", code), ("redirect_uri", SHOP), ("code_verifier", VERIFIER)];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let request = app.request(Method::POST, "/User1/token").form(&form);
    let has_own = form.iter().any(|(name, _)| *name == "client_id");
    let request = if has_own { request } else { request.header("Authorization", basic("shop", SECRET)) };
    request.send().await.unwrap()
}

/// Gives the client `shop` consent to these scopes, and returns its code.
pub async fn shop_code(browser: &mut Browser<'_>, scope: &str) -> String {
    let mut shown = browser.get(&request("shop", SHOP, &[("scope", scope)])).await;
    if shown.location.contains("/consent?") {
        let page = browser.get(&shown.location).await;
        shown = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    }
    answer(&shown, SHOP)["code"].clone()
}

/// Returns the form with a decision.
pub fn consent<'a>(page: &'a Shown, action: &'a str) -> [(&'a str, &'a str); 2] {
    let account = page.body.split_once("name=\"account\" value=\"").unwrap().1.split_once('"').unwrap().0;
    [("account", account), ("action", action)]
}

/// Returns tokens of the client `shop`.
pub async fn shop_tokens(browser: &mut Browser<'_>, scope: &str) -> Value {
    let code = shop_code(browser, scope).await;
    crate::support::json(exchange(browser.app, &code, &[]).await, 200).await
}

/// Returns a signed-in user.
pub async fn signed_in(app: &TestApp) -> (Person, Browser<'_>) {
    let john = Person::new("john@example.com").join(app).await;
    let browser = Browser::signed_in(app, &john).await;
    (john, browser)
}
