//! Formats of files and values.

use std::time::Duration;

use portcullis::config::{Environment, MailTls, MailTransport};
use portcullis_core::ExposeSecret;

use super::{Desk, KEY, ORIGIN, assert_has, secret};

#[test]
fn toml_takes_numbers_booleans_and_lists() {
    let text = "port = 9000\ndocs = false\nrealms = ['Staff', 'Guests']\nsession_max_age = '12h'\n";
    let config = Desk::new().file("portcullis.toml", text).config();
    assert_eq!(config.http.listen.port(), 9000);
    assert!(!config.http.docs);
    assert_eq!(config.realms.len(), 2);
    let policy = config.policies.values().next().unwrap();
    assert_eq!(policy.session_max_age, Duration::from_secs(12 * 3600));
}

#[test]
fn a_mistake_in_toml_names_the_line_and_does_not_show_it() {
    let errors = Desk::new().file("portcullis.toml", "port = 1\njwt_secret = \"hushhush\n").errors();
    assert_has(&errors, &["portcullis.toml: line 2"]);
    assert!(!errors.contains("hushhush"));
}

#[test]
fn the_original_dotenv_file_loads_unchanged() {
    let desk = Desk::new().file(".env", ORIGIN);
    let config = desk.config();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.app_name, "Auth System");
    assert_eq!(config.public_url.as_str(), "http://localhost:8000");
    assert_eq!(secret(&config), "your-super-secret-jwt-key");
    assert_eq!(config.mail.from, "your-email@gmail.com");
    assert_eq!(config.mail.from_name, "Your App Name");
    let MailTransport::Smtp(smtp) = config.mail.transport else { panic!("mails go to the server that is named") };
    assert_eq!((smtp.server.as_str(), smtp.port), ("smtp.gmail.com", 587));
    assert_eq!(smtp.tls, MailTls::StartTls);
    assert!(smtp.validate_certs);
    let credentials = smtp.credentials.unwrap();
    assert_eq!(credentials.username, "your-email@gmail.com");
    assert_eq!(credentials.password.expose_secret(), "your-app-password");
    assert_eq!(config.redis.url.unwrap().expose_secret(), "redis://localhost:6379");
    assert_has(&desk.warnings(), &["JWT_SECRET: is a published example"]);
    assert!(!desk.warnings().contains("REDIS"));
}

#[test]
fn dotenv_supports_quotes_comments_and_export_but_no_expansion() {
    let text = "\u{feff}export APP_NAME = 'It''s \\'us\\' # here'  # a comment\r\nMAIL_FROM_NAME=A # b\n\
                IGNORED=\"two\nlines\"\nJWT_AUDIENCE=a$HOME#b\n";
    let errors = Desk::new().file(".env", text).errors();
    assert_has(&errors, &["1 problem:", "line 1: there is text after the closing quotation mark"]);
    let config = Desk::new().file(".env", &text.replace("''", "\\'")).config();
    assert_eq!(config.app_name, "It's 'us' # here");
    assert_eq!(config.mail.from_name, "A");
    assert_eq!(config.token.jwt_audience.as_deref(), Some("a$HOME#b"));
    let errors = Desk::new().file(".env", "# fine\nPORT\nAPP_NAME=\"open\n").errors();
    assert_has(&errors, &["line 2: `=` is missing", "line 3: the quotation mark is not closed"]);
}

#[test]
fn durations_have_units_or_are_seconds() {
    let age = |text: &str| {
        let config = Desk::new().env("SESSION_MAX_AGE", text).config();
        config.policies.values().next().unwrap().session_max_age.as_secs()
    };
    assert_eq!(age("90"), 90);
    assert_eq!(age("90s"), 90);
    assert_eq!(age(" 30m "), 30 * 60);
    assert_eq!(age("12h"), 12 * 3600);
    assert_eq!(age("30d"), 30 * 24 * 3600);
    assert_eq!(age("1h30m"), 90 * 60);
    assert_eq!(age("1d2h3m4s500ms"), 24 * 3600 + 2 * 3600 + 3 * 60 + 4);
    for bad in ["5w", "m", "-1s", "1.5h", "1 h", "0", "99999999999999999999d", "4000d", "1hm", "30m1h", "1h1h", "1h30"]
    {
        assert_has(&Desk::new().env("SESSION_MAX_AGE", bad).errors(), &["SESSION_MAX_AGE: must be", bad]);
    }
}

#[test]
fn messages_can_be_sent_immediately_and_are_delayed_by_at_most_a_minute() {
    let delay = |text: &str| Desk::new().env("MESSAGE_DELAY", text).config().mail.delay.as_millis();
    assert_eq!([delay("0s"), delay("500ms"), delay("1m")], [0, 500, 60_000]);
    assert_has(&Desk::new().env("MESSAGE_DELAY", "61s").errors(), &["MESSAGE_DELAY: must be between `0s` and `1m`"]);
    assert_eq!(Desk::new().config().mail.delay.as_millis(), 0, "the development mailbox shows everything immediately");
    let sent = Desk::new().env("MAIL_SERVER", "smtp.example.com").env("DEV_MAILBOX", "off");
    assert_eq!(sent.config().mail.delay.as_millis(), 3000);
}

#[test]
fn keys_may_be_in_either_alphabet_padded_or_not_and_are_32_bytes() {
    let keys = |text: &str| Desk::new().env("ENCRYPTION_KEY", text).config().store.encryption_keys.len();
    let odd = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
    assert_eq!(keys(KEY), 1);
    assert_eq!(keys(&format!("{odd}, {},{KEY}", KEY.trim_end_matches('='))), 3);
    for bad in ["AAAA", "not base64!", ",", &KEY.replace("c29t", "")] {
        let errors = Desk::new().env("ENCRYPTION_KEY", bad).errors();
        assert_has(&errors, &["ENCRYPTION_KEY: must be 32 random bytes"]);
        assert!(!errors.contains("AAAA") && !errors.contains("not base64!"));
    }
}

#[test]
fn an_origin_that_no_browser_would_send_is_rejected_and_said_how_it_should_be() {
    let errors = |text: &str| Desk::new().env("CORS_ALLOWED_ORIGINS", text).errors();
    assert_has(&errors("https://App.example.com/"), &["end after the host or port: `https://app.example.com`"]);
    assert_has(&errors("https://a.example.com,http://b.example.com:81/path"), &["`http://b.example.com:81`"]);
    assert_has(&errors("null"), &["cannot contain `null`"]);
    assert_has(&errors("https://*.example.com"), &["list each origin"]);
    for bad in
        ["app.example.com", "ftp://app.example.com", "https://u@app.example.com", "https://a?b", "https://", "**"]
    {
        assert_has(&errors(bad), &["CORS_ALLOWED_ORIGINS: must be origins separated by commas, such as"]);
    }
    let origins = "https://App.example.com:443, http://b.example.com:81";
    let config = Desk::new().env("CORS_ALLOWED_ORIGINS", origins).config();
    assert_eq!(config.browser.cors.named, ["https://app.example.com", "http://b.example.com:81"]);
}

#[test]
fn the_address_of_the_application_is_a_page_of_the_web() {
    for good in ["https://app.example.com", "http://localhost:5173/#/home", "https://example.com/a?b=c&d=e#f"] {
        let config = Desk::new().env("APP_URL", good).config();
        assert_eq!(config.templates.branding.app_url, good);
    }
    for bad in [
        "javascript:alert(1)",
        "app.example.com",
        "//app",
        "https://u:hushhush@a",
        "https://",
        "https://a b",
        "https://a/\"x",
    ] {
        let errors = Desk::new().env("APP_URL", bad).errors();
        assert_has(&errors, &["1 problem:", "APP_URL: must be an absolute URL"]);
        assert!(!errors.contains("hushhush"), "{errors}");
    }
}

#[test]
fn only_english_is_supported() {
    assert_has(
        &Desk::new().env("DEFAULT_LOCALE", "de").errors(),
        &["1 problem:", "DEFAULT_LOCALE: must be one of `en`"],
    );
    assert_has(&Desk::new().env("REALM_USER2_DEFAULT_LOCALE", "de").errors(), &["1 problem:", "DEFAULT_LOCALE"]);
    Desk::new().env("DEFAULT_LOCALE", "en").env("REALM_USER2_DEFAULT_LOCALE", "en").config();
}

#[test]
fn hsts_follows_the_settings() {
    let policy = |url: &str, hsts: &str| {
        let desk = Desk::production().env("PUBLIC_URL", url).env("HSTS", hsts);
        desk.config().browser.hsts.map(|value| value.to_str().unwrap().to_owned())
    };
    let own = "https://accounts.example.com";
    assert_eq!(policy(own, "").as_deref(), Some("max-age=63072000"));
    assert_eq!(policy("https://example.com/auth", ""), None, "the host has other applications");
    assert_eq!(policy(own, "off"), None);
    let all = "max-age=31536000; includeSubDomains; preload";
    assert_eq!(policy("https://example.com/auth", all).as_deref(), Some(all));
    for bad in ["on", "max-age=", "max-age=1, other", "includeSubDomains", "max-age=1; x"] {
        assert_has(&Desk::new().env("HSTS", bad).errors(), &["1 problem:", "HSTS: must be `max-age=SECONDS`"]);
    }
}
