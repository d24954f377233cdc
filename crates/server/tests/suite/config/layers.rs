//! Settings come from five sources with an order of precedence, and each problem names its source.

use super::{Desk, LONG_SECRET, assert_has, secret};

/// Returns all problems, one per line, without the folder's name.
fn told(desk: &Desk) -> String {
    desk.errors().replace(&format!("{}/", desk.dir.path().display()), "")
}

#[test]
fn each_source_overrides_the_next() {
    let port = |desk: &Desk| desk.config().http.listen.port();
    let toml = || Desk::new().file("portcullis.toml", "port = 1001\n");
    assert_eq!(port(&Desk::new()), 8000);
    assert_eq!(port(&toml()), 1001);
    assert_eq!(port(&toml().file(".env", "PORT=1002\n")), 1002);
    assert_eq!(port(&toml().env("PORT", "1003")), 1003);
    assert_eq!(port(&toml().flag("--port", "1004")), 1004);
    assert_eq!(port(&Desk::new().file(".env", "PORT=1002\n").env("PORT", "1003")), 1003);
    assert_eq!(port(&Desk::new().file(".env", "PORT=1002\n").flag("--port", "1004")), 1004);
    assert_eq!(port(&Desk::new().env("PORT", "1003").flag("--port", "1004")), 1004);
    assert_eq!(port(&Desk::new().file(".env", "PORT=1\nPORT=1002\n")), 1002, "of two in one place the last");
}

#[test]
fn a_bad_value_is_reported_with_its_source_and_a_fix_for_it() {
    let multiline = "# one\nAPP_NAME=\"a name\"\nIGNORED='two\nlines'\n\nPORT=many\n";
    for (desk, origin, fix) in [
        (Desk::new().flag("--port", "many"), "the command line", "--port 8000"),
        (Desk::new().env("PORT", "many"), "the environment", "PORT=8000"),
        (Desk::new().file(".env", multiline), ".env, line 6", "PORT=8000"),
        (Desk::new().file(".env", &multiline.replace('\n', "\r\n")), ".env, line 6", "PORT=8000"),
        (Desk::new().file("portcullis.toml", "# one\n\nport = 'many'\n"), "portcullis.toml, line 3", "port = 8000"),
        (Desk::new().file("p", "many\n").env("PORT_FILE", "p"), "p, named by the environment", "echo 8000 > p"),
        (Desk::new().file("p", "many").file(".env", "\nPORT_FILE=p"), "p, named by .env, line 2", "echo 8000 > p"),
    ] {
        let expected = format!(
            "1. PORT: must be a whole number from 0 to 65535 (it is `many`)\n      from: {origin}\n      fix: {fix}"
        );
        let told = desk.errors().replace(&format!("{}/", desk.dir.path().display()), "");
        assert!(told.contains(&expected), "{expected}\nis not in\n{told}");
    }
}

#[test]
fn a_bad_value_that_is_overridden_does_not_matter() {
    let desk = Desk::new().file("portcullis.toml", "port = 'many'\n").file(".env", "PORT=much\n").env("PORT", "9000");
    assert_eq!(desk.config().http.listen.port(), 9000);
}

#[test]
fn the_fix_suggests_the_probable_value() {
    for (name, text, meant) in [
        ("ENVIRONMENT", "prod", "production"),
        ("PUBLIC_URL", "accounts.example.com", "https://accounts.example.com"),
        ("PUBLIC_URL", "https://accounts.example.com/?a=b", "https://accounts.example.com/"),
        ("APP_DOMAIN", "https://accounts.example.com/", "accounts.example.com"),
        ("MAIL_SERVER", "smtps://smtp.example.org:465", "smtp.example.org"),
        ("MAIL_SERVER", "smtps://user:hushhush@smtp.example.org:465/", "smtp.example.org"),
        ("MAIL_FROM", "Shop <shop@example.com>", "shop@example.com"),
        (
            "CORS_ALLOWED_ORIGINS",
            "https://a.example.com/,https://b.example.com/x",
            "https://a.example.com,https://b.example.com",
        ),
        ("METRICS_LISTEN", "9090", "127.0.0.1:9090"),
        ("ADMIN_LISTEN", "unix:admin.sock", "127.0.0.1:9000"),
        ("ADMIN_LISTEN", "/run/admin.sock", "127.0.0.1:9000"),
        ("SMS_COUNTRIES", "Germany", "DE,FR"),
        ("RATE_LIMIT_MODE", "observing", "observe"),
        ("LIMIT_OTP_ACCOUNT", "many", "1/1m,5/24h"),
        ("ACCESS_TOKEN_TTL", "5w", "30m"),
    ] {
        assert_has(&told(&Desk::new().env(name, text)), &[&format!("{name}: "), &format!("fix: {name}={meant}")]);
    }
    assert_has(&told(&Desk::new().env("DOCS", "maybe")), &["fix: unset DOCS"]);
    assert_has(&told(&Desk::new().flag("--docs", "maybe")), &["fix: remove --docs"]);
    assert_has(&told(&Desk::new().file(".env", "\nDOCS=maybe")), &["fix: remove line 2 of .env"]);
}

#[test]
fn a_value_and_its_file_are_mutually_exclusive_within_and_across_sources() {
    const SAYS: &str = "PORT: is set (";
    for desk in [
        Desk::new().env("PORT", "1").env("PORT_FILE", "p"),
        Desk::new().env("PORT", "1").flag("--port-file", "p"),
        Desk::new().file(".env", "PORT=1\nPORT_FILE=p\n"),
        Desk::new().file("portcullis.toml", "port = 1\nport_file = 'p'\n"),
        Desk::new().file(".env", "PORT_FILE=p\n").file("portcullis.toml", "port = 1\n"),
        Desk::new().file(".env", "PORT=1\n").flag("--port-file", "p"),
    ] {
        assert_has(&told(&desk.file("p", "9000")), &["1 problem:", SAYS, "so is PORT_FILE (", "remove one of them"]);
    }
    let both = Desk::new().file(".env", "PORT=1\n").file("p", "9000").env("PORT_FILE", "p");
    assert_has(
        &told(&both),
        &["PORT: is set (.env, line 1), and so is PORT_FILE (the environment)", "fix: unset PORT_FILE"],
    );
    let secret = Desk::new().file(".env", "\nJWT_SECRET=x\n").file("jwt", "y").env("JWT_SECRET_FILE", "jwt");
    assert_has(&told(&secret), &["fix: remove line 2 of .env"]);
}

#[test]
fn an_unknown_name_is_reported_with_its_source() {
    let toml = told(&Desk::new().file("portcullis.toml", "\nprot = 1\n[realms.User1]\nport = 1\n[realms.Decoy]\n"));
    assert_has(&toml, &["prot: is not a setting; did you mean `port`?\n      from: portcullis.toml, line 2"]);
    assert_has(&toml, &["write port instead of prot", "portcullis.toml, line 4", "portcullis.toml, line 5"]);
    let dotenv = told(&Desk::new().file(".env", "A=1\nPROT=1\n"));
    assert_has(&dotenv, &["PROT: is not a setting; did you mean `PORT`?\n      from: .env, line 2"]);
    assert_has(&dotenv, &["fix: write PORT instead of PROT"]);
}

#[test]
fn the_source_with_higher_precedence_wins() {
    let toml = |desk: Desk| desk.file("portcullis.toml", "port = 1001\napp_name = 'toml'\n");
    let dotenv = |desk: Desk| toml(desk).file(".env", "PORT=1002\n");
    let env = |desk: Desk| dotenv(desk).env("PORT", "1003");
    let flag = |desk: Desk| env(desk).flag("--port", "1004");
    let port = |desk: Desk| desk.config().http.listen.port();
    assert_eq!(port(toml(Desk::new())), 1001);
    assert_eq!(port(dotenv(Desk::new())), 1002);
    assert_eq!(port(env(Desk::new())), 1003);
    assert_eq!(port(flag(Desk::new())), 1004);
    assert_eq!(flag(Desk::new()).config().app_name, "toml");
}

#[test]
fn an_empty_value_is_treated_as_unset() {
    let desk = Desk::new().env("PORT", "").env("MAIL_SERVER", " ").file(".env", "PORT=9001\nJWT_SECRET=\n");
    assert_eq!(desk.config().http.listen.port(), 9001);
}

#[test]
fn a_given_toml_file_replaces_the_default_one_and_must_exist() {
    let desk = Desk::new().file("portcullis.toml", "port = 1").file("other.toml", "port = 2");
    assert_eq!(desk.flag("--config", "other.toml").config().http.listen.port(), 2);
    assert_has(&Desk::new().flag("--config", "none.toml").errors(), &["none.toml does not exist"]);
}

#[test]
fn a_setting_can_come_from_a_file_without_its_trailing_newline() {
    let desk = Desk::new().file("jwt", &format!("{LONG_SECRET}\n")).env("JWT_SECRET_FILE", "jwt");
    assert_eq!(secret(&desk.config()), LONG_SECRET);
    let desk = Desk::new().file("port", "9000\n").flag("--port-file", "port");
    assert_eq!(desk.config().http.listen.port(), 9000);
    let desk = Desk::new().file("port", "9000\n").file("portcullis.toml", "port_file = 'port'");
    assert_eq!(desk.config().http.listen.port(), 9000);
}

#[test]
fn a_setting_and_its_file_are_mutually_exclusive_across_sources() {
    let desk = Desk::new().file("jwt", LONG_SECRET).file(".env", "JWT_SECRET=x\n").flag("--jwt-secret-file", "jwt");
    assert_has(&desk.errors(), &["JWT_SECRET: is set", ".env", "JWT_SECRET_FILE (the command line): remove one"]);
}

#[test]
fn a_file_that_is_missing_or_empty_is_an_error() {
    let desk = Desk::new().file("empty", "\n").env("JWT_SECRET_FILE", "empty").env("ENCRYPTION_KEY_FILE", "none");
    assert_has(&desk.errors(), &["JWT_SECRET_FILE: ", "is empty", "ENCRYPTION_KEY_FILE: ", "cannot be read"]);
    let errors = Desk::production().env("JWT_SECRET", "").env("JWT_SECRET_FILE", "none").errors();
    assert_has(&errors, &["1 problem:", "JWT_SECRET_FILE: "]);
    let errors = Desk::new().env("ENVIRONMENT", "production").env("PORT_FILE", "none").errors();
    assert_has(&errors, &["PORT_FILE: ", "PUBLIC_URL: is http://localhost:8000, not https"]);
}
