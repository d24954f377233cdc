//! Clients that authenticate with their own key (`private_key_jwt`).

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode, jwk::Jwk};
use portcullis_core::{
    clock::Clock,
    token::{Algorithm as Own, new_private_key},
};
use reqwest::Method;
use serde_json::{Value, json as value};

use super::{SHOP, VERIFIER, answer, app, clients, request, signed_in};
use crate::support::{TestApp, json};

const URI: &str = "https://bank.example.com/callback";
const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A key, and its public half.
fn key(kid: &str) -> (EncodingKey, Value) {
    let private = new_private_key(Own::Es256).unwrap();
    let key = EncodingKey::from_ec_der(&private);
    let mut public = serde_json::to_value(Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap()).unwrap();
    public["kid"] = kid.into();
    (key, public)
}

/// Signs an assertion, where `more` replaces claims; `null` removes one.
fn assertion(app: &TestApp, (key, kid): (&EncodingKey, &str), jti: &str, more: Value) -> String {
    let now = app.clock.now().secs();
    let issuer = format!("{}/User1", app.base);
    let mut claims = value!({"iss": "bank", "sub": "bank", "aud": issuer, "iat": now, "exp": now + 60, "jti": jti});
    for (name, changed) in more.as_object().unwrap() {
        claims[name] = changed.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, claim| !claim.is_null());
    encode(&Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::ES256) }, &claims, key).unwrap()
}

async fn present(app: &TestApp, code: &str, assertion: &str, more: &[(&str, &str)]) -> (u16, Value) {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", URI),
        ("code_verifier", VERIFIER),
        ("client_assertion_type", KIND),
        ("client_assertion", assertion),
    ];
    form.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    form.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    let answer = app.request(Method::POST, "/User1/token").form(&form).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// Returns assertions that prove nothing, each for another reason. Both keys have the same name.
fn bad_assertions(app: &TestApp, first: &EncodingKey, stranger: &EncodingKey) -> Vec<String> {
    let good = (first, "1");
    let other = value!({"aud": "https://other.example.com"});
    let now = app.clock.now().secs();
    vec![
        assertion(app, (stranger, "1"), "a", value!({})),
        assertion(app, (first, "2"), "b", value!({})),
        assertion(app, (first, "3"), "c", value!({})),
        assertion(app, good, "d", other),
        assertion(app, good, "e", value!({"aud": [format!("{}/User1", app.base), "https://other.example.com"]})),
        assertion(app, good, "f", value!({"aud": format!("{}/User2", app.base)})),
        assertion(app, good, "g", value!({"aud": []})),
        assertion(app, good, "h", value!({"iss": "shop"})),
        assertion(app, good, "i", value!({"sub": "shop"})),
        assertion(app, good, "j", value!({"exp": now - 60})),
        assertion(app, good, "k", value!({"exp": now + 3600})),
        assertion(app, good, "l", value!({"exp": null})),
        assertion(app, good, "m", value!({"nbf": now + 600})),
        assertion(app, good, "n", value!({"jti": null})),
        assertion(app, good, "", value!({})),
        "nonsense".to_owned(),
        format!("{}.{}.", assertion(app, good, "o", value!({})).split('.').next().unwrap(), "e30"),
    ]
}

#[tokio::test]
async fn a_client_signs_in_its_users_with_its_own_key() {
    let app = app().await;
    let (_, mut browser) = signed_in(&app).await;
    let ((first, first_public), (second, second_public), (stranger, _)) = (key("1"), key("2"), key("1"));
    let file = app.dir.path().join("jwks.json");
    std::fs::write(&file, value!({"keys": [first_public, second_public]}).to_string()).unwrap();
    let file = file.to_str().unwrap();
    let add = ["add", "bank", "--first-party", "--redirect-uri", URI, "--auth", "private_key_jwt", "--jwks-file", file];
    clients(&app, &[&add[..], &["--id-token-alg", "ES256"]].concat()).await;
    let (_, shown) = app.command(&["clients", "show", "bank", "--realm", "User1"]).await;
    assert_eq!((&shown["secrets"], shown["jwks"]["keys"].as_array().unwrap().len()), (&value!(0), 2));
    assert_ne!(app.command(&["clients", "rotate", "bank", "--realm", "User1"]).await.0, 0, "it has no secret");
    let code = answer(&browser.get(&request("bank", URI, &[])).await, URI)["code"].clone();
    let good = (&first, "1");
    let bad = bad_assertions(&app, &first, &stranger);
    for (number, bad) in bad.iter().enumerate() {
        let (status, body) = present(&app, &code, bad, &[]).await;
        assert_eq!((status, &body["error"]), (401, &value!("invalid_client")), "{number}");
    }
    let right = || assertion(&app, good, "right", value!({}));
    for more in [
        &[("client_secret", "x")][..],
        &[("client_id", "shop")],
        &[("client_assertion_type", "")],
        &[("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer")],
        &[("client_assertion", "")],
        &[("client_assertion", ""), ("client_assertion_type", ""), ("client_id", "bank")],
    ] {
        assert_eq!(present(&app, &code, &right(), more).await.0, 401, "{more:?}");
    }
    let (status, tokens) = present(&app, &code, &right(), &[("client_id", "bank")]).await;
    assert_eq!(status, 200, "{tokens}");
    let again = answer(&browser.get(&request("bank", URI, &[])).await, URI)["code"].clone();
    assert_eq!(present(&app, &again, &right(), &[]).await.0, 401, "each is used once");
    let endpoint = value!({"aud": [format!("{}/User1/token", app.base)]});
    let other_key = assertion(&app, (&second, "2"), "x", endpoint);
    assert_eq!(present(&app, &again, &other_key, &[]).await.0, 200);
    // Also where it asks about its tokens and ends them.
    let form = |jti: &str| {
        let signed = assertion(&app, good, jti, value!({}));
        [
            ("token", tokens["access_token"].as_str().unwrap().to_owned()),
            ("client_assertion_type", KIND.to_owned()),
            ("client_assertion", signed),
        ]
    };
    let asked = app.request(Method::POST, "/User1/introspect").form(&form("y")).send().await.unwrap();
    assert_eq!(json(asked, 200).await["active"], true);
    assert_eq!(app.request(Method::POST, "/User1/revoke").form(&form("z")).send().await.unwrap().status(), 200);
    let asked = app.request(Method::POST, "/User1/introspect").form(&form("w")).send().await.unwrap();
    assert_eq!(json(asked, 200).await["active"], false);
    let metadata = json(app.get("/.well-known/openid-configuration/User1").await, 200).await;
    let methods = value!(["client_secret_basic", "client_secret_post", "private_key_jwt", "none"]);
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], methods);
    assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], value!(["RS256", "ES256", "EdDSA"]));
}

#[tokio::test]
async fn keys_that_are_private_unknown_or_nameless_are_rejected() {
    let app = app().await;
    let ((_, one), (_, two)) = (key("1"), key("2"));
    let without = |mut key: Value, name: &str| {
        key.as_object_mut().unwrap().remove(name);
        key
    };
    let with = |mut key: Value, name: &str, more: &str| {
        key[name] = more.into();
        key
    };
    let file = app.dir.path().join("jwks.json");
    let add = async |auth: &str, keys: Value| {
        std::fs::write(&file, keys.to_string()).unwrap();
        let line =
            ["clients", "add", "bank", "--realm", "User1", "--first-party", "--redirect-uri", SHOP, "--auth", auth];
        app.command(&[&line[..], &["--jwks-file", file.to_str().unwrap()]].concat()).await.0
    };
    for keys in [
        value!({"keys": []}),
        value!({}),
        value!({"keys": [with(one.clone(), "d", "x")]}),
        value!({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
        value!({"keys": [one, one]}),
        value!({"keys": [one, without(two.clone(), "kid")]}),
        value!({"keys": [with(one.clone(), "crv", "P-384")]}),
        value!({"keys": [with(one.clone(), "x", "AA")]}),
    ] {
        assert_ne!(add("private_key_jwt", keys.clone()).await, 0, "{keys}");
    }
    assert_ne!(add("client_secret_basic", value!({"keys": [one]})).await, 0);
    let line = ["clients", "add", "bank", "--realm", "User1", "--redirect-uri", SHOP, "--auth", "private_key_jwt"];
    assert_ne!(app.command(&line).await.0, 0, "without a key");
    assert_eq!(add("private_key_jwt", value!({"keys": [without(one, "kid")]})).await, 0);
}
