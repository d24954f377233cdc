//! Generated signing keys: use, publication and rotation.

use std::{collections::BTreeSet, time::Duration};

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json as value};

use crate::support::{Person, TestApp, json, problem};

async fn published(app: &TestApp) -> JwkSet {
    let answer = app.get("/.well-known/jwks.json").await;
    assert_eq!(answer.headers()["content-type"], "application/jwk-set+json");
    answer.json().await.unwrap()
}

fn kids(keys: &JwkSet) -> BTreeSet<String> {
    keys.keys.iter().map(|key| key.common.key_id.clone().unwrap()).collect()
}

/// Verifies a token as another service would: with the published keys and a library.
fn verifies(keys: &JwkSet, token: &str) -> bool {
    let header = decode_header(token).unwrap();
    let Some(key) = keys.find(&header.kid.unwrap()) else { return false };
    let mut validation = Validation::new(header.alg);
    validation.validate_exp = false;
    decode::<Value>(token, &DecodingKey::from_jwk(key).unwrap(), &validation).is_ok()
}

#[tokio::test]
async fn every_algorithm_signs_tokens_that_the_published_keys_verify() {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let app = TestApp::with(&[("JWT_ALGORITHM", algorithm)]).await;
        let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
        json(app.get_as(&token, "/User1/me").await, 200).await;
        let keys = published(&app).await;
        assert_eq!(keys.keys.len(), 1);
        assert!(verifies(&keys, &token), "{algorithm}");
        let document = app.get("/.well-known/jwks.json").await.text().await.unwrap();
        for private in ["\"d\"", "\"p\"", "\"q\"", "\"k\""] {
            assert!(!document.contains(private));
        }
        assert_eq!(serde_json::from_str::<Value>(&document).unwrap()["keys"][0]["alg"], algorithm);
        assert_eq!(serde_json::from_str::<Value>(&document).unwrap()["keys"][0]["use"], "sig");
    }
}

#[tokio::test]
async fn a_shared_secret_is_never_published() {
    let app = TestApp::start().await;
    assert!(published(&app).await.keys.is_empty());
}

#[tokio::test]
async fn without_a_shared_secret_published_keys_verify_the_tokens() {
    let app = TestApp::with(&[("JWT_SECRET", "")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    assert_eq!(decode_header(&token).unwrap().alg, jsonwebtoken::Algorithm::ES256);
    let metadata = json(app.get("/.well-known/openid-configuration/User1").await, 200).await;
    let keys: JwkSet = app.http.get(metadata["jwks_uri"].as_str().unwrap()).send().await.unwrap().json().await.unwrap();
    assert!(verifies(&keys, &token));
}

#[tokio::test]
async fn the_metadata_of_a_realm_only_lists_existing_features() {
    let app = TestApp::start().await;
    let paths = [
        "/.well-known/openid-configuration/User2",
        "/.well-known/oauth-authorization-server/User2",
        "/User2/.well-known/openid-configuration",
    ];
    for path in paths {
        let answer = app.get(path).await;
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let metadata = json(answer, 200).await;
        let issuer = format!("{}/User2", app.base);
        let expected = value!({
            "issuer": issuer,
            "token_endpoint": format!("{issuer}/token"),
            "revocation_endpoint": format!("{issuer}/revoke"),
            "introspection_endpoint": format!("{issuer}/introspect"),
            "jwks_uri": format!("{}/.well-known/jwks.json", app.base),
            "response_types_supported": [],
            "grant_types_supported": ["refresh_token", "urn:portcullis:mfa"],
            "acr_values_supported": ["urn:portcullis:aal1", "urn:portcullis:aal2", "phr"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [],
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "introspection_endpoint_auth_methods_supported": ["client_secret_basic"],
        });
        assert_eq!(metadata, expected, "{path}");
    }
    for path in ["/.well-known/openid-configuration/Unknown", "/.well-known/oauth-authorization-server/Unknown"] {
        problem(app.get(path).await, 404).await;
    }
    let token = Person::new("john@example.com").of("User2").join(&app).await.log_in(&app).await;
    let claims = BASE64URL_NOPAD.decode(token.split('.').nth(1).unwrap().as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], format!("{}/User2", app.base));
}

#[tokio::test]
async fn keys_survive_a_restart_and_a_change_of_the_encryption_key() {
    let app = TestApp::with(&[("JWT_ALGORITHM", "ES256")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let before = kids(&published(&app).await);
    let (new, old) = ("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let app = app.restart_with(&[("ENCRYPTION_KEY", &format!("{new},{old}"))]).await;
    assert_eq!(kids(&published(&app).await), before);
    let app = app.restart_with(&[("ENCRYPTION_KEY", new)]).await;
    assert_eq!(kids(&published(&app).await), before);
    json(app.get_as(&token, "/User1/me").await, 200).await;
}

#[tokio::test]
async fn a_new_key_is_published_before_it_signs_and_the_old_one_verifies_while_its_tokens_are_about() {
    let app =
        TestApp::with(&[("JWT_ALGORITHM", "EdDSA"), ("JWT_KEY_ROTATION", "30d"), ("ACCESS_TOKEN_TTL", "3h")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let first = kids(&published(&app).await);

    // Nothing changes before the rotation is due.
    app.advance(Duration::from_secs(30 * 86_400 - 60));
    app.run_maintenance().await;
    assert_eq!(kids(&published(&app).await), first);

    app.advance(Duration::from_secs(60));
    app.run_maintenance().await;
    let both = published(&app).await;
    assert_eq!(both.keys.len(), 2);
    let old_token = john.log_in(&app).await;
    assert!(first.contains(&decode_header(&old_token).unwrap().kid.unwrap()));

    app.advance(Duration::from_secs(3600));
    app.run_maintenance().await;
    let new_token = john.log_in(&app).await;
    assert!(!first.contains(&decode_header(&new_token).unwrap().kid.unwrap()));
    assert!(verifies(&both, &new_token), "published before it signed");
    json(app.get_as(&old_token, "/User1/me").await, 200).await;

    app.advance(Duration::from_secs(2 * 86_400));
    app.run_maintenance().await;
    assert_eq!(published(&app).await.keys.len(), 1);
    assert!(kids(&published(&app).await).is_disjoint(&first));
    problem(app.get_as(&old_token, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn a_token_signed_with_the_public_key_as_a_secret_is_rejected() {
    let app = TestApp::with(&[("JWT_ALGORITHM", "RS256")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let document = app.get("/.well-known/jwks.json").await.text().await.unwrap();
    let mut header = decode_header(&token).unwrap();
    header.alg = jsonwebtoken::Algorithm::HS256;
    let claims = decode::<Value>(&token, &DecodingKey::from_jwk(&published(&app).await.keys[0]).unwrap(), &{
        let mut validation = Validation::new(jsonwebtoken::Algorithm::RS256);
        validation.validate_exp = false;
        validation
    });
    let key = jsonwebtoken::EncodingKey::from_secret(document.as_bytes());
    let forged = jsonwebtoken::encode(&header, &claims.unwrap().claims, &key).unwrap();
    problem(app.get_as(&forged, "/User1/me").await, 401).await;
}

#[tokio::test]
async fn keys_are_sealed_anew_also_while_a_shared_secret_signs() {
    let (new, old) = ("ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    let app = TestApp::with(&[("JWT_ALGORITHM", "ES256")]).await;
    let before = kids(&published(&app).await);
    let both = format!("{new},{old}");
    let app = app.restart_with(&[("JWT_ALGORITHM", "HS256"), ("ENCRYPTION_KEY", &both)]).await;
    let app = app.restart_with(&[("ENCRYPTION_KEY", new)]).await;
    let app = app.restart_with(&[("JWT_ALGORITHM", "ES256")]).await;
    assert_eq!(kids(&published(&app).await), before);
}

#[tokio::test]
async fn after_a_change_of_algorithm_the_old_key_signs_until_the_new_one_is_known() {
    let app = TestApp::with(&[("JWT_ALGORITHM", "ES256")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    app.advance(Duration::from_secs(2 * 3600));
    let app = app.restart_with(&[("JWT_ALGORITHM", "EdDSA")]).await;
    let algorithm = |token: &str| decode_header(token).unwrap().alg;
    assert_eq!(algorithm(&john.log_in(&app).await), jsonwebtoken::Algorithm::ES256);
    assert_eq!(published(&app).await.keys.len(), 2);
    app.advance(Duration::from_secs(3600));
    app.run_maintenance().await;
    assert_eq!(algorithm(&john.log_in(&app).await), jsonwebtoken::Algorithm::EdDSA);
}
