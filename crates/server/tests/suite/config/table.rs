//! The list of settings, and everything derived from it: types, documentation, flags and help.

use std::path::Path;

use data_encoding::BASE64;
use portcullis::{
    cli,
    config::{MailTransport, settings_markdown},
};
use portcullis_core::{
    ExposeSecret,
    token::{Algorithm, new_private_key},
};

use super::{Desk, KEY, LONG_SECRET, ORIGIN, assert_has, secret};

#[test]
fn every_setting_changes_the_configuration() {
    let seen = |desk: &Desk| {
        let config = desk.config();
        let password = match &config.mail.transport {
            MailTransport::Smtp(smtp) => {
                smtp.credentials.as_ref().map(|login| login.password.expose_secret().to_owned())
            }
            MailTransport::DevMailbox { .. } => None,
        };
        let token = config.sms.twilio.as_ref().map(|twilio| twilio.auth_token.expose_secret().to_owned());
        let redis = config.redis.url.as_ref().map(ExposeSecret::expose_secret);
        let text = format!("{config:?} {} {password:?} {token:?} {redis:?}", secret(&config));
        text.replace(desk.dir.path().to_str().unwrap(), "")
    };
    let mailbox =
        || Desk::new().env("JWT_SECRET", LONG_SECRET).env("ENCRYPTION_KEY", KEY).env("REDIS_HOST", "localhost");
    let smtp = || {
        mailbox()
            .env("MAIL_SERVER", "localhost")
            .env("MAIL_USERNAME", "u")
            .env("MAIL_PASSWORD", "p")
            .env("TWILIO_SID", "s")
            .env("TWILIO_AUTH_TOKEN", "t")
            .env("TWILIO_NUMBER", "+1")
    };
    let page = settings_markdown();
    // Tested elsewhere.
    let others = |name: &&str| {
        let secret = ["SOCIAL_<NAME>_CLIENT_SECRET", "SOCIAL_<NAME>_KEY"];
        !["ENVIRONMENT", "JWT_ALGORITHM", "DEFAULT_LOCALE", "REDIS_PLAINTEXT"].contains(name) && !secret.contains(name)
    };
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    for name in rows.filter_map(|row| row.split('`').nth(1)).filter(others) {
        let base = || with_providers(if name == "DEV_MAILBOX_SIZE" { mailbox() } else { smtp() });
        let own = of_member(name);
        let changed = base().file("ca.pem", "-----BEGIN CERTIFICATE-----\n").env(&own, sample(name));
        assert_ne!(seen(&base()), seen(&changed), "{name} changes nothing");
    }
}

const IMAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/layout/favicon.svg");

/// Returns a value that is not the default for the location of a store.
fn of_store(name: &str) -> &'static str {
    match name {
        "DATABASE_URL" => "sqlite://other.db",
        "REDIS_URL" => "rediss://cache.example.com",
        "REDIS_HOST" => "cache.example.com",
        "REDIS_PORT" => "6380",
        _ => "mongodb://db.example.com/accounts",
    }
}

/// Returns a value that is not the default for a setting of providers.
fn of_provider(name: &str) -> &'static str {
    match name {
        "SOCIAL_LINK" => "authoritative",
        "SOCIAL_<NAME>_TRUST_EMAIL" | "SOCIAL_<NAME>_TRUST_MFA" => "on",
        "SOCIAL_<NAME>_ISSUER" | "SOCIAL_<NAME>_BASE_URL" => "https://other.example.com",
        _ => "something",
    }
}

/// Adds a provider of each kind, so that their settings have an effect.
pub(super) fn with_providers(desk: Desk) -> Desk {
    let key = new_private_key(Algorithm::Es256).unwrap();
    let key = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(&key));
    desk.file("apple.p8", &key)
        .env("SOCIAL_HOUSE_CLIENT_ID", "us")
        .env("SOCIAL_HOUSE_ISSUER", "https://house.example.com")
        .env("SOCIAL_MICROSOFT_CLIENT_ID", "us")
        .env("SOCIAL_MICROSOFT_CLIENT_SECRET", "secret")
        .env("SOCIAL_GITHUB_CLIENT_ID", "us")
        .env("SOCIAL_GITHUB_CLIENT_SECRET", "secret")
        .env("SOCIAL_APPLE_CLIENT_ID", "us")
        .env("SOCIAL_APPLE_TEAM_ID", "team")
        .env("SOCIAL_APPLE_KEY_ID", "key")
        .env("SOCIAL_APPLE_KEY_FILE", "apple.p8")
}

/// Returns the setting's name for its provider.
pub(super) fn of_member(name: &str) -> String {
    let member = match name {
        "SOCIAL_<NAME>_TENANT" => "MICROSOFT",
        "SOCIAL_<NAME>_TEAM_ID" | "SOCIAL_<NAME>_KEY_ID" => "APPLE",
        "SOCIAL_<NAME>_BASE_URL" => "GITHUB",
        _ => "HOUSE",
    };
    name.replace("<NAME>", member)
}

/// Returns a value that is not the default.
pub(super) fn sample(name: &str) -> &'static str {
    match name {
        "LOG_LEVEL" => "debug",
        "EMAIL_UNDO_WINDOW" => "3d",
        "NEW_DEVICE_MAIL" => "off",
        "PHONE_UNIQUE" => "on",
        "PUBLIC_URL" => "http://localhost:1",
        "APP_DOMAIN" => "localhost:1",
        "HOST" => "127.0.0.2",
        "PORT" | "MAIL_PORT" => "1234",
        "REALMS" => "Staff",
        "TEMPLATES_DIR" => "/",
        "BRAND_COLOR" | "BRAND_COLOR_DARK" => "#6d28d9",
        "BRAND_LOGO" | "BRAND_LOGO_DARK" | "BRAND_FAVICON" => IMAGE,
        "BRAND_CORNERS" => "round",
        "BRAND_LINKS" => "help=https://example.com/help",
        "MAIL_CA_FILE" | "REDIS_CA_FILE" => "ca.pem",
        "DOCS" | "OIDC" | "PAGES" | "USE_CREDENTIALS" | "VALIDATE_CERTS" | "MAIL_STARTTLS" => "off",
        "MAIL_SSL_TLS" | "DEV_MAILBOX" => "on",
        "DATABASE_URL" | "REDIS_URL" | "REDIS_HOST" | "REDIS_PORT" | "MONGO_URL" => of_store(name),
        "ENCRYPTION_KEY" => "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=,c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=",
        "API_CLIENTS" => "shop:the-secret-of-the-shop-is-long-enough",
        "JWT_SECRET" | "JWT_SECRET_PREVIOUS" => "another-secret-of-more-than-32-bytes-in-length",
        "ACCOUNT_ENUMERATION" => "reveal",
        "LOG_FORMAT" => "json",
        "CORS_ALLOWED_ORIGINS" | "APP_URL" | "PASSKEY_ORIGINS" => "https://app.example.com",
        "ADMIN_LISTEN" => "unix:/run/portcullis/admin.sock",
        "METRICS_LISTEN" => "127.0.0.1:9091",
        "TRUSTED_PROXIES" => "10.0.0.0/8,::1",
        "RATE_LIMIT_MODE" => "enforce",
        "HSTS" => "max-age=1",
        "ID_TOKEN_ALGORITHM" => "ES256",
        "LIMIT_OTP_ACCOUNT" => "2/2m,9/9h",
        name if name.starts_with("LIMIT_") && name != "LIMIT_PASSWORDS_KEPT" => "7/7m",
        "TWILIO_NUMBER" => "+2",
        "OTP_TTL" => "6m",
        "MESSAGE_DELAY" => "1s",
        "SMS_COUNTRIES" => "DE,FR",
        "TWILIO_API_URL" => "http://127.0.0.1:1",
        "JWT_KEY_ROTATION" | "REFRESH_TOKEN_TTL" | "DELETE_MAX_AUTH_AGE" | "RESET_TTL" => "45d",
        "ADMIN" | "IMPERSONATION_NOTICE" | "PASSKEYS" => "off",
        "ADMIN_NETWORKS" | "DEV_MAILBOX_NETWORKS" => "172.16.0.0/12",
        "ADMIN_MFA" | "MFA_POLICY" => "required",
        "PASSKEY_RP_ID" => "example.com",
        "MFA_METHODS" => "totp",
        name if name.starts_with("SOCIAL_") => of_provider(name),
        "MFA_REMEMBER" | "ADDITION_UNDO" | "BROWSER_REMEMBER" => "0",
        "BROWSER_SESSION_IDLE" => "7h",
        "LIMIT_FACTORS_ACCOUNT" => "2/2m,9/9h",
        "SIGNUP" => "closed",
        "EMAIL_SIGNIN" => "code",
        "SIGNUP_REQUIRED" => "first_name",
        name => other_sample(name),
    }
}

fn other_sample(name: &str) -> &'static str {
    match name {
        "REGISTRATION_TTL" => "8d",
        "MAIL_FROM" => "me@example.com",
        "BODY_TIMEOUT" => "47s",
        "REDIS_TIMEOUT" | "DRAIN_DELAY" | "SEARCH_BUDGET" => "7s",
        name if ["_TTL", "_AGE", "_TIMEOUT", "_GRACE", "_DEADLINE"].iter().any(|end| name.ends_with(end)) => "77s",
        "MAX_CONNECTIONS" | "MAX_CONNECTIONS_CLIENT" => "777",
        "BODY_LIMIT_BYTES" | "ARGON2_MEMORY_KIB" | "LIMIT_PASSWORDS_KEPT" => "20000",
        name if ["HASH_", "ARGON2_", "SMS_STOP_", "AUDIT_"].iter().any(|begin| name.starts_with(begin)) => "7",
        "PASSWORD_MIN_LENGTH" | "MAIL_WORKERS" | "DEV_MAILBOX_SIZE" | "SESSIONS_MAX" => "9",
        _ => "something",
    }
}

#[test]
fn the_documentation_lists_every_setting_of_the_origin() {
    let page = settings_markdown();
    for line in ORIGIN.lines().filter(|line| line.contains('=')) {
        let (name, _) = line.split_once('=').unwrap();
        assert_has(&page, &[&format!("| `{name}` |")]);
    }
    assert!(page.lines().filter(|line| line.starts_with("| ")).all(|line| line.matches(" | ").count() >= 2));
}

#[test]
fn the_command_line_is_a_verb_and_flags_in_any_order() {
    let parse = |line: &str| cli::parse(line.split(' ')).unwrap();
    assert_eq!(parse("portcullis").command, cli::Command::Serve);
    assert_eq!(parse("portcullis serve --port 1").command, cli::Command::Serve);
    assert_eq!(parse("portcullis migrate").command, cli::Command::Migrate(false));
    assert_eq!(parse("portcullis --port 1 config check").command, cli::Command::ConfigCheck);
    let show = parse("portcullis --config a.toml config show --port 1");
    assert_eq!(show.command, cli::Command::ConfigShow);
    assert_eq!(show.args.config.as_deref(), Some(Path::new("a.toml")));
    assert_eq!(show.args.settings, [("PORT".to_owned(), "1".to_owned())]);
}

#[test]
fn the_help_names_each_setting_and_for_secrets_only_the_file() {
    let help = cli::parse(["portcullis", "--help"]).unwrap_err().to_string();
    assert_has(&help, &["--port <NUMBER>", "--jwt-secret-file <FILE>", "[default: 8000]", "Examples:", "config check"]);
    assert!(!help.contains("--jwt-secret <") && !help.contains("--port-file <"));
}
