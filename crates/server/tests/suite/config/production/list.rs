//! All problems in a single list, and the fixes that solve them.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use portcullis::cli;

use super::super::{Desk, assert_has};

#[test]
fn production_rejects_everything_insecure_in_one_list() {
    let desk = Desk::new()
        .env("ENVIRONMENT", "production")
        .env("DEV_MAILBOX", "on")
        .env("RATE_LIMIT_MODE", "off")
        .env("CORS_ALLOWED_ORIGINS", "https://app.example.com,*")
        .env("ARGON2_MEMORY_KIB", "19455")
        .env("PASSWORD_MIN_LENGTH", "7")
        .env("TWILIO_SID", "AC123")
        .env("TWILIO_AUTH_TOKEN", "t")
        .env("TWILIO_NUMBER", "+15005550006")
        .env("JWT_ALGORITHM", "HS256")
        .env("JWT_SECRET_PREVIOUS", "short");
    let expected = [
        "12 problems",
        "JWT_SECRET: is required with JWT_ALGORITHM=HS256",
        "JWT_SECRET_PREVIOUS: is shorter than 32 bytes",
        "ENCRYPTION_KEY: is not set",
        "PUBLIC_URL: is http://localhost:8000, not https",
        "MAIL_SERVER: is not set",
        "DEV_MAILBOX: is on",
        "RATE_LIMIT_MODE: is off",
        "CORS_ALLOWED_ORIGINS: allows all origins",
        "TRUSTED_PROXIES: is not set, and HOST is loopback",
        "ARGON2_MEMORY_KIB: 19455 with ARGON2_ITERATIONS=2",
        "PASSWORD_MIN_LENGTH: is less than 8",
        "SMS_COUNTRIES: is required with TWILIO_SID",
    ];
    assert_has(&desk.errors(), &expected);
    assert!(!desk.path("data").exists(), "nothing is created if the settings are invalid");
}

/// Returns a configuration with every possible problem.
fn ruin() -> Desk {
    let dotenv = "JWT_SECRET=your-super-secret-jwt-key\nAPP_DOMAIN=localhost:8000\nVALIDATE_CERTS=false\n\
                  MAIL_STARTTLS=false\nMAIL_SERVER=smtp.example.com\nTWILIO_SID=AC123\nTWILIO_NUMBER=+15005550006\n\
                  DEV_MAILBOX=on\nPORT=many\n";
    let toml = "argon2_memory_kib = 19455\npassword_min_length = 7\nrate_limit_mode = 'off'\n\
                cors_allowed_origins = ['*']\nenvironment = 'production'\n";
    let desk = Desk::new().file_with_mode(".env", dotenv, 0o644).file("portcullis.toml", toml);
    desk.file_with_mode("twilio", "token\n", 0o644).flag("--twilio-auth-token-file", "twilio")
}

#[test]
fn all_problems_are_in_one_list_with_their_sources_and_fixes() {
    let desk = ruin();
    let problems = desk.problems();
    let names: Vec<&str> = problems.iter().map(|problem| problem.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "PORT",
            "TWILIO_AUTH_TOKEN_FILE",
            "JWT_SECRET",
            "PUBLIC_URL",
            "CORS_ALLOWED_ORIGINS",
            "ENCRYPTION_KEY",
            "JWT_SECRET",
            "PASSWORD_MIN_LENGTH",
            "ARGON2_MEMORY_KIB",
            "RATE_LIMIT_MODE",
            "MAIL_STARTTLS",
            "VALIDATE_CERTS",
            "DEV_MAILBOX",
            "SMS_COUNTRIES",
            "TRUSTED_PROXIES",
        ]
    );
    for problem in &problems {
        assert!(problem.origin.is_some() && problem.fix.is_some(), "{problem:?}");
        assert!(!problem.text.contains("super-secret"));
    }
    assert!(!desk.path("data").exists(), "nothing is created if the settings are invalid");
}

#[test]
fn the_suggested_fixes_work() {
    let desk = ruin();
    // Not every machine has OpenSSL.
    fs::create_dir(desk.path("bin")).unwrap();
    let desk = desk.file_with_mode("bin/openssl", "#!/bin/sh\nhead -c 32 /dev/urandom | base64\n", 0o700);
    for problem in desk.problems() {
        let fix = problem.fix.unwrap();
        let is_setting = fix
            .split_once('=')
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b"_0123456789".contains(&b)));
        if is_setting {
            append(&desk, ".env", &fix);
        } else if let Some((name, _)) = fix.split_once(" = ") {
            let text = fs::read_to_string(desk.path("portcullis.toml")).unwrap();
            let lines = text.lines().map(|line| if line.starts_with(name) { fix.as_str() } else { line });
            fs::write(desk.path("portcullis.toml"), lines.collect::<Vec<_>>().join("\n")).unwrap();
        } else {
            let script = format!("PATH=\"$PWD/bin:$PATH\"; {fix}");
            let done = Command::new("sh").args(["-c", &script]).current_dir(desk.dir.path()).status().unwrap();
            assert!(done.success(), "{fix}");
        }
    }
    let (code, told) = desk.run(cli::check);
    assert_eq!((code, told.as_str()), (0, "The configuration is valid for production.\n"));
    let mode = fs::metadata(desk.path(".env")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

fn append(desk: &Desk, file: &str, line: &str) {
    let text = fs::read_to_string(desk.path(file)).unwrap();
    fs::write(desk.path(file), format!("{text}\n{line}\n")).unwrap();
}
