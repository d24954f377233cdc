//! Clients in TOML.

use super::{Desk, assert_has};

const SECRET: &str = "a-secret-of-a-client-that-is-long-enough";

fn desk(fields: &str) -> Desk {
    let table = format!("[realms.User1.clients.shop]\nredirect_uris = [\"https://shop.example.com/cb\"]\n{fields}\n");
    Desk::new().file("secret", SECRET).file("portcullis.toml", &table)
}

#[test]
fn a_client_is_read_with_its_secrets() {
    let config =
        desk("name = 'Shop'\nfirst_party = true\ngrants = ['refresh_token']\nsecret_file = ['secret', 'secret']")
            .config();
    let clients: Vec<_> = config.policies.values().map(|policy| policy.clients.len()).collect();
    assert_eq!(clients, [1, 0]);
    let client = &config.policies.values().next().unwrap().clients[0];
    assert!(client.is_declared && client.first_party && client.pkce);
    assert_eq!((client.id.as_str(), client.name.as_str(), client.secrets.len()), ("shop", "Shop", 2));
    assert!(client.has_secret(&SECRET.into()));
    assert!(!format!("{config:?}").contains(SECRET));
    let public = desk("type = 'public'\npkce = 'on'\nscopes = ['openid', 'offline_access']").config();
    assert!(public.policies.values().next().unwrap().clients[0].secrets.is_empty());
}

#[test]
fn what_is_wrong_with_a_client_names_its_line() {
    let wrong = [
        (
            "secret_file = 'secret'\nnames = 'Shop'",
            "realms.User1.clients.shop.names: is not a field of a client; did you mean `name`?",
        ),
        ("secret_file = 'secret'\nname = 1", "realms.User1.clients.shop.name: has a value of the wrong type"),
        ("secret_file = 'secret'\nscopes = ['orders']", "realms.User1.clients.shop.scopes: is refused"),
        ("", "realms.User1.clients.shop.secret_file: is missing"),
        ("secret_file = 'none'", "cannot be read"),
        ("secret_file = 'short'", "fewer than 32 bytes"),
        ("type = 'public'\nsecret_file = 'secret'", "a public client has no secret"),
        ("secret_file = ['secret', 'secret', 'secret']", "more than two files"),
    ];
    for (fields, why) in wrong {
        let errors = desk(fields).file("short", "too-short").errors();
        assert_has(&errors, &[why, "portcullis.toml"]);
        assert!(!errors.contains(SECRET));
    }
    let at = |text: &str| Desk::new().file("portcullis.toml", text).errors();
    assert_has(&at("[realms.User1.clients.'a b']\nredirect_uris = []\n"), &["letters, digits"]);
    assert_has(&at("[realms.User1]\nclients = 1\n"), &["realms.User1.clients: must be a table"]);
    assert_has(&at("[realms.User1.clients]\nshop = 1\n"), &["realms.User1.clients.shop: must be a table"]);
    let scopes = desk("secret_file = 'secret'\nscopes = ['openid', 'orders:read']").env("SCOPES", "orders:read");
    assert!(scopes.config().policies.values().next().unwrap().clients[0].scopes.has("orders:read"));
    assert_has(&desk("secret_file = 'secret'").env("SCOPES", "openid").errors(), &["SCOPES", "built in"]);
}
