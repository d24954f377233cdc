//! Attacks with requests, codes and tokens of clients.

use reqwest::Method;
use serde_json::Value;

use super::{
    MINE, SECRET, SHOP, VERIFIER, answer, app, basic, challenge, claims, exchange, request, shop_code, shop_tokens,
    signed_in, userinfo,
};
use crate::{
    pages::browser::Browser,
    support::{Person, TestApp, json, problem},
};

/// Returns the error of the token endpoint.
async fn refused(response: reqwest::Response, status: u16) -> String {
    json(response, status).await["error"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_matching_client_and_redirect_uri_the_response_is_a_page() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let long = "x".repeat(4096);
    let mut pages = vec![
        request("unknown", SHOP, &[]),
        request("", SHOP, &[]),
        request("shop", "", &[]),
        request("shop", MINE, &[]),
        request("shop", "https://evil.example/callback", &[("prompt", "none")]),
        request("shop", &format!("{SHOP}/"), &[]),
        request("shop", &format!("{SHOP}?a=b"), &[]),
        request("shop", "https://shop.example.com/callback/../evil", &[]),
        request("shop", "https://shop.example.com.evil.example/callback", &[]),
        request("shop", "https://shop.example.com@evil.example/callback", &[]),
        request("shop", "https://SHOP.example.com/callback", &[]),
        request("shop", "http://shop.example.com/callback", &[]),
        request("shop", "javascript:alert(1)", &[]),
        request("native", "http://127.0.0.1.evil.example:1/callback", &[]),
        request("native", "http://localhost:1/callback", &[]),
        request("shop", SHOP, &[("state", &long)]),
    ];
    pages.push(format!("{}&redirect_uri=https%3A%2F%2Fevil.example", request("shop", SHOP, &[])));
    pages.push(format!("{}&client_id=mine", request("shop", SHOP, &[])));
    for page in pages {
        let shown = browser.get(&page).await;
        assert_eq!((shown.status, shown.location.as_str()), (400, ""), "{page}");
        assert!(shown.body.contains("<h1>"), "a page for people");
        assert!(!shown.body.contains("evil"));
    }
    assert_eq!(browser.get(&request("shop", SHOP, &[]).replace("User1", "User2")).await.status, 400, "another realm");
}

#[tokio::test]
async fn an_invalid_request_is_reported_to_the_client_with_state_and_issuer() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let (challenge, issuer) = (challenge(), format!("{}/User1", app.base));
    let cases: &[(&[(&str, &str)], &str)] = &[
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_type", "none")], "unsupported_response_type"),
        (&[("response_type", "")], "invalid_request"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("request", "eyJhbGciOiJub25lIn0.e30.")], "request_not_supported"),
        (&[("request_uri", "https://evil.example/r")], "request_uri_not_supported"),
        (&[("scope", "open\"id")], "invalid_scope"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("prompt", "unknown")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "+1")], "invalid_request"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("id_token_hint", "nonsense")], "invalid_request"),
        // PKCE downgrades.
        (&[("code_challenge", ""), ("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "s256")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge", &challenge[1..])], "invalid_request"),
    ];
    for (more, error) in cases {
        let answered = answer(&browser.get(&request("mine", MINE, more)).await, MINE);
        assert_eq!(answered["error"], *error, "{more:?}");
        assert_eq!((&answered["state"], &answered["iss"]), (&"a state+of/the&test".to_owned(), &issuer));
        assert!(!answered.contains_key("code"));
    }
    let twice = format!("{}&scope=email", request("mine", MINE, &[]));
    assert_eq!(answer(&browser.get(&twice).await, MINE)["error"], "invalid_request");
    let second = "https://shop.example.com/second?a=b";
    let kept = browser.get(&request("shop", second, &[("prompt", "none")])).await;
    assert!(kept.location.starts_with("https://shop.example.com/second?a=b&error="), "{}", kept.location);
}

#[tokio::test]
async fn a_code_is_good_once_for_its_client_its_uri_and_its_verifier() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let other = "another-code-verifier-of-the-tests-long-enough";
    // Another client does not consume the code. A wrong verifier and a wrong URI do.
    let code = shop_code(&mut browser, "openid").await;
    let injected = [("client_id", "mine"), ("client_secret", SECRET)];
    assert_eq!(refused(exchange(&app, &code, &injected).await, 400).await, "invalid_grant");
    let site = [("client_id", "site")];
    assert_eq!(refused(exchange(&app, &code, &site).await, 400).await, "invalid_grant");
    json(exchange(&app, &code, &[]).await, 200).await;
    for more in [
        &[("code_verifier", other)][..],
        &[("code_verifier", "")],
        &[("code_verifier", &challenge())],
        &[("redirect_uri", "https://shop.example.com/second?a=b")],
        &[("redirect_uri", "")],
    ] {
        let code = shop_code(&mut browser, "openid").await;
        assert_eq!(refused(exchange(&app, &code, more).await, 400).await, "invalid_grant", "{more:?}");
        assert_eq!(refused(exchange(&app, &code, &[]).await, 400).await, "invalid_grant", "it is spent");
    }
    // A verifier without a challenge means that an attacker removed the challenge from the request.
    let old = "https://old.example.com/callback";
    let asked = request("old", old, &[("code_challenge", ""), ("code_challenge_method", "")]);
    let code = answer(&browser.get(&asked).await, old)["code"].clone();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", old),
        ("code_verifier", VERIFIER),
    ];
    let post = app.request(Method::POST, "/User1/token").header("Authorization", basic("old", SECRET));
    assert_eq!(refused(post.form(&form).send().await.unwrap(), 400).await, "invalid_grant");

    let code = shop_code(&mut browser, "openid").await;
    app.clock.advance(std::time::Duration::from_secs(61));
    assert_eq!(refused(exchange(&app, &code, &[]).await, 400).await, "invalid_grant", "after a minute");
    for code in ["", "nonsense", &"A".repeat(43)] {
        assert_eq!(refused(exchange(&app, code, &[]).await, 400).await, "invalid_grant");
    }
}

#[tokio::test]
async fn a_second_use_of_a_code_ends_the_session_of_the_first() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let code = shop_code(&mut browser, "openid").await;
    let tokens = json(exchange(&app, &code, &[]).await, 200).await;
    let token = tokens["access_token"].as_str().unwrap();
    json(userinfo(&app, token).await, 200).await;
    let injected = [("client_id", "mine"), ("client_secret", SECRET)];
    assert_eq!(refused(exchange(&app, &code, &injected).await, 400).await, "invalid_grant");
    json(userinfo(&app, token).await, 200).await;
    app.clock.advance(std::time::Duration::from_secs(300));
    assert_eq!(refused(exchange(&app, &code, &[]).await, 400).await, "invalid_grant");
    assert_eq!(userinfo(&app, token).await.status(), 401);
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    assert!(rows.iter().any(|row| row.event == "code_reused"));
    // At most one of many concurrent exchanges gets tokens.
    let code = shop_code(&mut browser, "openid").await;
    let all = futures_util::future::join_all((0..8).map(|_| exchange(&app, &code, &[]))).await;
    let won = all.iter().filter(|answer| answer.status() == 200).count();
    assert!(won <= 1, "{won}");
}

/// An `Authorization` header, and form fields.
type Presented = (Option<String>, &'static [(&'static str, &'static str)]);

#[tokio::test]
async fn a_client_that_authenticates_in_another_way_is_rejected() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let code = shop_code(&mut browser, "openid").await;
    let wrong: &[Presented] = &[
        (None, &[]),
        (Some(basic("shop", "wrong")), &[]),
        (Some(basic("shop", "")), &[]),
        (Some(basic("unknown", SECRET)), &[]),
        (Some(basic("mine", SECRET)), &[]),
        (Some(basic("site", SECRET)), &[]),
        (Some(basic("shop", SECRET)), &[("client_secret", SECRET)]),
        (Some(basic("shop", SECRET)), &[("client_id", "mine")]),
        (Some(basic("shop", SECRET)), &[("client_assertion", "x")]),
        (None, &[("client_id", "site"), ("client_assertion_type", "x")]),
        (None, &[("client_id", "shop")]),
        (None, &[("client_id", "shop"), ("client_secret", SECRET)]),
        (None, &[("client_id", "site"), ("client_secret", SECRET)]),
        (None, &[("client_id", "mine"), ("client_secret", "wrong")]),
        (None, &[("client_id", "mine")]),
        (Some("Bearer nonsense".to_owned()), &[("client_id", "site")]),
    ];
    for (header, more) in wrong {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", SHOP),
            ("code_verifier", VERIFIER),
        ];
        form.extend(*more);
        let mut post = app.request(Method::POST, "/User1/token").form(&form);
        if let Some(header) = header {
            post = post.header("Authorization", header);
        }
        let answer = post.send().await.unwrap();
        assert!(answer.headers().contains_key("www-authenticate"), "{header:?} {more:?}");
        assert_eq!(refused(answer, 401).await, "invalid_client", "{header:?} {more:?}");
    }
    // A credential that is not a string counts as well.
    let body =
        serde_json::json!({"grant_type": "authorization_code", "code": code, "client_id": "site", "client_secret": 1});
    assert_eq!(refused(app.post_json("/User1/token", body).await, 401).await, "invalid_client");
    // Nor does another name in the form lead a registered client to a grant of the server's own.
    let form =
        [("grant_type", "password"), ("username", "john@example.com"), ("password", "x"), ("client_id", "unknown")];
    let post = app.request(Method::POST, "/User1/token").header("Authorization", basic("shop", SECRET));
    assert_eq!(refused(post.form(&form).send().await.unwrap(), 401).await, "invalid_client");
    json(exchange(&app, &code, &[]).await, 200).await;
}

/// Services may have the shared secret, with which they could make tokens of clients.
#[tokio::test]
async fn a_token_of_a_client_that_a_shared_secret_signed_is_rejected() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let tokens = shop_tokens(&mut browser, "openid").await;
    let kid = jsonwebtoken::decode_header(&john.log_in(&app).await).unwrap().kid;
    let key = jsonwebtoken::EncodingKey::from_secret(crate::support::JWT_SECRET.as_bytes());
    let forged = |token: &str, kind: &str| {
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        (header.kid, header.typ) = (kid.clone(), Some(kind.to_owned()));
        jsonwebtoken::encode(&header, &claims(token), &key).unwrap()
    };
    let access = forged(tokens["access_token"].as_str().unwrap(), "at+jwt");
    assert_eq!(userinfo(&app, &access).await.status(), 401);
    let hint = forged(tokens["id_token"].as_str().unwrap(), "JWT");
    let asked = browser.get(&request("shop", SHOP, &[("id_token_hint", &hint)])).await;
    assert_eq!(answer(&asked, SHOP)["error"], "invalid_request");
    assert_eq!(browser.get(&format!("/User1/end_session?id_token_hint={hint}")).await.status, 400);
}

#[tokio::test]
async fn a_client_has_only_its_grants() {
    let app = app().await;
    let john = Person::new("john@example.com").join(&app).await;
    let own = json(app.login("User1", &john.email, &john.password).await, 200).await;
    let refresh = own["refresh_token"].as_str().unwrap();
    let forms: [&[(&str, &str)]; 4] = [
        &[("grant_type", "password"), ("username", &john.email), ("password", &john.password)],
        &[("grant_type", "refresh_token"), ("refresh_token", refresh)],
        &[("grant_type", "urn:portcullis:mfa"), ("mfa_token", "x"), ("code", "123456")],
        &[("grant_type", "client_credentials")],
    ];
    for form in forms {
        let mine = [form, &[("client_id", "mine"), ("client_secret", SECRET)]].concat();
        assert_eq!(refused(app.post_form("/User1/token", &mine).await, 400).await, "unauthorized_client", "{form:?}");
    }
    // An unregistered client is ignored, as before.
    let unknown = [forms[0], &[("client_id", "unknown"), ("client_secret", "x")]].concat();
    json(app.post_form("/User1/token", &unknown).await, 200).await;
    let unknown = [forms[1], &[("client_id", "unknown")]].concat();
    json(app.post_form("/User1/token", &unknown).await, 200).await;
}

/// Routes that must not accept a client's token, with one of the server's own tokens.
const CLOSED: [(Method, &str); 12] = [
    (Method::GET, "/User1"),
    (Method::GET, "/User1/me"),
    (Method::PATCH, "/User1/me"),
    (Method::DELETE, "/User1/me"),
    (Method::GET, "/User1/me/sessions"),
    (Method::DELETE, "/User1/me/sessions"),
    (Method::GET, "/User1/me/events"),
    (Method::GET, "/User1/me/mfa"),
    (Method::POST, "/User1/me/step_up"),
    (Method::GET, "/User1/forward_auth"),
    (Method::POST, "/User1/logout"),
    (Method::DELETE, "/User1/delete"),
];

async fn opens_userinfo_only(app: &TestApp, token: &str) {
    for (method, path) in CLOSED {
        let answer = app.request(method.clone(), path).bearer_auth(token).json(&Value::Null).send().await.unwrap();
        assert_eq!(answer.status(), 401, "{method} {path}");
    }
    json(userinfo(app, token).await, 200).await;
}

#[tokio::test]
async fn a_token_of_a_client_opens_userinfo_and_nothing_else() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let tokens = shop_tokens(&mut browser, "openid email").await;
    let access = tokens["access_token"].as_str().unwrap();
    opens_userinfo_only(&app, access).await;
    let id_token = tokens["id_token"].as_str().unwrap();
    assert_eq!(userinfo(&app, id_token).await.status(), 401, "an ID token is not an access token");
    assert_eq!(app.get_as(id_token, "/User1/me").await.status(), 401);
    assert_eq!(app.get_as(access, "/User2/userinfo").await.status(), 401, "another realm");
    // Pages only accept the cookie.
    let page = app.request(Method::GET, "/User1/account").bearer_auth(access).send().await.unwrap();
    assert_eq!(page.status(), 303);
    assert_eq!(claims(access)["sub"], john.id);
    problem(app.get_as(access, "/User1/me/export").await, 401).await;
}

#[tokio::test]
async fn a_token_of_one_client_is_nothing_at_another() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let tokens = shop_tokens(&mut browser, "openid").await;
    let (access, refresh) = (tokens["access_token"].as_str().unwrap(), tokens["refresh_token"].as_str().unwrap());
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh)];
    let site = [&form[..], &[("client_id", "site")]].concat();
    assert_eq!(refused(app.post_form("/User1/token", &site).await, 400).await, "invalid_grant");
    assert_eq!(refused(app.post_form("/User1/token", &form).await, 400).await, "invalid_grant", "nor without a client");
    for token in [access, refresh] {
        let none = app.post_form("/User1/revoke", &[("token", token)]).await;
        assert_eq!(refused(none, 401).await, "invalid_client");
        let other = app.post_form("/User1/revoke", &[("token", token), ("client_id", "site")]).await;
        assert_eq!(other.status(), 200, "it stays valid");
        json(userinfo(&app, access).await, 200).await;
    }
    let own = app.request(Method::POST, "/User1/revoke").header("Authorization", basic("shop", SECRET));
    assert_eq!(own.form(&[("token", access)]).send().await.unwrap().status(), 200);
    assert_eq!(userinfo(&app, access).await.status(), 401);
}

#[tokio::test]
async fn a_page_of_one_request_cannot_be_used_for_another_realm_or_forged() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let asked = browser.get(&request("shop", SHOP, &[])).await;
    let carried = asked.location.split_once("continue=").unwrap().1.to_owned();
    let mut forged = carried.clone();
    forged.replace_range(10..11, if &carried[10..11] == "A" { "B" } else { "A" });
    for page in ["authorize", "consent"] {
        assert_eq!(browser.get(&format!("/User1/{page}?continue={forged}")).await.status, 400, "{page}");
    }
    let john = Person::new("john2@example.com").of("User2").join(&app).await;
    let mut other = Browser::new(&app);
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let entered = other.post(&format!("/User2/signin?continue={carried}"), &form).await;
    assert_eq!(entered.location, "/User2/account");
    // It expires after an hour.
    app.clock.advance(std::time::Duration::from_secs(3601));
    assert_eq!(browser.get(&format!("/User1/authorize?continue={carried}")).await.status, 400);
}
