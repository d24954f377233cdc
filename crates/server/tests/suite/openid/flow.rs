//! The code flow, from the authorization request to the claims about the user.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reqwest::Method;
use serde_json::{Value, json as value};

use super::{MINE, SECRET, SHOP, VERIFIER, answer, app, claims, consent, exchange, request, signed_in, userinfo};
use crate::{
    pages::browser::Browser,
    support::{Person, TestApp, json},
};

/// Verifies a token like a client, with the published keys and a library.
async fn verified(app: &TestApp, token: &str, audience: &str) -> Value {
    let header = decode_header(token).unwrap();
    let keys: JwkSet = app.get("/.well-known/jwks.json").await.json().await.unwrap();
    let key = keys.find(header.kid.as_deref().unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    validation.set_audience(&[audience]);
    validation.set_issuer(&[format!("{}/User1", app.base)]);
    decode(token, &DecodingKey::from_jwk(key).unwrap(), &validation).unwrap().claims
}

/// Returns the left half of the hash of a token (OpenID Connect Core §3.1.3.6).
fn left_half(token: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    data_encoding::BASE64URL_NOPAD.encode(&hash.as_ref()[..16])
}

#[tokio::test]
async fn a_user_signs_in_consents_and_the_client_learns_who_it_is() {
    let app = app().await;
    let john = Person::new("john@example.com").join(&app).await;
    let mut browser = Browser::new(&app);
    let asked = browser.get(&request("shop", SHOP, &[("login_hint", "john@example.com")])).await;
    assert!(asked.status == 303 && asked.location.starts_with("/User1/signin?continue="));
    let page = browser.get(&asked.location).await;
    assert!(page.body.contains("value=\"john@example.com\""), "the hint is filled in");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://shop.example.com;"), "{policy}");
    assert!(page.headers.get("cross-origin-opener-policy").is_none(), "a popup must find its opener");
    let form = [("email", john.email.as_str()), ("password", &john.password)];
    let back = browser.submit(&page.form("signin"), &form).await;
    assert!(back.location.starts_with("/User1/consent?continue="), "{}", back.location);
    let page = browser.get(&back.location).await;
    assert_eq!(page.heading(), "Shop wants access to your Portcullis account");
    for words in ["shop.example.com", "See your name", "John Doe", "See your email address", "john@example.com"] {
        assert!(page.shows(words), "{words}");
    }
    let allowed = browser.post(&page.form("consent"), &consent(&page, "allow")).await;
    let answered = answer(&allowed, SHOP);
    let issuer = format!("{}/User1", app.base);
    assert_eq!(answered.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!((answered["iss"].as_str(), answered["state"].as_str()), (issuer.as_str(), "a state+of/the&test"));

    let tokens = exchange(&app, &answered["code"], &[]).await;
    assert_eq!(tokens.headers()["cache-control"], "no-store");
    let tokens = json(tokens, 200).await;
    assert_eq!((&tokens["token_type"], &tokens["expires_in"]), (&value!("bearer"), &value!(1800)));
    assert_eq!(tokens["scope"], "openid profile email");
    let id = verified(&app, tokens["id_token"].as_str().unwrap(), "shop").await;
    assert_eq!(decode_header(tokens["id_token"].as_str().unwrap()).unwrap().alg, jsonwebtoken::Algorithm::RS256);
    let expected = value!({
        "iss": issuer, "sub": john.id, "aud": "shop", "nonce": "n-1", "iat": 1_767_225_600, "exp": 1_767_226_200,
        "auth_time": 1_767_225_600, "acr": "urn:portcullis:aal1", "amr": ["pwd"], "name": "John Doe",
        "given_name": "John", "family_name": "Doe", "updated_at": 1_767_225_600, "email": "john@example.com",
        "email_verified": true, "sid": id["sid"], "at_hash": id["at_hash"],
    });
    assert_eq!(id, expected);
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(id["at_hash"], left_half(token));
    let access = verified(&app, token, &issuer).await;
    assert_eq!((&access["client_id"], &access["scope"]), (&value!("shop"), &value!("openid profile email")));
    assert_eq!((&access["sid"], &access["email"]), (&id["sid"], &value!("john@example.com")));

    let seen = value!({
        "sub": john.id, "name": "John Doe", "given_name": "John", "family_name": "Doe", "updated_at": 1_767_225_600,
        "email": "john@example.com", "email_verified": true,
    });
    assert_eq!(json(userinfo(&app, token).await, 200).await, seen);
    let posted = app.request(Method::POST, "/User1/userinfo").bearer_auth(token).send().await.unwrap();
    assert_eq!(json(posted, 200).await, seen);
    let form = app.post_form("/User1/userinfo", &[("access_token", token)]).await;
    assert_eq!(json(form, 200).await, seen);
    let twice = app.request(Method::POST, "/User1/userinfo").bearer_auth(token).form(&[("access_token", token)]);
    assert_eq!(twice.send().await.unwrap().status(), 400);

    // Nothing is asked the next time.
    let again = browser.get(&request("shop", SHOP, &[("prompt", "none")])).await;
    assert!(answer(&again, SHOP).contains_key("code"));
    let sessions = json(app.get_as(&john.log_in(&app).await, "/User1/me/sessions").await, 200).await;
    let kinds: Vec<_> =
        sessions["sessions"].as_array().unwrap().iter().map(|one| (&one["kind"], &one["client"])).collect();
    assert!(kinds.contains(&(&value!("client"), &value!({"id": "shop", "name": "Shop"}))), "{kinds:?}");
}

#[tokio::test]
async fn each_client_authenticates_in_its_own_way_and_has_its_own_algorithm() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let site = "https://site.example.com/callback";
    let old = "https://old.example.com/callback";
    for (client, uri, more) in [
        ("mine", MINE, &[][..]),
        ("site", site, &[]),
        ("old", old, &[("code_challenge", ""), ("code_challenge_method", "")]),
    ] {
        let code = answer(&browser.get(&request(client, uri, more)).await, uri)["code"].clone();
        let mut form = vec![("grant_type", "authorization_code"), ("code", code.as_str()), ("redirect_uri", uri)];
        let mut post = app.request(Method::POST, "/User1/token");
        match client {
            "mine" => form.extend([("client_id", client), ("client_secret", SECRET), ("code_verifier", VERIFIER)]),
            "site" => form.extend([("client_id", client), ("code_verifier", VERIFIER)]),
            _ => post = post.header("Authorization", super::basic(client, SECRET)),
        }
        let tokens = json(post.form(&form).send().await.unwrap(), 200).await;
        let id_token = tokens["id_token"].as_str().unwrap();
        assert_eq!(decode_header(id_token).unwrap().alg, jsonwebtoken::Algorithm::ES256, "{client}");
        assert_eq!(verified(&app, id_token, client).await["aud"], client);
        assert_eq!(tokens.get("refresh_token").is_some(), client == "site", "{client}");
        json(userinfo(&app, tokens["access_token"].as_str().unwrap()).await, 200).await;
    }
}

#[tokio::test]
async fn the_metadata_names_the_endpoints_and_is_the_same_at_three_addresses() {
    let app = app().await;
    let paths = [
        "/.well-known/openid-configuration/User1",
        "/.well-known/oauth-authorization-server/User1",
        "/User1/.well-known/openid-configuration",
    ];
    let mut documents = Vec::new();
    for path in paths {
        documents.push(app.get(path).await.text().await.unwrap());
    }
    assert!(documents.iter().all(|document| *document == documents[0]));
    let metadata: Value = serde_json::from_str(&documents[0]).unwrap();
    let issuer = format!("{}/User1", app.base);
    for (name, path) in [
        ("authorization_endpoint", "authorize"),
        ("token_endpoint", "token"),
        ("userinfo_endpoint", "userinfo"),
        ("end_session_endpoint", "end_session"),
    ] {
        assert_eq!(metadata[name], format!("{issuer}/{path}"));
    }
    assert_eq!(metadata["response_types_supported"], value!(["code"]));
    assert_eq!(metadata["response_modes_supported"], value!(["query", "form_post"]));
    assert_eq!(metadata["code_challenge_methods_supported"], value!(["S256"]));
    assert_eq!(metadata["id_token_signing_alg_values_supported"], value!(["RS256", "ES256"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], false);
    assert_eq!(
        metadata["scopes_supported"],
        value!(["openid", "profile", "email", "phone", "offline_access", "orders:read"])
    );
    let secrets = value!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    assert_eq!(metadata["introspection_endpoint_auth_methods_supported"], secrets);
    let other = json(app.get("/.well-known/openid-configuration/User2").await, 200).await;
    assert!(other.get("authorization_endpoint").is_none(), "a realm without clients");
    assert!(other.get("end_session_endpoint").is_none());
}

#[tokio::test]
async fn responses_can_be_posted_and_requests_can_be_forms() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let page = browser.get(&request("mine", MINE, &[("response_mode", "form_post")])).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains(&format!("action=\"{MINE}\"")) && page.body.contains("name=\"code\""));
    assert!(page.body.contains("name=\"iss\"") && page.body.contains("value=\"a state+of/the&amp;test\""));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self' https://mine.example.com;"), "{policy}");
    let asked = request("mine", MINE, &[]);
    let (path, query) = asked.split_once('?').unwrap();
    let form: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let posted = browser.request(Method::POST, path).form(&form).send().await.unwrap();
    let posted = browser.keep(posted).await;
    assert_eq!(posted.status, 303);
    assert!(answer(&browser.get(&posted.location).await, MINE).contains_key("code"));
}

#[tokio::test]
async fn scopes_determine_what_a_client_sees() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let tokens = super::shop_tokens(&mut browser, "openid phone orders:read portcullis:account unknown").await;
    assert_eq!(tokens["scope"], "openid phone orders:read", "others are left out");
    let access = claims(tokens["access_token"].as_str().unwrap());
    assert!(access.get("email").is_none());
    let seen = json(userinfo(&app, tokens["access_token"].as_str().unwrap()).await, 200).await;
    assert_eq!(seen, value!({"sub": john.id, "phone_number": "+1234567890", "phone_number_verified": false}));
    assert!(claims(tokens["id_token"].as_str().unwrap()).get("phone_number").is_none(), "only at userinfo");
    let bare = super::shop_tokens(&mut browser, "orders:read").await;
    assert!(bare.get("id_token").is_none(), "without openid there is no ID token");
    let refused = userinfo(&app, bare["access_token"].as_str().unwrap()).await;
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("insufficient_scope"));
    assert_eq!(crate::support::problem(refused, 403).await["code"], "scope.missing");
    let own = userinfo(&app, &john.log_in(&app).await).await;
    assert_eq!(crate::support::problem(own, 403).await["code"], "scope.missing");
    for token in ["", "nonsense", bare["access_token"].as_str().unwrap().rsplit_once('.').unwrap().0] {
        assert_eq!(userinfo(&app, token).await.status(), 401);
    }
    assert_eq!(app.get("/User1/userinfo").await.status(), 401);
}

#[tokio::test]
async fn what_a_request_asks_of_the_user_is_asked() {
    let app = app().await;
    let (john, mut browser) = signed_in(&app).await;
    let minute = std::time::Duration::from_secs(60);
    app.clock.advance(minute);
    let ask = |more: &[(&str, &str)]| request("mine", MINE, more);
    let mut get = async |path: &str| browser.get(path).await;
    assert!(answer(&get(&ask(&[("max_age", "60")])).await, MINE).contains_key("code"));
    for more in [&[("prompt", "login")][..], &[("max_age", "59")], &[("max_age", "0")]] {
        let led = get(&ask(more)).await;
        assert!(led.location.starts_with("/User1/signin/confirm?continue="), "{more:?}: {}", led.location);
    }
    let chosen = get(&ask(&[("prompt", "select_account")])).await;
    assert!(chosen.location.starts_with("/User1/signin?continue="));
    assert_eq!(get(&chosen.location).await.heading(), "Sign in", "although the browser is signed in");
    let created = get(&ask(&[("prompt", "create")])).await;
    assert!(answer(&created, MINE).contains_key("code"), "who is signed in has an account");
    let error = |shown: &crate::pages::browser::Shown| answer(shown, MINE)["error"].clone();
    assert_eq!(error(&get(&ask(&[("prompt", "none"), ("max_age", "59")])).await), "login_required");
    assert_eq!(error(&get(&ask(&[("acr_values", "urn:portcullis:aal2")])).await), "unmet_authentication_requirements");
    assert_eq!(error(&get(&ask(&[("acr_values", "unknown")])).await), "unmet_authentication_requirements");
    let met = get(&ask(&[("acr_values", "urn:portcullis:aal2 urn:portcullis:aal1")])).await;
    assert!(answer(&met, MINE).contains_key("code"), "the second can be met");

    // Signing in again satisfies the request, and the user is not asked twice.
    let led = get(&ask(&[("prompt", "login"), ("max_age", "0")])).await;
    let page = browser.get(&led.location).await;
    app.clock.advance(minute);
    let back = browser.submit(&page.form("confirm"), &[("password", john.password.as_str())]).await;
    assert!(answer(&back, MINE).contains_key("code"), "{}", back.location);

    let mut other = Browser::new(&app);
    assert!(other.get(&ask(&[("prompt", "create")])).await.location.starts_with("/User1/signup?continue="));
    assert_eq!(error(&other.get(&ask(&[("prompt", "none")])).await), "login_required");
}

#[tokio::test]
async fn an_id_token_hint_of_another_user_is_rejected() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let hint = super::shop_tokens(&mut browser, "openid").await["id_token"].as_str().unwrap().to_owned();
    let eve = Person::new("eve@example.com").join(&app).await;
    let mut other = Browser::signed_in(&app, &eve).await;
    app.clock.advance(std::time::Duration::from_secs(1));
    let with = |more: &[(&str, &str)]| request("shop", SHOP, &[&[("id_token_hint", hint.as_str())], more].concat());
    assert!(answer(&browser.get(&with(&[("prompt", "none"), ("scope", "openid")])).await, SHOP).contains_key("code"));
    assert_eq!(answer(&other.get(&with(&[("prompt", "none")])).await, SHOP)["error"], "login_required");
    assert!(other.get(&with(&[])).await.location.starts_with("/User1/signin?continue="));
    let foreign = request("mine", MINE, &[("id_token_hint", hint.as_str())]);
    assert_eq!(answer(&browser.get(&foreign).await, MINE)["error"], "invalid_request", "a hint of another client");
}
