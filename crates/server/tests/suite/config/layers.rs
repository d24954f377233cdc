//! Of five places the stronger wins, and whatever is wrong is said to stand where it does.

use super::{Desk, assert_has};

/// Everything that is wrong, a line each, without the folder's name.
fn told(desk: &Desk) -> String {
    desk.errors().replace(&format!("{}/", desk.dir.path().display()), "")
}

#[test]
fn each_place_is_stronger_than_the_next_by_itself() {
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
fn a_bad_value_is_said_to_stand_where_it_does_and_mended_in_the_words_of_that_place() {
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
fn a_bad_value_in_a_weaker_place_does_not_matter() {
    let desk = Desk::new().file("portcullis.toml", "port = 'many'\n").file(".env", "PORT=much\n").env("PORT", "9000");
    assert_eq!(desk.config().http.listen.port(), 9000);
}

#[test]
fn what_was_probably_meant_is_what_mends_it() {
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
fn a_value_and_its_file_exclude_each_other_within_one_place_and_across_them() {
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
fn an_unknown_name_is_said_to_stand_where_it_does() {
    let toml = told(&Desk::new().file("portcullis.toml", "\nprot = 1\n[realms.User1]\nport = 1\n[realms.Decoy]\n"));
    assert_has(&toml, &["prot: is not a setting; did you mean `port`?\n      from: portcullis.toml, line 2"]);
    assert_has(&toml, &["write port instead of prot", "portcullis.toml, line 4", "portcullis.toml, line 5"]);
    let dotenv = told(&Desk::new().file(".env", "A=1\nPROT=1\n"));
    assert_has(&dotenv, &["PROT: is not a setting; did you mean `PORT`?\n      from: .env, line 2"]);
    assert_has(&dotenv, &["fix: write PORT instead of PROT"]);
}
