//! Rows D56 and D65 to D69: the format and the keys of access tokens.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use portcullis::config::{self, Args, Sources};
use portcullis_core::random::SeededRandom;
use serde_json::{Value, json};

use super::{
    answer::{Answer, assert_alike},
    ask,
    program::refusal,
    token_of,
};
use crate::support::{BEGIN, JWT_SECRET, Person, TestApp, json, problem, process::Program};

const ANOTHER_SECRET: &str = "another-secret-of-the-tests-long-enough";

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

fn sign(header: &Header, claims: &Value, secret: &str) -> String {
    jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn header_of(token: &str) -> Header {
    jsonwebtoken::decode_header(token).unwrap()
}

#[tokio::test]
async fn d56_token_responses_follow_the_standards() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let login = app.login("User1", &john.email, &john.password).await;
    assert_eq!(login.headers()["cache-control"], "no-store");
    assert!(login.headers()["content-type"].to_str().unwrap().starts_with("application/json"));
    let login = json(login, 200).await;
    assert_eq!(login["token_type"], "bearer");
    let claims = part(login["access_token"].as_str().unwrap(), 1);
    assert_eq!(login["expires_in"].as_i64(), Some(claims["exp"].as_i64().unwrap() - BEGIN.secs()));

    let header = |answer: &reqwest::Response| answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    for path in ["/User1/", "/User1/me", "/User1/logout"] {
        let without = app.get(path).await;
        assert_eq!(header(&without), "Bearer realm=\"User1\"", "no word of an error to those who sent no token");
        assert_eq!(without.headers()["cache-control"], "no-store");
        problem(without, 401).await;
        let with = app.get_as("a.b.c", path).await;
        assert!(header(&with).starts_with("Bearer realm=\"User1\", error=\"invalid_token\""));
        assert_eq!(with.headers()["cache-control"], "no-store");
        problem(with, 401).await;
    }
    let refused = app.login("User1", &john.email, "wrong phrase").await;
    assert!(header(&refused).starts_with("Bearer "));
    assert_eq!(refused.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn d65_a_token_has_the_standard_claims_and_no_further_personal_data() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let (first, second) = (john.log_in(&app).await, john.log_in(&app).await);
    let header = part(&first, 0);
    assert_eq!((header["alg"].as_str(), header["typ"].as_str()), (Some("HS256"), Some("at+jwt")));
    assert!(header["kid"].as_str().is_some_and(|kid| !kid.is_empty()));
    assert_eq!(header.as_object().unwrap().len(), 3);

    let claims = part(&first, 1);
    let mut names: Vec<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["acr", "amr", "auth_time", "email", "exp", "iat", "id", "iss", "jti", "nbf", "realm", "sid", "sub"];
    assert_eq!(names, expected);
    let now = BEGIN.secs();
    for (name, value) in [
        ("iss", json!(format!("{}/User1", app.base))),
        ("sub", json!(john.id)),
        ("id", json!(john.id)),
        ("email", json!("john@example.com")),
        ("realm", json!("User1")),
        ("iat", json!(now)),
        ("nbf", json!(now)),
        ("auth_time", json!(now)),
        ("exp", json!(now + 1800)),
        ("amr", json!(["pwd"])),
    ] {
        assert_eq!(claims[name], value, "{name}");
    }
    for name in ["jti", "sid"] {
        assert!(claims[name].as_str().unwrap().len() >= 26);
        assert_ne!(claims[name], part(&second, 1)[name], "{name}");
    }
}

/// A service that knows `JWT_SECRET` could also sign tokens, so the login time in a token is not trusted.
#[tokio::test]
async fn the_time_of_a_login_is_that_of_the_session_whatever_a_token_says() {
    let app = TestApp::with(&[("ACCESS_TOKEN_TTL", "2h")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let jane = Person::new("jane@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    app.advance(std::time::Duration::from_secs(1801));
    let delete = async |claims: &Value| {
        let token = sign(&header_of(&token), claims, JWT_SECRET);
        let request = app.request(reqwest::Method::DELETE, "/User1/delete").bearer_auth(token);
        request.query(&[("id", &john.id), ("email", &john.email)]).send().await.unwrap()
    };
    let mut claims = part(&token, 1);
    claims["auth_time"] = json!(BEGIN.secs() + 1801);
    claims["amr"] = json!(["pwd", "otp"]);
    assert_eq!(problem(delete(&claims).await, 401).await["code"], "auth.stale");
    // An earlier time is not a contradiction, in contrast to another user, realm or session.
    claims["auth_time"] = json!(BEGIN.secs() - 1801);
    json(app.get_as(&sign(&header_of(&token), &claims, JWT_SECRET), "/User1/me").await, 200).await;
    for (claim, value) in [("sub", &*jane.id), ("realm", "User2"), ("sid", "aaaaaaaaaaaaaaaaaaaaaaaaaa")] {
        let mut other = claims.clone();
        other[claim] = json!(value);
        if claim == "sub" {
            other["id"] = json!(value);
        }
        problem(app.get_as(&sign(&header_of(&token), &other, JWT_SECRET), "/User1/me").await, 401).await;
    }
    let fresh = part(&john.log_in(&app).await, 1);
    json(delete(&fresh).await, 200).await;
}

#[tokio::test]
async fn d65_a_configured_audience_is_issued_and_required() {
    let app = TestApp::with(&[("JWT_AUDIENCE", "shop")]).await;
    let token = Person::new("john@example.com").join(&app).await.log_in(&app).await;
    let mut claims = part(&token, 1);
    assert_eq!(claims["aud"], "shop");
    json(app.get_as(&token, "/User1/me").await, 200).await;
    for aud in [json!("another shop"), json!(["another shop"]), json!([]), Value::Null, json!(1)] {
        claims["aud"] = aud;
        problem(app.get_as(&sign(&header_of(&token), &claims, JWT_SECRET), "/User1/me").await, 401).await;
    }
    claims["aud"] = json!(["another shop", "shop"]);
    json(app.get_as(&sign(&header_of(&token), &claims, JWT_SECRET), "/User1/me").await, 200).await;
}

#[tokio::test]
async fn d66_links_and_tokens_have_keys_of_their_own() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").register(&app).await;
    let (verify, undo) = (app.link(&john.email, "verify").await, app.link(&john.email, "undo").await);
    problem(app.get_as(token_of(&verify), "/User1/me").await, 401).await;
    let claims = json!({ "sub": john.id, "email": john.email, "purpose": "verify", "exp": BEGIN.secs() + 600 });
    for link in
        [sign(&Header::default(), &claims, JWT_SECRET), sign(&Header::new(Algorithm::HS512), &claims, JWT_SECRET)]
    {
        for page in ["verify", "undo"] {
            problem(ask(&app, &format!("/User1/{page}?token={link}")).await, 400).await;
        }
    }
    // A new token secret does not invalidate links.
    let before = app.base.clone();
    let app = app.restart_with(&[("JWT_SECRET", ANOTHER_SECRET)]).await;
    for link in [&undo, &verify] {
        json(ask(&app, link.strip_prefix(&before).unwrap()).await, 200).await;
    }
    john.log_in(&app).await;
}

#[tokio::test]
async fn d67_a_token_without_a_required_claim_is_rejected_despite_its_signature() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let token = john.log_in(&app).await;
    let (header, claims) = (header_of(&token), part(&token, 1));
    // The test signs tokens like the server.
    json(app.get_as(&sign(&header, &claims, JWT_SECRET), "/User1/me").await, 200).await;

    let mut answers = Vec::new();
    for name in claims.as_object().unwrap().keys() {
        let mut without = claims.clone();
        without.as_object_mut().unwrap().remove(name);
        let mut null = claims.clone();
        null[name] = Value::Null;
        let mut other = claims.clone();
        other[name] = if claims[name].is_string() { json!(1) } else { json!("") };
        // Access tokens of earlier versions do not have `acr`.
        let without = Some(("without", without)).filter(|_| name != "acr");
        for (what, claims) in [("with null as", null), ("with another type of", other)].into_iter().chain(without) {
            let answer = app.get_as(&sign(&header, &claims, JWT_SECRET), "/User1/me").await;
            answers.push((format!("{what} {name}"), Answer::of(answer).await));
        }
    }
    for name in ["jti", "sub", "sid", "iss", "realm", "id"] {
        let mut empty = claims.clone();
        empty[name] = json!("");
        let answer = app.get_as(&sign(&header, &empty, JWT_SECRET), "/User1/me").await;
        answers.push((format!("with an empty {name}"), Answer::of(answer).await));
    }
    for (what, claims) in [("no claim", json!({})), ("no object", json!("text"))] {
        answers.push((
            what.to_owned(),
            Answer::of(app.get_as(&sign(&header, &claims, JWT_SECRET), "/User1/me").await).await,
        ));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 401);
}

#[tokio::test]
async fn d67_a_token_of_another_format_is_rejected() {
    let app = TestApp::start().await;
    let john = Person::new("john@example.com").join(&app).await;
    let other = Person::new("other@example.com").join(&app).await;
    let (token, others) = (john.log_in(&app).await, other.log_in(&app).await);
    let (header, claims) = (header_of(&token), part(&token, 1));
    let change = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        sign(&header, &claims, JWT_SECRET)
    };
    let parts: Vec<_> = token.split('.').collect();
    let encoded = |value: Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let none = encoded(json!({ "alg": "none", "typ": "at+jwt", "kid": header.kid }));
    let mut as_plain_jwt = header.clone();
    as_plain_jwt.typ = Some("JWT".to_owned());
    let mut without_kid = header.clone();
    without_kid.kid = None;
    let mut by_hs512 = header.clone();
    by_hs512.alg = Algorithm::HS512;
    let mut answers = Vec::new();
    for (what, token) in [
        ("unsigned", format!("{none}.{}.", parts[1])),
        ("unsigned, with the old signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("without a signature", format!("{}.{}.", parts[0], parts[1])),
        ("another's claims", format!("{}.{}.{}", parts[0], others.split('.').nth(1).unwrap(), parts[2])),
        ("by another secret", sign(&header, &claims, ANOTHER_SECRET)),
        ("by another algorithm", sign(&by_hs512, &claims, JWT_SECRET)),
        ("of another type", sign(&as_plain_jwt, &claims, JWT_SECRET)),
        ("without kid", sign(&without_kid, &claims, JWT_SECRET)),
        ("for another realm", change("realm", json!("User2"))),
        ("by another issuer", change("iss", json!("https://evil.example/User1"))),
        ("of the session of another", change("sid", part(&others, 1)["sid"].clone())),
        ("of no session", change("sid", json!("00000000000000000000000000"))),
        ("not good yet", change("nbf", json!(BEGIN.secs() + 60))),
        ("expired", change("exp", json!(BEGIN.secs() - 60))),
        ("of another person", {
            let mut claims = claims.clone();
            claims["sub"] = json!(other.id);
            claims["id"] = json!(other.id);
            sign(&header, &claims, JWT_SECRET)
        }),
    ] {
        answers.push((what.to_owned(), Answer::of(app.get_as(&token, "/User1/me").await).await));
    }
    assert_alike(&answers);
    assert_eq!(answers[0].1.status, 401);
    json(app.get_as(&token, "/User1/me").await, 200).await;
}

#[test]
fn d68_published_and_weak_secrets_are_rejected_in_production() {
    let dir = tempfile::tempdir().unwrap();
    for secret in ["", "your-super-secret-jwt-key", "secret", "a-secret-of-only-thirty-one-byt", &"0".repeat(64)] {
        let env = [
            ("ENVIRONMENT", "production"),
            ("PUBLIC_URL", "https://accounts.example.com"),
            ("MAIL_SERVER", "smtp.example.com"),
            ("ENCRYPTION_KEY", "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE="),
            ("TRUSTED_PROXIES", "none"),
            ("JWT_ALGORITHM", "HS256"),
            ("JWT_SECRET", secret),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let sources = Sources { args: Args::default(), env, dir: dir.path().to_owned() };
        let refused = config::load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
        assert!(refused.contains("1 problem:") && refused.contains("JWT_SECRET"), "{refused}");
        assert!(secret.is_empty() || !refused.contains(secret));
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "production makes no secret for itself");
}

#[test]
fn d68_the_program_does_not_start_in_production_with_the_original_env_file() {
    let env = "JWT_SECRET=your-super-secret-jwt-key\nJWT_ALGORITHM=HS256\nMAIL_SERVER=smtp.gmail.com\n\
               MAIL_USERNAME=your-email@gmail.com\nMAIL_PASSWORD=your-app-password\nAPP_DOMAIN=accounts.example.com\n";
    let program = Program::new(&[]);
    std::fs::write(program.folder().join(".env"), env).unwrap();
    let said = refusal(&program);
    assert!(said.contains("JWT_SECRET: is a published example"), "{said}");
    assert!(said.contains("ENCRYPTION_KEY: is not set"), "{said}");
    assert!(!said.contains("your-super-secret-jwt-key") && !said.contains("your-app-password"));
}

#[test]
fn d68_no_secret_comes_into_the_repository_by_mistake() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap();
    for name in ["/.env", "/data"] {
        assert!(ignored.lines().any(|line| line == name), "{name}");
    }
}

#[tokio::test]
async fn d69_a_new_secret_ends_no_session_while_the_old_one_still_verifies() {
    let app = TestApp::with(&[("JWT_ISSUER", "https://accounts.example.com/{realm}")]).await;
    let john = Person::new("john@example.com").join(&app).await;
    let old = john.log_in(&app).await;

    let app = app.restart_with(&[("JWT_SECRET", ANOTHER_SECRET), ("JWT_SECRET_PREVIOUS", JWT_SECRET)]).await;
    json(app.get_as(&old, "/User1/me").await, 200).await;
    let new = john.log_in(&app).await;
    assert_ne!(header_of(&old).kid, header_of(&new).kid);
    // The old secret is not used for signing, regardless of the setting it is in.
    let claims = part(&new, 1);
    problem(app.get_as(&sign(&header_of(&new), &claims, JWT_SECRET), "/User1/me").await, 401).await;
    problem(app.get_as(&sign(&header_of(&old), &claims, ANOTHER_SECRET), "/User1/me").await, 401).await;

    let app = app.restart_with(&[("JWT_SECRET_PREVIOUS", "")]).await;
    json(app.get_as(&new, "/User1/me").await, 200).await;
    problem(app.get_as(&old, "/User1/me").await, 401).await;
    // The session continues, because only the token was signed with the old secret.
    john.log_in(&app).await;
}
