//! Settings that look harmless but are insecure.

use super::{
    super::{Desk, KEY, LONG_SECRET, assert_has},
    refused,
};

/// Checks that production rejects one value and accepts another.
#[track_caller]
fn bounded(name: &'static str, bad: &str, good: &str, why: &str, fix: &str) {
    let desk = Desk::production().env(name, bad);
    refused(&desk, name, why, "the environment", &format!("{name}={fix}"));
    Desk::production().env(name, good).config();
}

#[test]
fn a_loopback_host_without_trusted_proxies_is_rejected() {
    let desk = Desk::production().env("TRUSTED_PROXIES", "");
    let origin = "TRUSTED_PROXIES: the default (none); HOST: the default (127.0.0.1)";
    let fix = "TRUSTED_PROXIES=127.0.0.1,::1";
    refused(&desk, "TRUSTED_PROXIES", "is not set, and HOST is loopback", origin, fix);
    for (host, proxies) in [("127.0.0.1", "none"), ("::1", "NONE"), ("localhost", "127.0.0.1"), ("0.0.0.0", "")] {
        Desk::production().env("HOST", host).env("TRUSTED_PROXIES", proxies).config();
    }
    assert!(Desk::production().env("TRUSTED_PROXIES", "none").config().http.trusted_proxies.is_empty());
    let errors = Desk::production().env("TRUSTED_PROXIES", "none,10.0.0.0/8").errors();
    assert_has(&errors, &["TRUSTED_PROXIES: must be networks", "or `none`"]);
}

#[test]
fn a_redis_over_a_network_without_tls_is_rejected_unless_it_is_allowed() {
    let why = "is unencrypted";
    let fix =
        "use rediss:// or rediss-sentinel:// in REDIS_URL, or set REDIS_PLAINTEXT=allow on a network that you trust";
    // A local Sentinel returns servers on other machines.
    for url in ["redis://cache:6379", "redis://:hushhush@10.0.0.7", "redis-sentinel://127.0.0.1/0?name=accounts"] {
        refused(&Desk::production().env("REDIS_URL", url), "REDIS_URL", why, "the environment", fix);
        Desk::production().env("REDIS_URL", url).env("REDIS_PLAINTEXT", "allow").config();
        Desk::new().env("REDIS_URL", url).config();
    }
    let origin =
        "REDIS_URL: the default (`redis://REDIS_HOST:REDIS_PORT` if `REDIS_HOST` is set); REDIS_HOST: the environment";
    refused(&Desk::production().env("REDIS_HOST", "cache"), "REDIS_URL", why, origin, fix);
    let told = Desk::new().env("REDIS_HOST", "cache").env("REDIS_PLAINTEXT", "refuse").errors();
    assert_has(&told, &["REDIS_URL: ", why]);
    for url in [
        "redis://127.0.0.1",
        "redis://[::1]:1/2",
        "rediss://cache",
        "unix:///run/redis.sock",
        "rediss-sentinel://localhost/0?name=n",
    ] {
        Desk::production().env("REDIS_URL", url).config();
    }
}

#[test]
fn trusting_more_than_half_of_all_addresses_is_rejected_however_it_is_written() {
    for (trusted, fix) in [
        ("0.0.0.0/1,128.0.0.0/1", "127.0.0.1"),
        ("0.0.0.0/1,128.0.0.0/2,10.0.0.0/8", "127.0.0.1"),
        ("::/1,8000::/3,192.0.2.0/24", "192.0.2.0/24"),
    ] {
        let desk = Desk::production().env("TRUSTED_PROXIES", trusted);
        let fix = format!("TRUSTED_PROXIES={fix}");
        refused(&desk, "TRUSTED_PROXIES", "trusts more than half of all addresses", "the environment", &fix);
    }
    for trusted in ["10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7", "0.0.0.0/1", "0.0.0.0/1,10.0.0.0/8,64.0.0.0/2"]
    {
        Desk::production().env("TRUSTED_PROXIES", trusted).config();
    }
}

#[test]
fn a_jwt_secret_that_is_also_the_encryption_key_is_rejected() {
    let rotate = "put a new key (`openssl rand -base64 32` prints one) in front of this one, with a comma between them";
    let unpadded = KEY.trim_end_matches('=');
    for secret in [KEY, unpadded] {
        let desk = Desk::production().env("JWT_SECRET", secret);
        refused(&desk, "ENCRYPTION_KEY", "is the same as JWT_SECRET", "the environment", rotate);
    }
}

#[test]
fn a_secret_that_repeats_itself_or_counts_is_rejected() {
    let export = "export JWT_SECRET=\"$(openssl rand -base64 32)\"";
    for secret in [
        "changemechangemechangemechangeme",
        "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz0123456789",
        "zyxwvutsrqponmlkjihgfedcba9876543210",
        "1234567890123456789012345678901234567890",
    ] {
        let desk = Desk::production().env("JWT_SECRET", secret);
        refused(&desk, "JWT_SECRET", "is a repeated or counting sequence", "the environment", export);
    }
    for key in [
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "//////////////////////////////////////////8=",
    ] {
        let desk = Desk::production().env("ENCRYPTION_KEY", &format!("{KEY},{key}"));
        let errors = desk.errors();
        assert_has(&errors, &["ENCRYPTION_KEY: is a repeated or counting sequence"]);
        Desk::new().env("ENCRYPTION_KEY", key).config();
    }
}

#[test]
fn one_issuer_for_several_realms_is_rejected() {
    let desk = Desk::production().env("JWT_ISSUER", "https://accounts.example.com/");
    let origin = "JWT_ISSUER: the environment; REALMS: the default (User1,User2)";
    let fix = "JWT_ISSUER=https://accounts.example.com/{realm}";
    refused(&desk, "JWT_ISSUER", "has no `{realm}`", origin, fix);
    desk.env("REALMS", "User1").config();
    Desk::production().env("JWT_ISSUER", "https://{realm}.example.com").config();
}

#[cfg(feature = "mongodb")]
#[test]
fn a_database_whose_certificate_is_not_checked_is_rejected() {
    for option in [
        "tlsInsecure",
        "tlsAllowInvalidCertificates",
        "tlsAllowInvalidHostnames",
        "sslAllowInvalidCertificates",
        "TLSINSECURE",
    ] {
        let url = format!("mongodb://u:p@db.example.com/accounts?replicaSet=a&{option}=true");
        let desk = Desk::production().env("DATABASE_URL", &url);
        let (why, fix) = (format!("has {option}=true"), format!("remove {option} from DATABASE_URL"));
        refused(&desk, "DATABASE_URL", &why, "the environment", &fix);
        Desk::production().env("DATABASE_URL", &url.replace("=true", "=false")).config();
    }
}

#[test]
fn limits_of_guesses_without_effect_are_rejected() {
    let why = "allows more than 1,000 a minute";
    bounded("LIMIT_PASSWORDS_CLIENT", "1001/1m", "1000/1m", why, "30/1m");
    bounded("LIMIT_LINKS_CLIENT", "20/1s", "100000/24h", why, "30/1m");
    bounded("LIMIT_OTP_CLIENT", "60001/1h", "60000/1h", why, "10/1h");
    bounded("LIMIT_OTP_ACCOUNT", "2000/1m,200000/1h", "2000/1m,5/24h", why, "1/1m,5/24h");
    bounded("LIMIT_PASSWORDS_ACCOUNT", "101/24h", "100/24h", "more than 100", "5/24h");
}

#[test]
fn excessive_lifetimes_are_rejected() {
    bounded("ACCESS_TOKEN_TTL", "25h", "24h", "is longer than 24h", "24h");
    bounded("RESET_TTL", "2d", "24h", "is longer than 24h", "24h");
    let longer = Desk::production().env("REGISTRATION_TTL", "30d").env("VERIFICATION_TTL", "8d");
    refused(&longer, "VERIFICATION_TTL", "is longer than 7d", "the environment", "VERIFICATION_TTL=7d");
    Desk::production().env("VERIFICATION_TTL", "7d").config();
    bounded("SESSION_MAX_AGE", "401d", "400d", "is longer than 400d", "400d");
    bounded("DELETE_MAX_AUTH_AGE", "25h", "24h", "is longer than 24h", "24h");
}

#[test]
fn the_same_lifetimes_are_rejected_for_one_realm() {
    for name in ["ACCESS_TOKEN_TTL", "RESET_TTL", "SESSION_MAX_AGE", "DELETE_MAX_AUTH_AGE"] {
        let desk = Desk::production().env(&format!("REALM_USER2_{name}"), "401d");
        assert_has(&desk.errors(), &["1 problem:", name, "is longer than", "(refused in production)"]);
        desk.env("ENVIRONMENT", "development").config();
    }
}

#[test]
fn metrics_on_all_addresses_are_rejected() {
    for address in ["0.0.0.0:9100", "[::]:9100"] {
        bounded("METRICS_LISTEN", address, "10.0.0.1:9100", "is on all addresses", "127.0.0.1:9100");
    }
}

#[test]
fn administration_that_others_reach_without_tls_is_rejected() {
    let plain = || Desk::production().env("PUBLIC_URL", "http://accounts.example.com");
    let with = |listen: &str| plain().env("ADMIN_LISTEN", listen).errors();
    assert_has(
        &with("10.0.0.1:9000"),
        &["2 problems", "PUBLIC_URL: ", "ADMIN_LISTEN: ", "fix: ADMIN_LISTEN=127.0.0.1:9000"],
    );
    for listen in ["127.0.0.1:9000", "[::1]:9000", "unix:/run/portcullis/admin.sock"] {
        assert_has(&with(listen), &["1 problem", "PUBLIC_URL: "]);
    }
    Desk::production().env("ADMIN_LISTEN", "10.0.0.1:9000").config();
}

#[test]
fn administration_cannot_listen_where_another_listener_is() {
    for (other, address) in [("PORT", "8000"), ("METRICS_LISTEN", "127.0.0.1:8000")] {
        let desk = Desk::new().env("PORT", "7000").env(other, address).env("ADMIN_LISTEN", "0.0.0.0:8000");
        assert_has(&desk.errors(), &["ADMIN_LISTEN: is the address of ", "fix: ADMIN_LISTEN=0.0.0.0:9000"]);
    }
}

#[test]
fn pages_without_tls_are_rejected_except_those_of_this_machine() {
    let why = "names an origin with `http`";
    bounded(
        "CORS_ALLOWED_ORIGINS",
        "https://a.example.com,http://b.example.com:8080",
        "https://a.example.com,http://localhost:5173,http://127.0.0.1",
        why,
        "https://a.example.com,https://b.example.com:8080",
    );
}

#[test]
fn each_insecure_setting_is_one_entry_of_the_list() {
    let desk = Desk::production()
        .env("TRUSTED_PROXIES", "")
        .env("JWT_SECRET", KEY)
        .env("JWT_SECRET_PREVIOUS", &LONG_SECRET.repeat(2))
        .env("JWT_ISSUER", "shared")
        .env("LIMIT_LINKS_CLIENT", "9999/1m")
        .env("SESSION_MAX_AGE", "3650d")
        .env("METRICS_LISTEN", "0.0.0.0:1")
        .env("CORS_ALLOWED_ORIGINS", "http://b.example.com");
    let expected = [
        "8 problems",
        "TRUSTED_PROXIES: ",
        "ENCRYPTION_KEY: is the same as JWT_SECRET",
        "JWT_SECRET_PREVIOUS: is a repeated",
        "JWT_ISSUER: ",
        "LIMIT_LINKS_CLIENT: ",
        "SESSION_MAX_AGE: ",
        "METRICS_LISTEN: ",
        "CORS_ALLOWED_ORIGINS: ",
    ];
    assert_has(&desk.errors(), &expected);
}

#[test]
fn sms_as_a_factor_needs_a_stronger_one_and_a_provider() {
    let twilio = |desk: Desk| {
        let desk = desk.env("TWILIO_SID", "AC0123456789abcdef0123456789abcdef").env("TWILIO_AUTH_TOKEN", "t");
        desk.env("TWILIO_NUMBER", "+15005550006").env("SMS_COUNTRIES", "US")
    };
    let origin = "the environment";
    let alone = twilio(Desk::production()).env("MFA_METHODS", "sms,recovery_code");
    let fix = "MFA_METHODS=totp,sms,recovery_code";
    refused(&alone, "MFA_METHODS", "can only be added beside a stronger factor", origin, fix);
    let without = Desk::production().env("MFA_METHODS", "totp,sms");
    refused(&without, "MFA_METHODS", "TWILIO_SID is not set", origin, "MFA_METHODS=totp,recovery_code");
    twilio(Desk::production()).env("MFA_METHODS", "totp,sms,recovery_code").config();
}

#[test]
fn a_client_of_someone_else_without_an_audience_is_rejected() {
    let table = "[realms.User1.clients.shop]\ntype = 'public'\nredirect_uris = ['https://shop.example.com/cb']\n";
    let desk = Desk::production().file("portcullis.toml", table);
    let (name, why) = ("realms.User1.clients.shop", "is not first-party, and without JWT_AUDIENCE");
    let fix = "set JWT_AUDIENCE, or first_party = true in [realms.User1.clients.shop]";
    refused(&desk, name, why, "portcullis.toml, line 1", fix);
    Desk::production().file("portcullis.toml", table).env("JWT_AUDIENCE", "https://api.example.com").config();
    let own = format!("{table}first_party = true\n");
    Desk::production().file("portcullis.toml", &own).config();
}
