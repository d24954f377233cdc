//! Contradictory settings.

use portcullis::config::{MailTls, MailTransport};

use super::{Desk, assert_has};

#[test]
fn mail_encryption_follows_the_settings_which_are_mutually_exclusive() {
    let smtp = |pairs: &[(&str, &str)]| {
        let mut desk = Desk::new().env("MAIL_SERVER", "smtp.example.com");
        desk = pairs.iter().fold(desk, |desk, (name, value)| desk.env(name, value));
        match desk.config().mail.transport {
            MailTransport::Smtp(smtp) => (smtp.port, smtp.tls, smtp.credentials.is_some()),
            MailTransport::DevMailbox { .. } => panic!("mails go to the server that is named"),
        }
    };
    assert_eq!(smtp(&[]), (587, MailTls::StartTls, false));
    assert_eq!(smtp(&[("MAIL_SSL_TLS", "true")]), (465, MailTls::Implicit, false));
    assert_eq!(smtp(&[("MAIL_STARTTLS", "false")]), (587, MailTls::None, false));
    for told in [
        &[][..],
        &[("MAIL_STARTTLS", "true")],
        &[("MAIL_STARTTLS", "false")],
        // As in the original service's example.
        &[("MAIL_STARTTLS", "true"), ("MAIL_SSL_TLS", "false")],
        &[("MAIL_STARTTLS", "true"), ("MAIL_SSL_TLS", "true")],
        &[("MAIL_SSL_TLS", "true")],
    ] {
        let told = [&[("MAIL_PORT", "465")], told].concat();
        assert_eq!(smtp(&told), (465, MailTls::Implicit, false), "{told:?}");
    }
    assert_eq!(smtp(&[("MAIL_USERNAME", "u"), ("MAIL_PASSWORD", "p")]), (587, MailTls::StartTls, true));
    assert_eq!(smtp(&[("MAIL_USERNAME", "u"), ("USE_CREDENTIALS", "no")]), (587, MailTls::StartTls, false));
    let desk = || Desk::new().env("MAIL_SERVER", "smtp.example.com");
    let errors = desk().env("MAIL_STARTTLS", "true").env("MAIL_SSL_TLS", "true").errors();
    assert_has(&errors, &["MAIL_STARTTLS: and MAIL_SSL_TLS are both on"]);
    assert_has(&desk().env("MAIL_USERNAME", "u").errors(), &["MAIL_PASSWORD: is required"]);
    assert_has(&Desk::new().env("DEV_MAILBOX", "off").errors(), &["MAIL_SERVER: is not set and DEV_MAILBOX is off"]);
}

#[test]
fn the_name_for_mail_servers_is_a_domain_or_an_address() {
    let helo = |url: &str, name: &str| {
        let mut desk = Desk::new().env("MAIL_SERVER", "smtp.example.com").env("PUBLIC_URL", url);
        desk = desk.env("ENVIRONMENT", "development");
        if !name.is_empty() {
            desk = desk.env("MAIL_HELO", name);
        }
        match desk.config().mail.transport {
            MailTransport::Smtp(smtp) => smtp.helo,
            MailTransport::DevMailbox { .. } => panic!("mails go to the server that is named"),
        }
    };
    assert_eq!(helo("https://Accounts.example.com:8443/a", "").as_deref(), Some("accounts.example.com"));
    for url in [
        "http://localhost:8000",
        "http://192.0.2.1",
        "http://[2001:db8::1]:8000",
        "http://portal",
        "http://a.localhost",
    ] {
        assert_eq!(helo(url, ""), None, "{url}");
    }
    for (name, expected) in [
        ("relay.example.org", "relay.example.org"),
        ("[192.0.2.1]", "[192.0.2.1]"),
        ("192.0.2.1", "[192.0.2.1]"),
        ("2001:db8::1", "[IPv6:2001:db8::1]"),
        ("[2001:db8::1]", "[IPv6:2001:db8::1]"),
        ("[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]"),
    ] {
        assert_eq!(helo("http://localhost", name).as_deref(), Some(expected));
    }
    for name in
        ["a b", "a\r\nMAIL FROM:<x@example.com>", "[relay.example.org]", "b\u{fc}cher.example", "a..b", "[IPv6:x]"]
    {
        let desk = Desk::new().env("MAIL_SERVER", "smtp.example.com").env("MAIL_HELO", name);
        assert_has(&desk.errors(), &["MAIL_HELO: must "]);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let desk = Desk::new()
        .env("PORT", "many")
        .env("HOST", "example.com")
        .env("REALMS", "User1,v1")
        .env("HASH_QUEUE", "0")
        .env("LOG_FORMAT", "xml")
        .env("DOCS", "maybe")
        .env("JWT_ALGORITHM", "none")
        .env("REDIS_PORT", "-1")
        .env("TRUSTED_PROXIES", "10.0.0.0/33")
        .env("TWILIO_API_URL", "http://api.example.com")
        .env("APP_NAME", "two\nlines")
        .file("portcullis.toml", "nonsense = 1\n[realms.User1]\nport = 1\n");
    let expected = [
        "13 problems",
        "PORT: must be a whole number from 0 to 65535 (it is `many`)\n      from: the environment\n      fix: PORT=8000",
        "HOST: must be an IP address",
        "REALMS: cannot contain `v1`",
        "HASH_QUEUE: ",
        "LOG_FORMAT: must be one of `text`, `json`",
        "DOCS: ",
        "JWT_ALGORITHM: ",
        "REDIS_PORT: ",
        "TRUSTED_PROXIES: ",
        "TWILIO_API_URL: ",
        "APP_NAME: ",
        "nonsense: ",
        "realms.User1.port: ",
    ];
    assert_has(&desk.errors(), &expected);
}

#[test]
fn wrong_passwords_are_remembered_through_the_longest_wait_and_no_body_takes_longer() {
    let desk = Desk::new().env("LIMIT_PASSWORDS_ACCOUNT", "7/59s").env("BODY_TIMEOUT", "61s");
    let expected = [
        "2 problems",
        "LIMIT_PASSWORDS_ACCOUNT: must have a period of at least 1m",
        "fix: LIMIT_PASSWORDS_ACCOUNT=7/24h",
        "BODY_TIMEOUT: must be at most 1m",
        "fix: BODY_TIMEOUT=1m",
    ];
    assert_has(&desk.errors(), &expected);
    Desk::new().env("LIMIT_PASSWORDS_ACCOUNT", "7/1m").env("BODY_TIMEOUT", "1m").config();
}

#[test]
fn a_link_does_not_outlive_its_registration() {
    let errors = Desk::new().env("REGISTRATION_TTL", "1h").errors();
    assert_has(&errors, &["1 problem:", "REGISTRATION_TTL: is shorter than VERIFICATION_TTL"]);
}

#[test]
fn a_login_at_the_mail_server_never_goes_over_the_network_in_plain_text() {
    let plain = |server: &str| {
        let desk = Desk::new().env("MAIL_SERVER", server).env("MAIL_STARTTLS", "off");
        desk.env("MAIL_USERNAME", "u").env("MAIL_PASSWORD", "p")
    };
    assert_has(&plain("smtp.example.com").errors(), &["MAIL_PASSWORD: would be sent unencrypted"]);
    plain("127.0.0.1").config();
}

/// Inside a container, the peer is the gateway of the container network, and the browser sends the host name that it
/// knows.
#[test]
fn the_mailbox_opens_to_networks_that_are_named_and_under_a_known_host_only() {
    let access = |networks: Option<&str>| {
        let desk = Desk::new().env("HOST", "0.0.0.0").env("ENVIRONMENT", "development");
        let desk = desk.env("PUBLIC_URL", "http://accounts.test:8000");
        let desk = networks.into_iter().fold(desk, |desk, networks| desk.env("DEV_MAILBOX_NETWORKS", networks));
        let config = desk.config();
        assert!(matches!(config.mail.transport, MailTransport::DevMailbox { .. }), "ENVIRONMENT says so");
        move |peer: &str, host: &str| config.mail.developers.admits(peer.parse().unwrap(), host)
    };
    let closed = access(None);
    assert!(closed("127.0.0.1", "localhost") && closed("::1", "127.0.0.1") && closed("::ffff:127.0.0.1", "::1"));
    assert!(!closed("127.0.0.1", "accounts.test") && !closed("172.17.0.1", "localhost"));
    let open = access(Some("172.16.0.0/12, fd00::/8"));
    for host in ["localhost", "127.0.0.1", "192.168.0.5", "accounts.test", "Accounts.Test"] {
        assert!(open("172.17.0.1", host) && open("fd00::7", host), "{host}");
    }
    for host in ["evil.example", "accounts.test.evil.example", ""] {
        assert!(!open("172.17.0.1", host), "{host}");
    }
    assert!(!open("192.0.2.1", "localhost") && !open("127.0.0.1", "evil.example"));
}
