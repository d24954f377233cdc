//! The commands of the program and their output.

use std::fs;

use super::{good, names};
use crate::support::process::{CHEAP, Program, to_the_end};

#[tokio::test]
async fn config_show_names_the_source_of_every_value_and_shows_no_secret() {
    let mut program = Program::start(CHEAP).await;
    program.set("MAIL_SERVER", "smtp.example.com");
    program.set("MAIL_USERNAME", "portcullis");
    program.set("MAIL_PASSWORD", "a password of the mail server");
    program.set("TWILIO_AUTH_TOKEN", "a token of twilio");
    program.set("JWT_SECRET", "a shared secret of the tokens, which is long enough");
    program.set("REDIS_URL", "redis://:apasswordofredis@localhost");
    program.set("API_CLIENTS", "shop:asecretoftheshop");
    let shown = program.run(&["config", "show", "--jwt-secret-previous", "the secret of the time before this one"]);
    let everything = format!("{}{}", shown.stdout, shown.stderr);

    let secrets = fs::read_to_string(program.data().join("secrets.env")).unwrap();
    let generated = secrets.lines().filter_map(|line| line.split_once('=')).map(|(_, value)| value);
    let given = [
        "a password of the mail server",
        "a token of twilio",
        "apasswordofredis",
        "asecretoftheshop",
        "the secret of the time before",
        "a shared secret of the tokens",
    ];
    let kept: Vec<&str> = generated.filter(|value| value.len() > 16).chain(given).collect();
    assert_eq!(kept.len(), 7, "one was generated, six were given");
    for secret in kept {
        assert!(!everything.contains(secret), "{secret} is shown");
    }
    for name in ["JWT_SECRET", "ENCRYPTION_KEY", "MAIL_PASSWORD", "TWILIO_AUTH_TOKEN", "REDIS_URL", "API_CLIENTS"] {
        let line = shown.stdout.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
        assert!(line.contains("********") && line.contains('('), "{line}");
    }
}

#[test]
fn production_is_rejected_with_one_list_of_all_that_is_wrong() {
    let program = Program::new(&[("ENVIRONMENT", "production")]);
    for verb in [["config", "check"].as_slice(), &["serve"], &["migrate"]] {
        let refused = program.run(verb);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let list = format!("{}{}", refused.stdout, refused.stderr);
        for name in ["ENCRYPTION_KEY", "PUBLIC_URL", "MAIL_SERVER"] {
            let items = list.lines().filter(|line| line.trim_start().starts_with(char::is_numeric));
            assert_eq!(items.filter(|item| item.contains(&format!(". {name}:"))).count(), 1, "{name}: {list}");
        }
    }
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "nothing is created");
}

#[test]
fn the_help_names_every_verb_and_every_setting() {
    let program = Program::new(&[]);
    for flag in ["--help", "-h", "help"] {
        let help = good(program.run(&[flag])).stdout;
        for verb in ["serve", "migrate", "config check", "--port"] {
            assert!(help.contains(verb), "{flag} does not mention {verb}:\n{help}");
        }
    }
    let help = good(program.run(&["--help"])).stdout;
    for name in ["config show", "--argon2-memory-kib", "--mail-server", "--jwt-secret-file", "Examples:"] {
        assert!(help.contains(name), "{name}:\n{help}");
    }
    assert!(good(program.run(&["--version"])).stdout.starts_with("portcullis "));
}

#[test]
fn a_misspelt_name_gets_the_closest_one_as_suggestion() {
    let program = Program::new(&[]);
    let flag = program.run(&["--prot", "9000"]);
    assert_eq!(flag.status.code(), Some(2), "{flag:?}");
    assert!(flag.stderr.contains("--port"), "{}", flag.stderr);
    let verb = program.run(&["migrat"]);
    assert_eq!(verb.status.code(), Some(2), "{verb:?}");
    assert!(verb.stderr.contains("migrate"), "{}", verb.stderr);

    let file = program.folder().join("portcullis.toml");
    fs::write(&file, "prot = 9000\n").unwrap();
    let toml = program.run(&["serve"]);
    assert_eq!(toml.status.code(), Some(1), "{toml:?}");
    assert!(toml.stderr.contains("prot") && toml.stderr.to_ascii_lowercase().contains("`port`"), "{}", toml.stderr);
    fs::remove_file(file).unwrap();

    let file = program.folder().join(".env");
    fs::write(&file, "MAIL_SERVR=smtp.example.com\n").unwrap();
    let dotenv = program.run(&["serve"]);
    assert_eq!(dotenv.status.code(), Some(1), "{dotenv:?}");
    assert!(dotenv.stderr.contains("MAIL_SERVR") && dotenv.stderr.contains("MAIL_SERVER"), "{}", dotenv.stderr);
    fs::remove_file(file).unwrap();

    let mut misspelt = program.command(&["config", "check"]);
    misspelt.env("ACCES_TOKEN_TTL", "5m");
    let environment = good(to_the_end(misspelt));
    assert!(environment.stdout.contains("ACCESS_TOKEN_TTL"), "{}", environment.stdout);
}
