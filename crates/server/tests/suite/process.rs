//! The real program: how it starts with nothing, what it says, how it ends.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::support::{
    Person, json,
    process::{CHEAP, Ended, Program, client, to_the_end},
    smtp::{Behaviour, Options, SmtpServer},
};

/// The examples of the origin's README, as it prints them.
const REGISTRATION: &str = r#"curl -X POST "http://localhost:8000/User1/create" \
  -H "Content-Type: application/json" \
  -d '{
    "first_name": "John",
    "last_name": "Doe",
    "email": "john.doe@example.com",
    "phone": "+1234567890",
    "country_code": "US",
    "password": "securepassword123"
  }'
"#;
const LOGIN: &str = r#"curl -X POST "http://localhost:8000/User1/login" \
  -H "Content-Type: application/x-www-form-urlencoded" \
  -d "username=john.doe@example.com&password=securepassword123"
"#;
const INFORMATION: &str = r#"curl -X GET "http://localhost:8000/User1/?id=user-id-here" \
  -H "Authorization: Bearer your-jwt-token"
"#;
const CODE: &str = r#"curl -X POST "http://localhost:8000/User1/otp_phone" \
  -H "Content-Type: application/json" \
  -d '{
    "id": "user-id-here",
    "phone": "+1234567890"
  }'
"#;

#[tokio::test]
async fn without_any_setting_it_serves_from_an_empty_folder_and_keeps_its_data_to_itself() {
    let mut program = Program::new(&[]);
    good(program.run(&["config", "check"]));
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "a check makes nothing");

    // A careless umask must not matter.
    let mut careless = Command::new("sh");
    careless.args(["-c", "umask 000; exec \"$0\"", env!("CARGO_BIN_EXE_portcullis")]);
    careless.current_dir(program.folder()).env_clear().env("PORT", program.port().to_string());
    program.spawn_by(careless);
    program.ready().await;
    assert_eq!(names(&program.folder()), ["data"]);
    assert_eq!(mode(&program.data()), 0o700);
    let files = names(&program.data());
    assert!(files.contains(&"portcullis.db".to_owned()) && files.contains(&"secrets.env".to_owned()), "{files:?}");
    for file in files {
        assert_eq!(mode(&program.data().join(&file)), 0o600, "{file}");
    }
    let secrets = fs::read_to_string(program.data().join("secrets.env")).unwrap();

    assert!(program.stop().await.success());
    program.spawn();
    program.ready().await;
    assert_eq!(fs::read_to_string(program.data().join("secrets.env")).unwrap(), secrets, "never made anew");
}

#[tokio::test]
async fn the_examples_of_the_origins_readme_work_as_they_are_printed() {
    let program = Program::start(&[]).await;
    let created = curl(&program, REGISTRATION);
    assert_eq!(created["message"], "User created successfully");
    assert_eq!(created["Email"], "john.doe@example.com");
    let id = created["id"].as_str().unwrap();

    let refused = curl(&program, LOGIN);
    assert_eq!(refused["detail"], "Email not verified");
    let link = first_link(&program).await;
    curl_text(&program, &format!("curl '{link}'"));

    let entered = curl(&program, LOGIN);
    assert_eq!(entered["token_type"], "bearer");
    let token = entered["access_token"].as_str().unwrap();

    let user = curl(&program, &INFORMATION.replace("user-id-here", id).replace("your-jwt-token", token));
    assert_eq!(user["id"], id);
    assert_eq!(user["first_name"], "John");
    assert_eq!(user["last_name"], "Doe");
    assert_eq!(user["email"], "john.doe@example.com");
    assert_eq!(user["phone"], "+1234567890");
    assert_eq!(user["country_code"], "US");
    assert_eq!(user["is_email_verified"], true);

    let sent = curl(&program, &CODE.replace("user-id-here", id));
    assert_eq!(sent["message"], "OTP generated successfully");
    assert!(sent["otp"].as_str().is_some_and(|handle| handle.len() > 26), "{sent}");
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_the_small_verbs_work_beside_the_first() {
    let mut program = Program::start(&[]).await;
    for database in ["sqlite://data/portcullis.db", "sqlite://data/../data/portcullis.db"] {
        let second = program.run(&["serve", "--port", "0", "--database-url", database]);
        assert_eq!(second.status.code(), Some(1), "{second:?}");
        assert!(second.stderr.contains("another process serves from"), "{}", second.stderr);
        assert!(second.stderr.contains("portcullis.db"), "{}", second.stderr);
        assert_eq!(second.stderr.lines().count(), 1, "{}", second.stderr);
    }

    let migrated = good(program.run(&["migrate"]));
    assert_eq!(migrated.stdout, "The database is up to date.\n");
    let checked = good(program.run(&["config", "check"]));
    assert!(checked.stdout.contains("The configuration is valid for development."), "{}", checked.stdout);
    assert!(good(program.run(&["config", "show"])).stdout.contains("ARGON2_MEMORY_KIB"));
    assert_eq!(client().get(program.url("/readyz")).send().await.unwrap().status(), 200);

    // A lock that nobody holds any more keeps nobody out.
    program.kill();
    program.spawn();
    program.ready().await;
}

#[test]
fn migrate_makes_the_database_once() {
    let program = Program::new(&[]);
    let made = good(program.run(&["migrate"]));
    assert!(made.stdout.starts_with("applied 0001 "), "{}", made.stdout);
    assert_eq!(mode(&program.data().join("portcullis.db")), 0o600);
    assert_eq!(good(program.run(&["migrate"])).stdout, "The database is up to date.\n");
}

#[tokio::test]
async fn config_show_names_the_source_of_every_value_and_shows_no_secret() {
    let mut program = Program::start(CHEAP).await;
    program.set("MAIL_SERVER", "smtp.example.com");
    program.set("MAIL_USERNAME", "portcullis");
    program.set("MAIL_PASSWORD", "a password of the mail server");
    program.set("TWILIO_AUTH_TOKEN", "a token of twilio");
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
    ];
    let kept: Vec<&str> = generated.filter(|value| value.len() > 16).chain(given).collect();
    assert_eq!(kept.len(), 7, "two were generated, five were given");
    for secret in kept {
        assert!(!everything.contains(secret), "{secret} is shown");
    }
    for name in ["JWT_SECRET", "ENCRYPTION_KEY", "MAIL_PASSWORD", "TWILIO_AUTH_TOKEN", "REDIS_URL", "API_CLIENTS"] {
        let line = shown.stdout.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
        assert!(line.contains("********") && line.contains('('), "{line}");
    }
}

#[test]
fn production_is_refused_with_one_list_of_all_that_is_wrong() {
    let program = Program::new(&[("ENVIRONMENT", "production")]);
    for verb in [["config", "check"].as_slice(), &["serve"], &["migrate"]] {
        let refused = program.run(verb);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        let list = format!("{}{}", refused.stdout, refused.stderr);
        for name in ["JWT_SECRET", "ENCRYPTION_KEY", "PUBLIC_URL", "MAIL_SERVER"] {
            let items = list.lines().filter(|line| line.trim_start().starts_with(char::is_numeric));
            assert_eq!(items.filter(|item| item.contains(&format!(". {name}:"))).count(), 1, "{name}: {list}");
        }
    }
    assert_eq!(names(&program.folder()), Vec::<String>::new(), "nothing is made");
}

#[test]
fn the_help_names_every_verb_and_every_setting() {
    let program = Program::new(&[]);
    for flag in ["--help", "-h", "help"] {
        let help = good(program.run(&[flag])).stdout;
        for verb in ["serve", "migrate", "config check", "--port"] {
            assert!(help.contains(verb), "{flag} says nothing of {verb}:\n{help}");
        }
    }
    let help = good(program.run(&["--help"])).stdout;
    for name in ["config show", "--argon2-memory-kib", "--mail-server", "--jwt-secret-file", "Examples:"] {
        assert!(help.contains(name), "{name}:\n{help}");
    }
    assert!(good(program.run(&["--version"])).stdout.starts_with("portcullis "));
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest_one() {
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

#[tokio::test]
async fn another_encryption_key_opens_nothing_and_says_so() {
    let mut program = Program::start(CHEAP).await;
    program.stop().await;
    let right = fs::read_to_string(program.data().join("secrets.env")).unwrap();
    let right = right.lines().find_map(|line| line.strip_prefix("ENCRYPTION_KEY=")).unwrap().to_owned();
    let wrong = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    program.set("ENCRYPTION_KEY", wrong);
    let refused = program.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains("ENCRYPTION_KEY does not open"), "{}", refused.stderr);
    assert!(!refused.stderr.contains(wrong) && !refused.stderr.contains(&right), "{}", refused.stderr);

    // Rotation: the new one first, the old one behind it; then the new one is enough.
    for key in [format!("{wrong},{right}"), wrong.to_owned()] {
        program.set("ENCRYPTION_KEY", &key);
        program.spawn();
        program.ready().await;
        assert!(program.stop().await.success());
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = Program::new(CHEAP).run(&["--port", &port]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert!(refused.stderr.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{}", refused.stderr);
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_before_the_program_ends() {
    // About a second a hash, and time for it on a machine that is busy.
    let slow = [("ARGON2_MEMORY_KIB", "65536"), ("ARGON2_ITERATIONS", "20"), ("SHUTDOWN_GRACE", "60s")];
    let mut program = Program::start(&slow).await;
    let login = client()
        .post(program.url("/User1/login"))
        .form(&[("username", "nobody@example.com"), ("password", "securepassword123")])
        .send();
    let login = tokio::spawn(login);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!login.is_finished(), "the hash is too cheap for this test");
    program.ask_to_stop();
    let (answer, status) = tokio::join!(login, program.ended());
    let answer = json(answer.unwrap().expect("an answer"), 401).await;
    assert_eq!(answer["detail"], "Invalid email or password");
    assert_eq!(status.code(), Some(0), "{}", program.log());
    assert!(program.log().contains("stopped"), "{}", program.log());
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_the_end_whichever_signal_asks() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let mut program = Program::start(CHEAP).await;
        let http = client();
        http.get(program.url("/livez")).send().await.unwrap().text().await.unwrap();
        let _silent = tokio::net::TcpStream::connect(("127.0.0.1", program.port())).await.unwrap();
        let begin = Instant::now();
        program.signal(signal);
        assert_eq!(program.ended().await.code(), Some(0));
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
        let mut data = names(&program.data());
        data.retain(|name| name.starts_with("portcullis.db-"));
        assert!(data.is_empty(), "the log is folded into the database: {data:?}");
    }
}

#[tokio::test]
async fn a_mail_server_that_hangs_holds_up_the_end_for_the_grace_and_the_mail_goes_at_the_next_start() {
    let server = SmtpServer::start(Options::default()).await;
    server.behave(Behaviour::Hang);
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    settings.extend([("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off")]);
    settings.push(("SHUTDOWN_GRACE", "1s"));
    let mut program = Program::start(&settings).await;
    let create = client().post(program.url("/User1/create")).json(&Person::new("john@example.com").form());
    json(create.send().await.unwrap(), 200).await;
    while !server.commands().iter().any(|command| command.line.starts_with("MAIL")) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begin = Instant::now();
    assert_eq!(program.stop().await.code(), Some(0), "{}", program.log());
    let took = begin.elapsed();
    assert!(took >= Duration::from_millis(900) && took < Duration::from_secs(5), "{took:?}");

    // It was given back: nobody waits two minutes for its lease to run out.
    server.behave(Behaviour::Accept);
    program.spawn();
    assert_eq!(server.wait_for(1).await[0].to, ["john@example.com"]);
}

/// The program's one mail so far: its link.
async fn first_link(program: &Program) -> String {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        let mailbox = client().get(program.url("/dev/mailbox.json")).send().await.unwrap();
        let mails: Value = mailbox.json().await.unwrap();
        if let Some(link) = mails[0]["links"][0].as_str() {
            return link.to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("no mail came");
}

/// A command of the README, with nothing but the port replaced.
fn curl(program: &Program, printed: &str) -> Value {
    let answer = curl_text(program, printed);
    serde_json::from_str(&answer).unwrap_or_else(|_| panic!("no JSON: {answer}"))
}

fn curl_text(program: &Program, printed: &str) -> String {
    let command = printed.replace("localhost:8000", &format!("localhost:{}", program.port()));
    let mut shell = Command::new("sh");
    shell.args(["-c", &command]).env("NO_PROXY", "*");
    good(to_the_end(shell)).stdout
}

fn good(ended: Ended) -> Ended {
    assert!(ended.status.success(), "{ended:?}");
    ended
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}
