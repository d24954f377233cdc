//! The scope `portcullis:account`: an application of the operator uses the account itself.

use reqwest::Method;
use serde_json::{Value, json as value};

use super::{answer, app, claims, clients, exchange, refresh, request, signed_in, userinfo};
use crate::{
    pages::browser::Browser,
    support::{Protected, TestApp, complete, json, problem},
};

const PORTAL: &str = "https://portal.example.com/callback";

async fn tokens(browser: &mut Browser<'_>, scope: &str) -> Value {
    let asked = browser.get(&request("portal", PORTAL, &[("scope", scope)])).await;
    let code = answer(&asked, PORTAL)["code"].clone();
    let form = [("client_id", "portal"), ("redirect_uri", PORTAL)];
    json(exchange(browser.app, &code, &form).await, 200).await
}

async fn call(app: &TestApp, method: Method, path: &str, token: &str, body: Value) -> reqwest::Response {
    app.request(method, path).bearer_auth(token).json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_token_with_the_scope_opens_the_routes_of_the_account() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let tokens = tokens(&mut browser, "openid portcullis:account").await;
    assert_eq!(tokens["scope"], "openid portcullis:account");
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(json(app.get_as(token, "/User1/me").await, 200).await["id"], john.id);
    let sessions = json(app.get_as(token, "/User1/me/sessions").await, 200).await;
    let current: Vec<&Value> =
        sessions["sessions"].as_array().unwrap().iter().filter(|one| one["current"] == true).collect();
    assert_eq!((current.len(), &current[0]["kind"]), (1, &value!("client")));
    json(call(&app, Method::PATCH, "/User1/me", token, value!({"first_name": "Jack"})).await, 200).await;
    json(userinfo(&app, token).await, 200).await;
    // What a proxy lets in is not for tokens of other applications.
    problem(app.get_as(token, "/User1/forward_auth").await, 401).await;
    // The same operations require a recent login as for other tokens. The step-up again returns a token of the client.
    app.clock.advance(std::time::Duration::from_secs(1200));
    let add = value!({"name": "App"});
    assert_eq!(
        problem(call(&app, Method::POST, "/User1/me/mfa/totp", token, add.clone()).await, 401).await["code"],
        "auth.stale"
    );
    let password = value!({"current_password": john.password});
    let up = json(call(&app, Method::POST, "/User1/me/step_up", token, password).await, 200).await;
    let fresh = up["access_token"].as_str().unwrap();
    let (before, after) = (claims(token), claims(fresh));
    assert_eq!(
        (&after["client_id"], &after["sid"], &after["scope"]),
        (&value!("portal"), &before["sid"], &before["scope"])
    );
    json(call(&app, Method::POST, "/User1/me/mfa/totp", fresh, add).await, 200).await;
    json(call(&app, Method::POST, "/User1/logout", fresh, value!({})).await, 200).await;
    problem(app.get_as(fresh, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn without_the_scope_or_after_it_was_taken_away_it_opens_nothing() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let without = tokens(&mut browser, "openid").await;
    problem(app.get_as(without["access_token"].as_str().unwrap(), "/User1/me").await, 401).await;
    let uri = "https://tool.example.com/callback";
    let add = [
        "add",
        "tool",
        "--type",
        "public",
        "--first-party",
        "--redirect-uri",
        uri,
        "--scope",
        "openid portcullis:account",
    ];
    clients(&app, &[&add[..], &["--id-token-alg", "ES256"]].concat()).await;
    let asked = browser.get(&request("tool", uri, &[("scope", "openid portcullis:account")])).await;
    let form = [("client_id", "tool"), ("redirect_uri", uri)];
    let tool = json(exchange(&app, &answer(&asked, uri)["code"], &form).await, 200).await;
    let token = tool["access_token"].as_str().unwrap();
    json(app.get_as(token, "/User1/me").await, 200).await;
    problem(app.get_as(token, "/User2/me").await, 401).await;
    clients(&app, &["edit", "tool", "--scope", "openid"]).await;
    problem(app.get_as(token, "/User1/me").await, 401).await;
    json(userinfo(&app, token).await, 200).await;
    // Only applications of the operator may have it.
    let refused = ["clients", "edit", "tool", "--realm", "User1", "--scope", "portcullis:account", "--third-party"];
    assert_ne!(app.command(&refused).await.0, 0);
}

#[tokio::test]
async fn a_step_up_gives_a_token_no_scope_that_it_did_not_have() {
    let app = app().await;
    let john = Protected::join(&app, "john@example.com").await;
    let off = app.request(Method::PATCH, "/User1/me/mfa").bearer_auth(&john.token);
    json(off.json(&value!({"two_step": false})).send().await.unwrap(), 200).await;
    let mut browser = Browser::signed_in(&app, &john.person).await;
    let uri = "https://tool.example.com/callback";
    let add = ["add", "tool", "--type", "public", "--first-party", "--redirect-uri", uri, "--id-token-alg", "ES256"];
    let more = ["--grant", "refresh_token", "--scope", "openid email portcullis:account"];
    clients(&app, &[&add[..], &more].concat()).await;
    let asked = browser.get(&request("tool", uri, &[("scope", "openid email portcullis:account")])).await;
    let form = [("client_id", "tool"), ("redirect_uri", uri)];
    let wide = json(exchange(&app, &answer(&asked, uri)["code"], &form).await, 200).await;
    let narrow = [("client_id", "tool"), ("scope", "portcullis:account")];
    let narrow = json(refresh(&app, &wide["refresh_token"], &narrow).await, 200).await;
    let token = narrow["access_token"].as_str().unwrap();
    let scope = |up: &Value| claims(up["access_token"].as_str().unwrap())["scope"].clone();
    let password = value!({"current_password": john.person.password});
    let up = json(call(&app, Method::POST, "/User1/me/step_up", token, password.clone()).await, 200).await;
    assert_eq!(scope(&up), "portcullis:account");
    // The ticket for a second factor keeps them.
    let two = value!({"current_password": john.person.password, "acr_values": "urn:portcullis:aal2"});
    let asked = call(&app, Method::POST, "/User1/me/step_up", token, two).await;
    let ticket = problem(asked, 403).await["mfa_token"].as_str().unwrap().to_owned();
    let code = john.app.next_code(&app);
    let up = json(complete(&app, &ticket, &[("code", &code)]).await, 200).await;
    assert_eq!(scope(&up), "portcullis:account");
}
