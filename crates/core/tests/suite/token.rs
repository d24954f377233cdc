use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use portcullis_core::{
    account::email::EmailAddress,
    clock::Timestamp,
    id::{SessionId, UserId},
    seal::Sealed,
    session::{Amr, Family, Session, SessionKind, TokenHash},
    token::{AccessTokens, Keyring, SigningKey, TokenUser},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::{ctx, ctx_at, realm};

const SECRET: &[u8] = b"a secret of at least thirty-two bytes";

fn tokens() -> AccessTokens {
    AccessTokens {
        issuer: "https://auth.example.com/{realm}".to_owned(),
        audience: None,
        actor_issuer: "https://auth.example.com/admin".to_owned(),
        keys: Keyring::new(SigningKey::hs256(SECRET), vec![]),
    }
}

fn issue(tokens: &AccessTokens) -> String {
    let ctx = ctx(1);
    let session = Session {
        realm: realm("User1"),
        id: SessionId::parse("session").unwrap(),
        user: UserId::parse("john").unwrap(),
        auth_time: ctx.now,
        amr: vec![Amr::Password],
        client: Sealed::from_bytes(vec![]),
        kind: SessionKind::Api,
        impersonator: None,
        created_at: ctx.now,
        expires_at: ctx.now.plus(Duration::from_secs(90 * 86_400)),
        family: Family { current: TokenHash([0; 32]), previous: None, rotated_at: ctx.now, idle_until: ctx.now },
        grant: None,
    };
    let user = TokenUser { email: &EmailAddress::parse("john@example.com").unwrap(), roles: &[] };
    tokens.issue(&ctx, &session, user, Duration::from_secs(1800)).unwrap().expose().to_owned()
}

fn is_good(tokens: &AccessTokens, token: &str) -> bool {
    tokens.verify(&ctx(1), &realm("User1"), token).is_ok()
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// Returns a correctly signed token with this header and these claims.
fn forge(header: &str, claims: &Value) -> String {
    let signed = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(header.as_bytes()),
        BASE64URL_NOPAD.encode(claims.to_string().as_bytes())
    );
    let signature =
        jsonwebtoken::crypto::sign(signed.as_bytes(), &EncodingKey::from_secret(SECRET), Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

fn header(token: &str) -> String {
    part(token, 0).to_string()
}

#[test]
fn a_token_has_the_claims_of_the_contract() {
    let token = issue(&tokens());
    let (header, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(header["alg"], "HS256");
    assert!(header["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
    assert_eq!(claims["iss"], "https://auth.example.com/User1");
    assert_eq!(claims["sub"], "john");
    assert_eq!(claims["id"], "john");
    assert_eq!(claims["email"], "john@example.com");
    assert_eq!(claims["realm"], "User1");
    assert_eq!(claims["sid"], "session");
    assert_eq!(claims["amr"], json!(["pwd"]));
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1800);
    assert_eq!(claims["nbf"], claims["iat"]);
    assert_eq!(claims["auth_time"], claims["iat"]);
    assert!(claims["jti"].as_str().unwrap().len() >= 22);
    assert!(claims.get("aud").is_none());
    assert!(is_good(&tokens(), &token));
}

#[test]
fn a_token_that_lacks_any_claim_is_rejected() {
    let token = issue(&tokens());
    let claims = part(&token, 1);
    assert!(is_good(&tokens(), &forge(&header(&token), &claims)));
    for claim in ["iss", "sub", "id", "email", "realm", "sid", "jti", "iat", "nbf", "exp", "auth_time", "amr"] {
        let mut lacking = claims.clone();
        lacking.as_object_mut().unwrap().remove(claim);
        assert!(!is_good(&tokens(), &forge(&header(&token), &lacking)), "{claim}");
    }
}

#[test]
fn an_unexpected_header_is_rejected() {
    let token = issue(&tokens());
    let (header, claims) = (part(&token, 0), part(&token, 1));
    let kid = header["kid"].as_str().unwrap();
    for bad in [
        json!({"alg": "none", "typ": "at+jwt", "kid": kid}).to_string(),
        json!({"alg": "HS512", "typ": "at+jwt", "kid": kid}).to_string(),
        json!({"alg": "RS256", "typ": "at+jwt", "kid": kid}).to_string(),
        json!({"alg": "HS256", "typ": "JWT", "kid": kid}).to_string(),
        json!({"alg": "HS256", "kid": kid}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt"}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": "other"}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": "../../dev/null"}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": kid, "crit": ["exp"]}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": kid, "crit": []}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": kid, "zip": "DEF"}).to_string(),
        json!({"alg": "HS256", "typ": "at+jwt", "kid": kid, "b64": false}).to_string(),
        format!(r#"{{"alg":"none","alg":"HS256","typ":"at+jwt","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"HS256","typ":"at+jwt","kid":"{kid}","x":1,"x":2}}"#),
        "[]".to_owned(),
        "{".to_owned(),
    ] {
        assert!(!is_good(&tokens(), &forge(&bad, &claims)), "{bad}");
    }
}

#[test]
fn key_locations_in_the_header_are_ignored() {
    let token = issue(&tokens());
    let mut header = part(&token, 0);
    header["jku"] = json!("http://127.0.0.1:1/keys");
    header["x5u"] = json!("http://127.0.0.1:1/chain");
    header["jwk"] = json!({"kty": "oct", "k": "AAAA"});
    assert!(is_good(&tokens(), &forge(&header.to_string(), &part(&token, 1))));
}

#[test]
fn the_form_is_strict() {
    let token = issue(&tokens());
    for bad in [
        String::new(),
        "a.b".to_owned(),
        format!("{token}."),
        format!("{token}="),
        format!(" {token}"),
        token.replace('.', ".."),
        token.split('.').take(2).collect::<Vec<_>>().join("."),
        format!("{}.", token.rsplit_once('.').unwrap().0),
        "x".repeat(100_000),
    ] {
        assert!(!is_good(&tokens(), &bad));
    }
}

#[test]
fn a_foreign_signature_realm_issuer_or_audience_is_rejected() {
    let token = issue(&tokens());
    let foreign = AccessTokens {
        keys: Keyring::new(SigningKey::hs256(b"another secret, long enough as well!"), vec![]),
        ..tokens()
    };
    assert!(!is_good(&tokens(), &issue(&foreign)));
    assert!(tokens().verify(&ctx(1), &realm("User2"), &token).is_err());
    let elsewhere = AccessTokens { issuer: "https://other.example.com/{realm}".to_owned(), ..tokens() };
    assert!(!is_good(&tokens(), &issue(&elsewhere)));
    let mut id_differs = part(&token, 1);
    id_differs["id"] = json!("jane");
    assert!(!is_good(&tokens(), &forge(&header(&token), &id_differs)));
    let asking = AccessTokens { audience: Some("app".to_owned()), ..tokens() };
    assert!(!is_good(&asking, &token));
    assert!(is_good(&asking, &issue(&asking)));
}

#[test]
fn clocks_may_differ_by_five_seconds() {
    let (tokens, token) = (tokens(), issue(&tokens()));
    let begin = ctx(1).now;
    let at = |millis: i64| {
        let now = Timestamp::from_millis(begin.millis() + millis);
        tokens.verify(&ctx_at(1, now), &realm("User1"), &token).is_ok()
    };
    assert!(at(-5_000) && at(0) && at(1_804_999));
    assert!(!at(-5_001) && !at(1_805_000));
}

#[test]
fn a_previous_secret_still_verifies_but_no_longer_signs() {
    let old = issue(&tokens());
    let new_secret = b"the next secret of the same length...";
    let rotated =
        AccessTokens { keys: Keyring::new(SigningKey::hs256(new_secret), vec![SigningKey::hs256(SECRET)]), ..tokens() };
    assert!(is_good(&rotated, &old));
    assert!(!is_good(&tokens(), &issue(&rotated)));
    let dropped = AccessTokens { keys: Keyring::new(SigningKey::hs256(new_secret), vec![]), ..tokens() };
    assert!(!is_good(&dropped, &old));
}

#[test]
fn a_bare_library_call_verifies_a_token() {
    let token = issue(&tokens());
    let mut validation = jsonwebtoken::Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_secret(SECRET);
    assert!(jsonwebtoken::decode::<Value>(&token, &key, &validation).is_ok());
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().alg, Header::new(Algorithm::HS256).alg);
}

proptest! {
    #[test]
    fn any_text_is_rejected(raw in any::<String>()) {
        prop_assert!(!is_good(&tokens(), &raw));
    }

    #[test]
    fn a_changed_character_invalidates_a_token(at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
        let token = issue(&tokens());
        let at = at.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(at..=at, &to);
        prop_assume!(changed != token);
        prop_assert!(!is_good(&tokens(), &changed));
    }
}
