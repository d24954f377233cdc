//! Clients: redirect URIs, fields, secrets and records.

use portcullis_core::{
    SecretString,
    clock::Timestamp,
    oauth::{
        ClientDraft, ClientId, ClientSecret, NewClientSecret, RedirectKind, RedirectUri, RegisteredClient, Scopes,
    },
    record::{Record, RecordKeys},
};

use crate::support::{ctx, keys, realm};

const NOW: Timestamp = Timestamp::from_secs(1_767_225_600);

#[test]
fn redirect_uris_of_all_three_kinds_are_accepted() {
    let accepted = [
        ("https://app.example.com/callback", RedirectKind::Https, "app.example.com"),
        ("https://app.example.com", RedirectKind::Https, "app.example.com"),
        ("https://app.example.com:8443/a/b?tenant=7&lang=en", RedirectKind::Https, "app.example.com"),
        ("https://localhost/callback", RedirectKind::Https, "localhost"),
        ("https://192.0.2.1/callback", RedirectKind::Https, "192.0.2.1"),
        ("https://[2001:db8::1]:8443/callback", RedirectKind::Https, "[2001:db8::1]"),
        ("https://app.example.com/a%20b?next=%2Fhome", RedirectKind::Https, "app.example.com"),
        ("http://127.0.0.1/callback", RedirectKind::Loopback, "127.0.0.1"),
        ("http://127.0.0.1:3000/callback", RedirectKind::Loopback, "127.0.0.1"),
        ("http://[::1]:3000/callback", RedirectKind::Loopback, "[::1]"),
        ("http://localhost:3000", RedirectKind::Loopback, "localhost"),
        ("com.example.app:/callback", RedirectKind::Private, "com.example.app"),
        ("com.example.app://callback", RedirectKind::Private, "com.example.app"),
    ];
    for (text, kind, host) in accepted {
        let uri = RedirectUri::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!((uri.as_str(), uri.kind(), uri.host()), (text, kind, host));
    }
}

/// Redirect URIs that attackers have used to redirect to other places.
const TRICKS: &[&str] = &[
    "",
    // Schemes that browsers execute, or that do not identify an application.
    "javascript:alert(1)",
    "javascript://app.example.com/%0aalert(1)",
    "data:text/html,hello",
    "vbscript:x",
    "file:///etc/passwd",
    "blob:https://app.example.com/1",
    "myapp://callback",
    "app:/callback",
    "HTTPS://app.example.com/callback",
    "//app.example.com/callback",
    "/callback",
    "app.example.com/callback",
    "com.example..app:/callback",
    "com.example.:/callback",
    "com.example.app:",
    "com.example.app:callback",
    "Com.example.app:/callback",
    // Plain HTTP on other hosts, and other spellings of this machine.
    "http://app.example.com/callback",
    "http://localhost.example.com/callback",
    "http://127.0.0.1.example.com/callback",
    "http://127.0.0.2/callback",
    "http://127.1/callback",
    "http://2130706433/callback",
    "http://0x7f000001/callback",
    "http://0177.0.0.1/callback",
    "http://[::ffff:127.0.0.1]/callback",
    "http://[0:0:0:0:0:0:0:1]/callback",
    "http://localhost./callback",
    "http://LOCALHOST/callback",
    "https://2130706433/callback",
    "https://0x7f.1/callback",
    // Hosts and ports.
    "https:///callback",
    "https:/app.example.com/callback",
    "https:app.example.com",
    "https://app.example.com:/callback",
    "https://app.example.com:0/callback",
    "https://app.example.com:65536/callback",
    "https://app.example.com:80a/callback",
    "https://app..example.com/callback",
    "https://-app.example.com/callback",
    "https://app_x.example.com/callback",
    "https://[::1/callback",
    "https://[::1]x/callback",
    "https://[not-an-address]/callback",
    // User information.
    "https://app.example.com@evil.example/callback",
    "https://user:password@app.example.com/callback",
    "https://app.example.com%40evil.example/callback",
    "com.example.app://user@callback",
    // Fragments, wildcards, backslashes, spaces, templates.
    "https://app.example.com/callback#fragment",
    "https://app.example.com/callback#",
    "https://*.example.com/callback",
    "https://app.example.com/*",
    "https://app.example.com\\@evil.example/callback",
    "https:\\\\app.example.com/callback",
    "https://app.example.com/call back",
    " https://app.example.com/callback",
    "https://app.example.com/callback\n",
    "https://app.example.com/callback\u{0}",
    "https://app.example.com/{path}",
    "https://app.example.com/<script>",
    "https://app.example.com/\"onload",
    "https://äpp.example.com/callback",
    "https://app.example.com/cällback",
    // Paths with dot segments, and escapes.
    "https://app.example.com/a/../b",
    "https://app.example.com/..%2fb",
    "https://app.example.com/a/%2e%2e/b",
    "https://app.example.com/a/%2E./b",
    "https://app.example.com/%5cevil",
    "https://app.example.com/%0d%0aSet-Cookie:a=b",
    "https://app.example.com/%00",
    "https://app.example.com/%7f",
    "https://app.example.com/%zz",
    "https://app.example.com/%2",
    // Parameters that the response adds.
    "https://app.example.com/callback?code=1",
    "https://app.example.com/callback?a=b&state=1",
    "https://app.example.com/callback?iss=https://evil.example",
    "https://app.example.com/callback?error",
    "https://app.example.com/callback?response=1",
    "https://app.example.com/callback?a=b;code=1",
    "https://app.example.com/callback?%63ode=1",
    "https://app.example.com/callback?CODE=1",
    "https://app.example.com/callback?code[]=1",
    "https://app.example.com/callback?code%5B0%5D=1",
    "https://app.example.com/callback?error_description=x",
    "https://app.example.com/callback?error_uri=x",
    "https://app.example.com/callback?a?b&code=1",
];

#[test]
fn tricks_with_redirect_uris_are_rejected() {
    let long = format!("https://app.example.com/{}", "a".repeat(2048));
    for text in TRICKS.iter().copied().chain([long.as_str()]) {
        assert!(RedirectUri::parse(text).is_err(), "{text}");
    }
}

#[test]
fn redirect_uris_are_compared_as_strings_but_for_the_port_of_a_loopback_host() {
    let uri = |text: &str| RedirectUri::parse(text).unwrap();
    let site = uri("https://app.example.com/callback");
    let others = [
        "https://app.example.com/callback/",
        "https://app.example.com/Callback",
        "https://app.example.com/callback?a=b",
        "https://app.example.com:443/callback",
        "https://APP.example.com/callback",
        "https://app.example.com/callbackx",
        "https://app.example.com/%63allback",
        "https://app.example.com.evil.example/callback",
        "http://app.example.com/callback",
        "https://app.example.com/callback#",
        "https://app.example.com",
        "",
    ];
    for other in others {
        assert!(!site.admits(other, true) && !site.admits(other, false), "{other}");
    }
    assert!(site.admits("https://app.example.com/callback", false));

    let local = uri("http://127.0.0.1/callback?a=b");
    for port in ["", ":1", ":51234", ":65535"] {
        let requested = format!("http://127.0.0.1{port}/callback?a=b");
        assert!(local.admits(&requested, true), "{requested}");
        assert_eq!(local.admits(&requested, false), port.is_empty(), "{requested}");
    }
    let others = [
        "http://127.0.0.1:1/other?a=b",
        "http://127.0.0.1:1/callback",
        "http://localhost:1/callback?a=b",
        "http://[::1]:1/callback?a=b",
        "https://127.0.0.1:1/callback?a=b",
        "http://127.0.0.1:1@evil.example/callback?a=b",
        "http://127.0.0.1:99999/callback?a=b",
        "http://127.0.0.1:/callback?a=b",
    ];
    for other in others {
        assert!(!local.admits(other, true), "{other}");
    }
    assert!(uri("http://[::1]:3000/callback").admits("http://[::1]:4000/callback", true));
    assert!(!uri("com.example.app:/a").admits("com.example.app:/b", true));
}

#[test]
fn the_policy_of_a_page_names_where_a_redirect_uri_leads() {
    let target = |text: &str| RedirectUri::parse(text).unwrap().form_target();
    assert_eq!(target("https://app.example.com:8443/a?b=c"), "https://app.example.com:8443");
    assert_eq!(target("https://app.example.com"), "https://app.example.com");
    assert_eq!(target("http://127.0.0.1:3000/a"), "http://127.0.0.1:*");
    assert_eq!(target("http://[::1]/a"), "http:", "a policy cannot name an IPv6 address");
    assert_eq!(target("com.example.app:/a"), "com.example.app:");
    assert_eq!(RedirectUri::parse("http://localhost:3000/a").unwrap().origin(), Some("http://localhost:3000"));
    assert_eq!(RedirectUri::parse("com.example.app:/a").unwrap().origin(), None);
}

fn draft() -> ClientDraft {
    ClientDraft { redirect_uris: Some(vec!["https://app.example.com/callback".to_owned()]), ..ClientDraft::default() }
}

fn id() -> ClientId {
    ClientId::parse("shop").unwrap()
}

#[test]
fn a_client_has_defaults_that_are_safe() {
    let client = draft().finish(&id(), None, &Scopes::default(), NOW).unwrap();
    assert_eq!(
        (client.name.as_str(), client.client_type.as_str(), client.auth.as_str()),
        ("shop", "confidential", "client_secret_basic")
    );
    assert!(client.pkce && !client.first_party && client.secrets.is_empty());
    assert_eq!(client.scopes.to_text(), "openid profile email");
    assert_eq!(client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(), ["authorization_code"]);
    let public = ClientDraft { client_type: Some("public".to_owned()), ..draft() };
    assert_eq!(public.finish(&id(), None, &Scopes::default(), NOW).unwrap().auth.as_str(), "none");
}

#[test]
fn all_invalid_fields_of_a_client_are_reported_together() {
    let text = |text: &str| Some(text.to_owned());
    let list = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    let bad = ClientDraft {
        name: text("a\nb"),
        client_type: text("secret"),
        first_party: Some(false),
        redirect_uris: list(&["http://app.example.com/callback"]),
        post_logout_redirect_uris: list(&["https://app.example.com/#a"]),
        grants: list(&["password"]),
        scopes: list(&["openid", "unknown"]),
        auth: text("none"),
        pkce: Some(false),
        id_token_alg: text("HS256"),
        acr: text("aal3"),
        jwks: text("{}"),
        cleared: Vec::new(),
    };
    let errors = bad.finish(&id(), None, &Scopes::default(), NOW).unwrap_err();
    let named: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
    let expected = [
        "type",
        "name",
        "redirect_uris",
        "post_logout_redirect_uris",
        "grants",
        "scopes",
        "pkce",
        "id_token_alg",
        "acr",
        "jwks",
    ];
    assert_eq!(named, expected);
    assert!(!format!("{errors:?}").contains("http://app.example.com"), "values are not repeated");

    let refused =
        |draft: ClientDraft| draft.finish(&id(), None, &Scopes::default(), NOW).unwrap_err()[0].field.to_string();
    assert_eq!(refused(ClientDraft { redirect_uris: None, ..draft() }), "redirect_uris");
    assert_eq!(refused(ClientDraft { redirect_uris: list(&[]), ..draft() }), "redirect_uris");
    let many: Vec<String> = (0..21).map(|number| format!("https://app.example.com/{number}")).collect();
    assert_eq!(refused(ClientDraft { redirect_uris: Some(many), ..draft() }), "redirect_uris");
    assert_eq!(refused(ClientDraft { scopes: list(&["portcullis:account"]), ..draft() }), "scopes");
    assert_eq!(refused(ClientDraft { client_type: text("public"), pkce: Some(false), ..draft() }), "pkce");
    assert_eq!(
        refused(ClientDraft { client_type: text("public"), auth: text("client_secret_post"), ..draft() }),
        "auth"
    );
    assert_eq!(refused(ClientDraft { name: text(&"n".repeat(65)), ..draft() }), "name");
    for name in ["Sh\u{200b}op", "Shop\u{202e}", "Sh\u{ad}op", "Sh\u{2028}op", "\u{2066}Shop", "\u{feff}Shop"] {
        assert_eq!(refused(ClientDraft { name: text(name), ..draft() }), "name", "{name:?}");
    }
    let own = Scopes::parse("orders:read").unwrap();
    let with_own = ClientDraft { scopes: list(&["openid", "orders:read"]), ..draft() };
    assert!(with_own.finish(&id(), None, &own, NOW).is_ok());
    assert!(with_own.finish(&id(), None, &Scopes::default(), NOW).is_err());
}

#[test]
fn a_change_preserves_omitted_fields() {
    let mut client = draft().finish(&id(), None, &Scopes::default(), NOW).unwrap();
    client.secrets = vec![ClientSecret::of("secret", NOW)];
    let change = ClientDraft { name: Some("Shop".to_owned()), ..ClientDraft::default() };
    let changed =
        change.finish(&id(), Some(&client), &Scopes::default(), NOW.plus(std::time::Duration::from_secs(9))).unwrap();
    client.name = "Shop".to_owned();
    assert_eq!(changed, client);
}

#[test]
fn a_cleared_field_gets_its_default_again() {
    let text = |text: &str| Some(text.to_owned());
    let full = ClientDraft {
        name: text("Shop"),
        first_party: Some(true),
        scopes: Some(vec!["openid".to_owned()]),
        pkce: Some(false),
        id_token_alg: text("ES256"),
        acr: text("phr"),
        ..draft()
    };
    let client = full.finish(&id(), None, &Scopes::default(), NOW).unwrap();
    let cleared = vec!["name", "first_party", "scopes", "pkce", "id_token_alg", "acr"];
    let change = ClientDraft { cleared, ..ClientDraft::default() };
    let changed = change.finish(&id(), Some(&client), &Scopes::default(), NOW).unwrap();
    assert_eq!(changed, draft().finish(&id(), None, &Scopes::default(), NOW).unwrap());
    let change = ClientDraft { cleared: vec!["redirect_uris"], ..ClientDraft::default() };
    let errors = change.finish(&id(), Some(&client), &Scopes::default(), NOW).unwrap_err();
    assert_eq!(errors[0].field, "redirect_uris");
}

#[test]
fn a_client_is_stored_sealed_and_without_its_secret() {
    let (ctx, keys) = (ctx(1), keys("User1", 2));
    let secret = NewClientSecret::random(&ctx);
    assert!(secret.expose().starts_with("pcs_") && secret.expose().len() == 47);
    let mut client =
        ClientDraft { id_token_alg: Some("ES256".to_owned()), acr: Some("urn:portcullis:aal2".to_owned()), ..draft() }
            .finish(&id(), None, &Scopes::default(), NOW)
            .unwrap();
    client.secrets = vec![ClientSecret::of(secret.expose(), NOW)];
    let row = client.seal(&ctx, &realm("User1"), RecordKeys::Realm(&keys));
    assert_eq!((row.key.as_str(), row.owner.as_ref()), ("shop", None));
    let bytes = String::from_utf8_lossy(row.body.as_bytes()).into_owned();
    assert!(!bytes.contains(secret.expose()) && !bytes.contains("app.example.com"));
    let opened = RegisteredClient::open(&row, RecordKeys::Realm(&keys)).unwrap();
    assert_eq!(opened, client);
    assert!(opened.has_secret(&SecretString::from(secret.expose())));
    assert!(!opened.has_secret(&SecretString::from("pcs_another")));
    assert!(!format!("{opened:?} {secret:?}").contains(secret.expose()));
}

#[test]
fn the_id_of_a_client_is_a_plain_word() {
    for good in ["shop", "0", "my-app_2.web"] {
        assert!(ClientId::parse(good).is_some(), "{good}");
    }
    let long = "a".repeat(65);
    for bad in ["", "-shop", ".", "a b", "a:b", "ä", "a/b", &long] {
        assert!(ClientId::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn scopes_are_a_set_of_words() {
    let scopes = Scopes::parse("openid  email openid").unwrap();
    assert_eq!(scopes.to_text(), "openid email");
    assert!(
        Scopes::parse("a\"b").is_none() && Scopes::parse("a\u{e4}").is_none() && Scopes::parse("").unwrap().is_empty()
    );
    let wide = Scopes::parse("email phone openid").unwrap();
    assert!(wide.include(&scopes) && !scopes.include(&wide));
    assert_eq!(wide.within(&scopes).to_text(), "email openid");
    assert_eq!(scopes.union(&wide).to_text(), "openid email phone");
}
