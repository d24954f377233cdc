//! A proxy missing from the settings.

use crate::support::process::{CHEAP, Program, client};

const WARNING: &str = "forwarding header from an unknown peer";

/// Sends three requests with a proxy header, and returns the log.
async fn log_of(settings: &[(&str, &str)], header: &str, value: &str) -> String {
    let mut program = Program::start(&[CHEAP, settings].concat()).await;
    for _ in 0..3 {
        let request = client().get(program.url("/livez")).header(header, value);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    assert!(program.stop().await.success());
    program.log()
}

#[tokio::test]
async fn a_proxy_that_is_not_named_is_reported_once_with_the_setting_that_names_it() {
    for (header, value) in [
        ("X-Forwarded-For", "203.0.113.9"),
        ("Forwarded", "for=203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "accounts.example.com"),
        ("X-Real-IP", "203.0.113.9"),
    ] {
        let log = log_of(&[], header, value).await;
        assert_eq!(log.matches(WARNING).count(), 1, "{header}: {log}");
        assert!(log.contains("TRUSTED_PROXIES=127.0.0.1"), "{log}");
        assert!(!log.contains("203.0.113.9"), "{log}");
    }
}

#[tokio::test]
async fn the_fix_for_an_unknown_proxy_includes_the_known_ones() {
    let log = log_of(&[("TRUSTED_PROXIES", "10.0.0.0/8")], "X-Forwarded-For", "203.0.113.9").await;
    assert!(log.contains("TRUSTED_PROXIES=10.0.0.0/8,127.0.0.1"), "{log}");
    let log = log_of(&[("TRUSTED_PROXIES", "none")], "X-Forwarded-For", "203.0.113.9").await;
    assert_eq!(log.matches(WARNING).count(), 1, "{log}");
}

#[tokio::test]
async fn a_proxy_that_is_named_is_not_reported() {
    let log = log_of(&[("TRUSTED_PROXIES", "127.0.0.1")], "X-Forwarded-For", "203.0.113.9").await;
    assert!(!log.contains(WARNING), "{log}");
}
