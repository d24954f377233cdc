//! `portcullis clients`: OpenID Connect clients.

use serde_json::{Value, json};

use crate::support::{TestApp, json as read};

const URI: &str = "https://shop.example.com/callback";

async fn algorithms(app: &TestApp) -> Vec<String> {
    let keys = read(app.get("/.well-known/jwks.json").await, 200).await;
    let keys = keys["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap().to_owned());
    let mut keys: Vec<String> = keys.collect();
    keys.sort();
    keys
}

#[tokio::test]
async fn a_client_is_added_shown_changed_rotated_and_removed() {
    let app = TestApp::start().await;
    let run = async |line: &[&str]| app.command(&[&["clients"], line, &["--realm", "User1"]].concat()).await;
    assert_eq!(run(&["list"]).await, (0, json!({"items": [], "next": null, "prev": null})));
    let (code, added) = run(&["add", "shop", "--name", "Shop", "--redirect-uri", URI, "--scope", "openid email"]).await;
    assert_eq!(code, 0);
    let secret = added["client_secret"].as_str().unwrap();
    assert!(secret.starts_with("pcs_") && secret.len() == 47);
    let expected = json!({
        "id": "shop", "name": "Shop", "type": "confidential", "first_party": false, "redirect_uris": [URI],
        "post_logout_redirect_uris": [], "grants": ["authorization_code"], "scopes": ["openid", "email"],
        "auth": "client_secret_basic", "pkce": true, "id_token_alg": null, "acr": null, "jwks": null, "secrets": 1,
        "declared": false, "created_at": "2026-01-01T00:00:00Z", "revision": 1,
    });
    let (code, shown) = run(&["show", "shop"]).await;
    assert_eq!((code, &shown), (0, &expected), "without the secret");
    assert_eq!(run(&["list"]).await.1["items"], json!([expected]));

    let (code, edited) = run(&["edit", "shop", "--first-party", "--grant", "refresh_token", "--acr", "phr"]).await;
    assert_eq!((code, &edited["first_party"], &edited["name"]), (0, &json!(true), &json!("Shop")));
    assert_eq!((&edited["grants"], &edited["acr"]), (&json!(["authorization_code", "refresh_token"]), &json!("phr")));
    for (switches, secrets) in [(&[][..], 2), (&[], 2), (&["--now"], 1)] {
        let (code, rotated) = run(&[&["rotate", "shop"], switches].concat()).await;
        assert_eq!((code, &rotated["secrets"]), (0, &json!(secrets)));
        assert_ne!(rotated["client_secret"], added["client_secret"]);
    }
    assert_eq!(run(&["edit", "shop", "--type", "public"]).await.1["secrets"], 0, "a public client has none");
    assert_eq!(run(&["rotate", "shop"]).await.0, 1);

    assert_eq!(run(&["remove", "shop"]).await.0, 2, "without a terminal --yes is needed");
    assert_eq!(run(&["remove", "shop", "--yes"]).await.0, 0);
    for line in
        [&["show", "shop"][..], &["edit", "shop", "--name", "x"], &["rotate", "shop"], &["remove", "shop", "--yes"]]
    {
        assert_eq!(run(line).await.0, 3, "{line:?}");
    }
    assert_eq!(app.command(&["clients", "list"]).await.0, 2, "which of two realms?");
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    let changes = rows.iter().filter(|row| row.event == "client_changed");
    let changes: Vec<Value> = changes.map(|row| serde_json::from_str(&row.details).unwrap()).collect();
    let of = |change: &str| changes.iter().filter(|details| details["change"] == change).count();
    assert_eq!((of("added"), of("edited"), of("rotated"), of("removed")), (1, 2, 3, 1));
}

#[tokio::test]
async fn what_is_wrong_with_a_client_is_rejected() {
    let app = TestApp::start().await;
    let add = async |more: &[&str]| app.command(&[&["clients", "add"], more, &["--realm", "User1"]].concat()).await.0;
    assert_eq!(add(&["shop"]).await, 1, "no redirect URI");
    assert_eq!(add(&["shop", "--redirect-uri", "http://shop.example.com/"]).await, 1);
    assert_eq!(add(&["shop", "--redirect-uri", URI, "--scope", "unknown"]).await, 1);
    assert_eq!(add(&["sh/op", "--redirect-uri", URI]).await, 1);
    assert_eq!(add(&["shop", "--redirect-uri", URI]).await, 0);
    assert_eq!(add(&["shop", "--redirect-uri", URI]).await, 1, "the id is taken");
    let other = app.command(&["clients", "add", "shop", "--redirect-uri", URI, "--realm", "User2"]).await;
    assert_eq!(other.0, 0, "but not in another realm");
}

#[tokio::test]
async fn where_openid_connect_is_off_no_client_can_be_added() {
    for settings in [("OIDC", "off"), ("PAGES", "off"), ("JWT_ISSUER", "https://issuer.example.com/{realm}")] {
        let app = TestApp::with(&[settings]).await;
        let add = ["clients", "add", "shop", "--redirect-uri", URI, "--realm", "User1"];
        assert_eq!(app.command(&add).await.0, 1, "{settings:?}");
        assert!(algorithms(&app).await.is_empty());
    }
}

#[tokio::test]
async fn a_client_has_a_key_pair_of_its_algorithm_that_lasts() {
    let app = TestApp::start().await;
    assert!(algorithms(&app).await.is_empty(), "a shared secret signs the tokens of the server");
    let add = async |id: &str, more: &[&str]| {
        let line = [&["clients", "add", id, "--redirect-uri", URI, "--realm", "User1"], more].concat();
        assert_eq!(app.command(&line).await.0, 0);
    };
    add("shop", &[]).await;
    app.run_maintenance().await;
    assert_eq!(algorithms(&app).await, ["RS256"]);
    add("app", &["--id-token-alg", "ES256"]).await;
    add("site", &["--id-token-alg", "RS256"]).await;
    app.run_maintenance().await;
    assert_eq!(algorithms(&app).await, ["ES256", "RS256"]);
    let before = read(app.get("/.well-known/jwks.json").await, 200).await;
    app.run_maintenance().await;
    assert_eq!(read(app.get("/.well-known/jwks.json").await, 200).await, before, "they are kept");
    // The server's own tokens are signed as before.
    let token = crate::support::Person::new("john@example.com").join(&app).await.log_in(&app).await;
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().alg, jsonwebtoken::Algorithm::HS256);
}

#[tokio::test]
async fn a_client_in_the_settings_is_listed_and_only_the_settings_change_it() {
    let dir = tempfile::TempDir::new().unwrap();
    std::fs::write(dir.path().join("secret"), "a-secret-of-a-client-that-is-long-enough\n").unwrap();
    let table = format!(
        "[realms.User1.clients.shop]\nname = \"Shop\"\nfirst_party = true\nredirect_uris = [\"{URI}\"]\nsecret_file = \"secret\"\n"
    );
    std::fs::write(dir.path().join("portcullis.toml"), table).unwrap();
    let database = crate::support::database::Database::new().await;
    let app = TestApp::on(dir, database, crate::support::BEGIN, &[]).await;
    assert_eq!(algorithms(&app).await, ["RS256"], "its key is there from the start");
    let run = async |line: &[&str]| app.command(&[&["clients"], line, &["--realm", "User1"]].concat()).await;
    let (code, shown) = run(&["show", "shop"]).await;
    assert_eq!((code, &shown["declared"], &shown["secrets"]), (0, &json!(true), &json!(1)));
    assert_eq!(run(&["list"]).await.1["items"].as_array().unwrap().len(), 1);
    for line in [
        &["add", "shop", "--redirect-uri", URI][..],
        &["edit", "shop", "--name", "x"],
        &["rotate", "shop"],
        &["remove", "shop", "--yes"],
    ] {
        assert_eq!(run(line).await.0, 1, "{line:?}");
    }
    assert_eq!(app.command(&["clients", "show", "shop", "--realm", "User2"]).await.0, 3);
}
