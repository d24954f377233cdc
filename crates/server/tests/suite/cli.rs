//! The program on a terminal and in scripts.

use std::{
    fs::{self, File},
    process::Command,
};

use serde_json::Value;

use crate::support::process::{CHEAP, Ended, Program, to_the_end};

#[test]
fn every_command_has_help_with_examples() {
    let program = Program::new(&[]);
    for verb in [
        ["serve"].as_slice(),
        &["migrate"],
        &["config"],
        &["config", "check"],
        &["config", "show"],
        &["hash"],
        &["health"],
        &["openapi"],
        &["completions"],
        &["templates"],
        &["templates", "list"],
        &["templates", "check"],
        &["templates", "export"],
        &["templates", "preview"],
    ] {
        for flag in ["--help", "-h"] {
            let help = good(program.run(&[verb, &[flag]].concat())).stdout;
            let spoken = format!("portcullis {}", verb.join(" "));
            let examples =
                help.split_once("Examples:").unwrap_or_else(|| panic!("{spoken} {flag} has none:\n{help}")).1;
            assert!(examples.contains(&spoken) || examples.contains(verb.last().unwrap()), "{spoken}:\n{help}");
        }
    }
}

#[test]
fn output_that_is_not_on_a_terminal_has_no_colours() {
    let program = Program::new(&[("ENVIRONMENT", "production")]);
    for args in [["--help"].as_slice(), &["config", "check"], &["config", "show"], &["serve"], &["--prot"]] {
        let Ended { stdout, stderr, .. } = program.run(args);
        assert!(!stdout.contains('\x1b') && !stderr.contains('\x1b'), "{args:?}");
    }
}

#[test]
fn on_a_terminal_there_are_colours_unless_they_are_turned_off() {
    let program = Program::new(&[]);
    let seen = |env: &[(&str, &str)]| {
        // `script` runs the program on a terminal.
        let mut command = Command::new("script");
        command.args(["-qec", &format!("{} config check", env!("CARGO_BIN_EXE_portcullis")), "/dev/null"]);
        // The environment of the tests may have its own colour preferences.
        for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM", "CI"] {
            command.env_remove(name);
        }
        command.current_dir(program.folder()).env("TERM", "xterm").envs(env.iter().copied());
        good(to_the_end(command)).stdout
    };
    assert!(seen(&[]).contains("\x1b[32mThe configuration is valid"));
    assert!(!seen(&[("NO_COLOR", "1")]).contains('\x1b'));
    assert!(!seen(&[("TERM", "dumb")]).contains('\x1b'));
}

#[test]
fn every_output_is_available_as_json() {
    let program = Program::new(&[("JWT_SECRET", "a-secret-of-the-test-with-more-than-32-bytes")]);
    let checked = value(&good(program.run(&["config", "check", "--json"])));
    assert_eq!(checked["valid"], true);
    assert_eq!(checked["environment"], "development");

    let shown = value(&good(program.run(&["config", "show", "--json", "--app-name", "Shop"])));
    let row = |name: &str| shown["settings"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!(row("APP_NAME")["value"], "Shop");
    assert_eq!(row("APP_NAME")["origin"], "the command line");
    assert_eq!(row("JWT_SECRET")["value"], "********");
    assert_eq!(row("JWT_SECRET")["is_secret"], true);
    assert_eq!(row("MAIL_SERVER")["value"], Value::Null);
    assert_eq!(shown["valid"], true);

    let migrated = value(&good(program.run(&["migrate", "--json"])));
    assert!(migrated["applied"][0].as_str().unwrap().starts_with("0001 "));
    assert_eq!(value(&good(program.run(&["migrate", "--json"])))["applied"], serde_json::json!([]));

    let bad = program.run(&["config", "check", "--json", "--environment", "production", "--port", "x"]);
    assert_eq!(bad.status.code(), Some(1));
    let problems = value(&bad)["problems"].clone();
    let names: Vec<&str> =
        problems.as_array().unwrap().iter().map(|problem| problem["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"PORT") && names.contains(&"MAIL_SERVER"), "{names:?}");
}

#[test]
fn a_password_is_hashed_as_the_server_would_and_compared() {
    let program = Program::new(CHEAP);
    let made = good(hash(&program, &[], "violet-teapot-hammer\n")).stdout;
    let phc = made.trim();
    assert!(phc.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{made}");
    assert_ne!(good(hash(&program, &[], "violet-teapot-hammer\n")).stdout, made, "another salt each time");
    assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 1, "only the input of this test exists");

    // A trailing newline is ignored, and so are differences in Unicode normalization.
    for same in ["violet-teapot-hammer", "violet-teapot-hammer\r\n"] {
        good(hash(&program, &["--verify", phc], same));
    }
    let composed = good(hash(&program, &[], "caf\u{e9}-teapot")).stdout;
    good(hash(&program, &["--verify", composed.trim()], "cafe\u{301}-teapot"));
    for other in ["violet-teapot-hamme", " violet-teapot-hammer", "violet-teapot-hammer\n\n"] {
        assert_eq!(hash(&program, &["--verify", phc], other).status.code(), Some(1), "{other:?}");
    }
    let judged = value(&good(hash(&program, &["--json", "--verify", phc], "violet-teapot-hammer")));
    assert_eq!(judged, serde_json::json!({"matches": true, "outdated": false}));
    let dearer = Program::new(&[("ARGON2_MEMORY_KIB", "64"), ("ARGON2_ITERATIONS", "1")]);
    let judged = value(&good(hash(&dearer, &["--json", "--verify", phc], "violet-teapot-hammer")));
    assert_eq!(judged, serde_json::json!({"matches": true, "outdated": true}));
}

#[test]
fn invalid_passwords_and_hashes_are_rejected_with_advice() {
    let program = Program::new(CHEAP);
    for (args, input, help) in [
        (["hash"].as_slice(), "", "pipe it in"),
        (&["hash"], "two\nlines", "control characters"),
        (&["hash", "--verify", "plainly-nonsense"], "violet-teapot-hammer", "PHC string format"),
        (&["hash", "--argon2-memory-kib", "1"], "violet-teapot-hammer", "ARGON2_MEMORY_KIB"),
    ] {
        let refused = hash(&program, args.get(1..).unwrap(), input);
        assert_eq!(refused.status.code(), Some(1), "{args:?}");
        assert!(refused.stderr.contains(help), "{args:?}: {}", refused.stderr);
        assert!(!refused.stderr.contains("violet"), "{}", refused.stderr);
    }
}

#[test]
fn a_terminal_does_not_show_the_password_that_is_typed() {
    let program = Program::new(CHEAP);
    let input = program.folder().join("typed");
    fs::write(&input, "violet-teapot-hammer\nviolet-teapot-hammer\n").unwrap();
    let screen = program.folder().join("screen");
    fs::write(&screen, "").unwrap();
    // Input before the prompt would be echoed, so the test waits for the prompt.
    let seen = |text: &str| format!("until grep -q '{text}' {}; do sleep 0.02; done", screen.display());
    let typed = format!(
        "({}; head -n 1 {3}; {}; tail -n 1 {3}; {})",
        seen("Password:"),
        seen("Repeat password:"),
        seen("argon2id"),
        input.display()
    );
    let run = format!("{typed} | script -qefc '{} hash' {}", env!("CARGO_BIN_EXE_portcullis"), screen.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", &run]).current_dir(program.folder()).envs(CHEAP.iter().copied());
    let seen = good(to_the_end(shell)).stdout;
    assert!(seen.contains("Password:") && seen.contains("Repeat password:") && seen.contains("$argon2id$"), "{seen}");
    assert!(!seen.contains("teapot"), "{seen}");
}

#[tokio::test]
async fn the_exit_code_of_health_states_whether_the_server_is_ready() {
    let mut program = Program::new(CHEAP);
    let away = program.run(&["health"]);
    assert_eq!(away.status.code(), Some(1), "{away:?}");
    assert!(away.stdout.contains("is not ready") && away.stdout.contains("refused"), "{away:?}");

    // A server that listens on all addresses is reached on loopback, and a proxy from the environment is not used.
    program.set("HOST", "0.0.0.0");
    program.set("ENVIRONMENT", "development");
    program.set("HTTP_PROXY", "http://127.0.0.1:9");
    program.spawn();
    program.ready().await;
    assert!(good(program.run(&["health"])).stdout.contains("is ready"));
    let url = format!("http://127.0.0.1:{}", program.port());
    let answer = value(&good(program.run(&["health", "--json", "--url", &url, "--port", "9"])));
    assert_eq!(answer, serde_json::json!({"url": format!("{url}/readyz"), "ready": true, "problem": null}));

    fs::remove_file(program.data().join("portcullis.db")).unwrap();
    let begun = std::time::Instant::now();
    while program.run(&["health"]).status.success() {
        assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{}", program.log());
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let sick = value(&program.run(&["health", "--json"]));
    assert_eq!(
        (&sick["ready"], &sick["problem"]),
        (&false.into(), &"it responded with 503 Service Unavailable".into())
    );
}

#[test]
fn health_requires_a_url_if_the_settings_have_no_address() {
    let program = Program::new(&[]);
    for (port, help) in [("0", "--url"), ("x", "config check")] {
        let refused = program.run(&["health", "--port", port]);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(refused.stderr.contains(help), "{refused:?}");
    }
    assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 0, "nothing is created");
}

#[test]
fn the_description_of_the_api_is_printed_for_programs() {
    let program = Program::new(&[]);
    let plain = value(&good(program.run(&["openapi"])));
    assert_eq!(plain, portcullis::openapi(&["User1", "User2"], ""));
    assert!(plain.get("servers").is_none());
    assert_eq!(fs::read_dir(program.folder()).unwrap().count(), 0, "nothing is created");

    let there = ["openapi", "--server", "https://example.com/auth/", "--realms", "Shop"];
    let there = value(&good(program.run(&there)));
    assert_eq!(there["servers"][0]["url"], "https://example.com/auth");
    let login = &there["components"]["securitySchemes"]["account_Shop"]["flows"]["password"];
    assert_eq!(login["tokenUrl"], "https://example.com/auth/v1/Shop/token");
    assert_eq!(there["paths"]["/v1/{realm}/me"]["get"]["parameters"][0]["example"], "Shop");
    for elsewhere in ["User1", "User2", "127.0.0.1", "localhost"] {
        assert!(!there.to_string().contains(elsewhere), "{elsewhere}");
    }

    let refused = program.run(&["openapi", "--server", "example.com"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(refused.stderr.contains("must be an absolute URL"), "{}", refused.stderr);
}

#[test]
fn completion_scripts_cover_every_command() {
    let program = Program::new(&[]);
    for shell in ["bash", "zsh", "fish"] {
        let script = good(program.run(&["completions", shell])).stdout;
        for word in ["migrate", "hash", "health", "openapi", "completions", "templates", "mail-server"] {
            assert!(script.contains(word), "{shell} knows nothing of {word}");
        }
    }
    let mut bash = Command::new("bash");
    let run = format!("source <({} completions bash); complete -p portcullis", env!("CARGO_BIN_EXE_portcullis"));
    bash.args(["--norc", "-c", &run]);
    assert!(good(to_the_end(bash)).stdout.contains("portcullis"));
    assert_eq!(program.run(&["completions", "tcsh"]).status.code(), Some(2));
}

#[test]
fn a_closed_pipe_is_not_reported_as_an_error() {
    let program = Program::new(&[]);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{} config show | head -n 1", env!("CARGO_BIN_EXE_portcullis"))]);
    shell.current_dir(program.folder());
    let ended = good(to_the_end(shell));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("# General\n", ""));
}

#[test]
fn a_failed_startup_suggests_a_fix() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let program = Program::new(CHEAP);
    let refused = program.run(&["--port", &port]);
    assert!(refused.stderr.contains("--port 8001"), "{}", refused.stderr);
    let refused = program.run(&["--port", "x"]);
    assert!(refused.stderr.contains("portcullis config show"), "{}", refused.stderr);
    fs::write(program.folder().join("file"), "").unwrap();
    let refused = program.run(&["--data-dir", "file/data"]);
    assert!(refused.stderr.contains("DATA_DIR"), "{}", refused.stderr);
}

fn hash(program: &Program, args: &[&str], input: &str) -> Ended {
    let file = program.folder().join("input");
    fs::write(&file, input).unwrap();
    let mut command = program.command(&[&["hash"], args].concat());
    command.stdin(File::open(file).unwrap());
    to_the_end(command)
}

fn value(ended: &Ended) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("no JSON: {ended:?}"))
}

fn good(ended: Ended) -> Ended {
    assert!(ended.status.success(), "{ended:?}");
    ended
}
