//! Values derived from other settings.

use std::path::Path;

use portcullis::{
    cli,
    config::{Database, Environment, MailTransport},
};
use portcullis_core::{ExposeSecret, limit::Mode};

use super::{Desk, assert_has};

#[test]
fn without_settings_it_is_development_on_loopback() {
    let config = Desk::new().config();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.public_url.as_str(), "http://localhost:8000");
    assert_eq!(config.token.jwt_issuer, "http://localhost:8000/{realm}");
    assert_eq!(config.app_name, "Portcullis");
    assert!(config.http.docs);
    assert!(matches!(config.mail.transport, MailTransport::DevMailbox { size: 200 }));
    let realms: Vec<&str> = config.realms.iter().map(|realm| realm.as_str()).collect();
    assert_eq!(realms, ["User1", "User2"]);
}

#[test]
fn redis_is_located_by_host_and_port_or_by_url() {
    let url = |desk: Desk| desk.config().redis.url.map(|url| url.expose_secret().to_owned());
    assert_eq!(url(Desk::new()), None);
    assert_eq!(url(Desk::new().env("REDIS_PORT", "6380")), None);
    assert_eq!(url(Desk::new().env("REDIS_HOST", "cache")).as_deref(), Some("redis://cache:6379"));
    let desk = Desk::new().env("REDIS_HOST", "::1").env("REDIS_PORT", "6380");
    assert_eq!(url(desk).as_deref(), Some("redis://[::1]:6380"));
    let desk = Desk::new().env("REDIS_HOST", "cache").env("REDIS_URL", "rediss://app:s@other/2");
    assert_eq!(url(desk).as_deref(), Some("rediss://app:s@other/2"));
    // As an orchestrator sets it for a service named `redis`.
    let desk = Desk::new().env("REDIS_HOST", "cache").env("REDIS_PORT", "tcp://10.0.0.1:6379");
    assert_eq!(url(desk).as_deref(), Some("redis://cache:6379"));
}

#[test]
fn the_public_url_is_derived_from_the_domain() {
    let url = |name, value| Desk::production().env("PUBLIC_URL", "").env(name, value).config().public_url.to_string();
    assert_eq!(url("APP_DOMAIN", "Accounts.Example.com"), "https://accounts.example.com");
    assert_eq!(url("PUBLIC_URL", "https://example.com/auth/"), "https://example.com/auth");
    let url = |name, value| Desk::new().env(name, value).config().public_url.to_string();
    assert_eq!(url("APP_DOMAIN", "localhost:3000"), "http://localhost:3000");
    assert_eq!(url("APP_DOMAIN", "[::1]:3000"), "http://[::1]:3000");
    assert_eq!(url("HOST", "::1"), "http://[::1]:8000");
    assert_eq!(url("HOST", "127.0.0.1"), "http://localhost:8000");
    assert_eq!(url("HOST", "127.0.0.2"), "http://127.0.0.2:8000");
    assert_eq!(url("PORT", "9000"), "http://localhost:9000");
    let bad = ["example.com", "ftp://a", "https://", "https://a?b", "https://a#b", "https://u:p@a", "https://a:99999"];
    for bad in bad {
        let errors = Desk::new().env("PUBLIC_URL", bad).errors();
        assert_has(&errors, &["1 problem:", "PUBLIC_URL: must be an absolute URL"]);
    }
    assert_has(&Desk::new().env("APP_DOMAIN", "https://a").errors(), &["APP_DOMAIN: must be a host"]);
}

#[test]
fn domain_and_origin_of_passkeys_are_those_of_the_public_url() {
    let party = |desk: Desk| desk.config().passkeys.party.map(|party| (party.id, party.origins.join(" ")));
    let at = |url: &str| party(Desk::production().env("PUBLIC_URL", url));
    let is = |id: &str, origins: &str| Some((id.to_owned(), origins.to_owned()));
    assert_eq!(party(Desk::new()), is("localhost", "http://localhost:8000"));
    let plain = is("accounts.example.com", "https://accounts.example.com");
    for url in ["https://accounts.example.com", "https://Accounts.Example.com:443/auth/"] {
        assert_eq!(at(url), plain, "{url}");
    }
    let with_port = is("accounts.example.com", "https://accounts.example.com:8443");
    assert_eq!(at("https://accounts.example.com:8443/auth"), with_port);
    for address in ["https://192.0.2.7", "https://[2001:db8::7]:8443"] {
        assert_eq!(at(address), None, "{address}");
    }
    let origins = "https://app.example.com,https://example.com";
    let set = Desk::production().env("PASSKEY_RP_ID", "example.com").env("PASSKEY_ORIGINS", origins);
    assert_eq!(party(set), is("example.com", "https://app.example.com https://example.com"));
}

#[test]
fn the_environment_is_production_if_others_can_reach_the_server() {
    for (name, value) in [("HOST", "0.0.0.0"), ("PUBLIC_URL", "https://example.com"), ("APP_DOMAIN", "example.com")] {
        let desk = Desk::new().env(name, value);
        assert_has(&desk.errors(), &["ENCRYPTION_KEY: is not set", "refused in production"]);
        let why = format!("because {} is not loopback", if name == "HOST" { name } else { "PUBLIC_URL" });
        assert_has(&desk.errors(), &[&why]);
        assert_has(&desk.run(cli::check).1, &[&why]);
        assert!(!desk.env("ENVIRONMENT", "production").errors().contains("because"));
        let desk = Desk::new().env(name, value);
        desk.env("ENVIRONMENT", "development").env("DEV_MAILBOX", "on").config();
    }
    let config = Desk::production().config();
    assert_eq!(config.environment, Environment::Production);
    assert!(!config.http.docs);
    assert_eq!(config.mail.from, "no-reply@accounts.example.com");
}

#[test]
fn the_database_is_in_the_data_folder_by_default() {
    let desk = Desk::new().env("DATA_DIR", "./kept/");
    let file = |desk: &Desk| match desk.config().store.database_url {
        Database::Sqlite(path) => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(file(&desk), desk.path("kept/portcullis.db"));
    let desk = Desk::new().env("DATABASE_URL", "sqlite:///var/lib/accounts.db");
    assert_eq!(file(&desk), Path::new("/var/lib/accounts.db"));
    for url in
        ["sqlite://", "sqlite://data/", "postgres://u:hushhush@h/auth", "mongodb://", "mongodb://u:hushhush@/auth"]
    {
        let errors = Desk::new().env("DATABASE_URL", url).errors();
        assert_has(&errors, &["DATABASE_URL: ", "mongodb://"]);
        assert!(!errors.contains("hushhush"));
    }
}

#[test]
fn mongodb_is_named_by_its_url_under_either_name_and_its_password_is_never_shown() {
    const URL: &str = "mongodb://user:hushhush@db.example.com,db2.example.com:27018/accounts?replicaSet=rs0";
    for name in ["DATABASE_URL", "MONGO_URL"] {
        let desk = Desk::new().env(name, URL).env("ENCRYPTION_KEY", super::KEY);
        match desk.config().store.database_url {
            Database::MongoDb(url) => assert_eq!(url.expose_secret(), URL),
            other => panic!("{other:?}"),
        }
        assert!(!format!("{:?}", desk.config()).contains("hushhush"));
        let (_, shown) = desk.run(cli::show);
        assert_has(&shown, &["mongodb://********@db.example.com,db2.example.com:27018/accounts"]);
        assert!(!shown.contains("hushhush"));
    }
    let both = Desk::new().env("MONGO_URL", URL).env("DATABASE_URL", "sqlite://here.db");
    assert!(matches!(both.config().store.database_url, Database::Sqlite(_)));
}

#[test]
fn the_default_address_is_loopback_in_both_address_families() {
    let also = |host: Option<&str>| {
        let desk = host.into_iter().fold(Desk::new(), |desk, host| desk.env("HOST", host));
        let http = desk.config().http;
        (http.listen.to_string(), http.listen_also.map(|address| address.to_string()))
    };
    let both = ("127.0.0.1:8000".to_owned(), Some("[::1]:8000".to_owned()));
    assert_eq!(also(None), both);
    assert_eq!(also(Some("localhost")), both);
    assert_eq!(also(Some("127.0.0.1")), ("127.0.0.1:8000".to_owned(), None));
    assert_eq!(also(Some("::1")), ("[::1]:8000".to_owned(), None));
}

#[test]
fn limits_only_observe_and_pages_of_this_machine_may_call_in_development() {
    let seen = |desk: Desk| {
        let config = desk.config();
        (config.limits.mode, config.browser.cors.loopback)
    };
    assert_eq!(seen(Desk::new()), (Mode::Observe, true));
    assert_eq!(seen(Desk::production()), (Mode::Enforce, false));
    let named = Desk::new().env("RATE_LIMIT_MODE", "enforce").env("CORS_ALLOWED_ORIGINS", "https://app.example.com");
    assert_eq!(seen(named), (Mode::Enforce, false));
}

/// A proxy that connects to `localhost` may use either address.
#[test]
fn trusting_loopback_applies_to_both_address_families() {
    let trusted = |host: &str, proxies: &str| {
        let http = Desk::production().env("HOST", host).env("TRUSTED_PROXIES", proxies).config().http;
        http.trusted_proxies.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(trusted("", "127.0.0.1"), "127.0.0.1/32 ::1/128");
    assert_eq!(trusted("", "127.0.0.0/8,::1"), "127.0.0.0/8 ::1/128");
    assert_eq!(trusted("", "10.0.0.0/8"), "10.0.0.0/8");
    assert_eq!(trusted("", "none"), "");
    assert_eq!(trusted("127.0.0.1", "127.0.0.1"), "127.0.0.1/32", "it does not listen there");
}
