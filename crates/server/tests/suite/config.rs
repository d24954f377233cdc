//! The settings: their layers, their names, what follows from them, and what production refuses.

mod layers;
mod production;
mod realms;

use std::{
    collections::BTreeMap,
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use portcullis::{
    cli,
    config::{
        Args, Config, ConfigErrors, Database, Environment, Loaded, MailTls, MailTransport, Signing, Sources, load,
        settings_markdown,
    },
};
use portcullis_core::{ExposeSecret, random::SeededRandom};
use tempfile::TempDir;

/// The origin's `.env`, as its README prints it.
const ORIGIN: &str = "\
# Database Configuration
REDIS_HOST=localhost
REDIS_PORT=6379

# Email Configuration
MAIL_USERNAME=your-email@gmail.com
MAIL_PASSWORD=your-app-password
MAIL_FROM=your-email@gmail.com
MAIL_FROM_NAME=Your App Name
MAIL_SERVER=smtp.gmail.com
MAIL_PORT=587
MAIL_STARTTLS=true
MAIL_SSL_TLS=false
USE_CREDENTIALS=true
VALIDATE_CERTS=true

# Twilio Configuration
TWILIO_SID=your-twilio-sid
TWILIO_AUTH_TOKEN=your-twilio-auth-token
TWILIO_NUMBER=your-twilio-phone-number

# Security Configuration
JWT_SECRET=your-super-secret-jwt-key
JWT_ALGORITHM=HS256

# App Configuration
APP_NAME=Auth System
APP_DOMAIN=localhost:8000
";

const LONG_SECRET: &str = "a-secret-of-the-test-with-more-than-32-bytes";
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// A working folder with files, an environment and flags.
struct Desk {
    dir: TempDir,
    env: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: Vec::new(), flags: Vec::new() }
    }

    /// One on which everything that production wants is set.
    fn production() -> Self {
        Self::new()
            .env("ENVIRONMENT", "production")
            .env("PUBLIC_URL", "https://accounts.example.com")
            .env("JWT_SECRET", LONG_SECRET)
            .env("ENCRYPTION_KEY", KEY)
            .env("MAIL_SERVER", "smtp.example.com")
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.extend([name.to_owned(), value.to_owned()]);
        self
    }

    fn file(self, name: &str, text: &str) -> Self {
        self.file_with_mode(name, text, 0o600)
    }

    fn file_with_mode(self, name: &str, text: &str, mode: u32) -> Self {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn sources(&self) -> Sources {
        let flags = std::iter::once("portcullis").chain(self.flags.iter().map(String::as_str));
        Sources { args: cli::parse(flags).unwrap().args, env: self.env.clone(), dir: self.dir.path().to_owned() }
    }

    fn load(&self) -> Result<Loaded, ConfigErrors> {
        load(self.sources(), &SeededRandom::new(7))
    }

    fn config(&self) -> Config {
        self.load().unwrap().config
    }

    /// Name and text of everything that is wrong, a line each.
    fn errors(&self) -> String {
        self.load().unwrap_err().to_string()
    }

    fn warnings(&self) -> String {
        let lines: Vec<String> = self.load().unwrap().warnings.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    fn run(&self, verb: fn(Sources, &mut cli::Output) -> std::io::Result<u8>) -> (u8, String) {
        self.run_as(verb, cli::OutputFormat::Text)
    }

    fn run_as(
        &self,
        verb: fn(Sources, &mut cli::Output) -> std::io::Result<u8>,
        format: cli::OutputFormat,
    ) -> (u8, String) {
        let mut out = Vec::new();
        let code = verb(self.sources(), &mut cli::Output::plain(&mut out, format)).unwrap();
        (code, String::from_utf8(out).unwrap())
    }
}

fn secret(config: &Config) -> &str {
    match &config.token.signing {
        Signing::Shared { secret, .. } => secret.expose_secret(),
        Signing::KeyPair(_) => panic!("HS256 has a secret"),
    }
}

#[track_caller]
fn assert_has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in:\n{text}");
    }
}

#[test]
fn without_settings_it_is_development_on_loopback() {
    let config = Desk::new().config();
    assert_eq!(config.environment, Environment::Development);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8000");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8000");
    assert_eq!(config.token.jwt_issuer, "http://127.0.0.1:8000/{realm}");
    assert_eq!(config.app_name, "Portcullis");
    assert!(config.http.docs);
    assert!(matches!(config.mail.transport, MailTransport::DevMailbox { size: 200 }));
    let realms: Vec<&str> = config.realms.iter().map(|realm| realm.as_str()).collect();
    assert_eq!(realms, ["User1", "User2"]);
}

#[test]
fn the_stronger_source_wins() {
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
fn an_empty_value_counts_as_unset() {
    let desk = Desk::new().env("PORT", "").env("MAIL_SERVER", " ").file(".env", "PORT=9001\nJWT_SECRET=\n");
    assert_eq!(desk.config().http.listen.port(), 9001);
}

#[test]
fn toml_takes_numbers_booleans_and_lists() {
    let text = "port = 9000\ndocs = false\nrealms = ['Staff', 'Guests']\nsession_max_age = '12h'\n";
    let config = Desk::new().file("portcullis.toml", text).config();
    assert_eq!(config.http.listen.port(), 9000);
    assert!(!config.http.docs);
    assert_eq!(config.realms.len(), 2);
    assert_eq!(config.token.session_max_age, Duration::from_secs(12 * 3600));
}

#[test]
fn a_named_toml_file_is_read_instead_of_the_usual_one_and_must_be_there() {
    let desk = Desk::new().file("portcullis.toml", "port = 1").file("other.toml", "port = 2");
    assert_eq!(desk.flag("--config", "other.toml").config().http.listen.port(), 2);
    assert_has(&Desk::new().flag("--config", "none.toml").errors(), &["none.toml does not exist"]);
}

#[test]
fn a_mistake_in_toml_names_the_line_and_does_not_show_it() {
    let errors = Desk::new().file("portcullis.toml", "port = 1\njwt_secret = \"hushhush\n").errors();
    assert_has(&errors, &["portcullis.toml: line 2"]);
    assert!(!errors.contains("hushhush"));
}

#[test]
fn an_unknown_key_in_toml_is_an_error_that_names_the_nearest() {
    let errors = Desk::new().file("portcullis.toml", "prot = 1\nPORT = 2\n[http]\nport = 3\n").errors();
    assert_has(&errors, &["3 problems", "prot: ", "PORT: ", "did you mean `port`?", "http: "]);
}

#[test]
fn a_realm_may_have_a_table_in_toml_with_settings_of_realms_only() {
    Desk::new().file("portcullis.toml", "[realms.User1]\n").config();
    let errors = Desk::new().file("portcullis.toml", "[realms.User1]\nport = 1\n[realms.Decoy]\n").errors();
    assert_has(
        &errors,
        &["2 problems", "realms.User1.port: ", "realms.Decoy: is the table of a realm that is not in REALMS"],
    );
}

#[test]
fn an_unknown_flag_is_an_error_that_names_the_nearest() {
    let error = cli::parse(["portcullis", "--prot", "9000"]).unwrap_err().to_string();
    assert_has(&error, &["--prot", "--port"]);
    let args = Args { settings: vec![("PROT".to_owned(), "1".to_owned())], ..Args::default() };
    let sources = Sources { args, ..Desk::new().sources() };
    let errors = load(sources, &SeededRandom::new(7)).unwrap_err().to_string();
    assert_has(&errors, &["PROT: is not a setting; did you mean `PORT`?"]);
}

#[test]
fn in_dotenv_a_near_miss_is_an_error_and_a_strange_name_is_not() {
    let errors = Desk::new().file(".env", "MAIL_PASWORD=x\nPOSTGRES_PASSWORD=y\njwt_secret=z\n").errors();
    assert_has(&errors, &["2 problems", "did you mean `MAIL_PASSWORD`?", "did you mean `JWT_SECRET`?"]);
    Desk::new().file(".env", "POSTGRES_PASSWORD=y\n").config();
}

#[test]
fn in_the_environment_a_near_miss_is_a_warning() {
    let desk = Desk::new().env("JWT_SECRT_FILE", "x").env("HOME", "/root").env("PATH", "/bin").env("HOSTNAME", "h");
    assert_eq!(desk.warnings(), "JWT_SECRT_FILE: is not a setting; did you mean `JWT_SECRET_FILE`?");
}

#[test]
fn a_setting_can_come_from_a_file_whose_last_newline_does_not_count() {
    let desk = Desk::new().file("jwt", &format!("{LONG_SECRET}\n")).env("JWT_SECRET_FILE", "jwt");
    assert_eq!(secret(&desk.config()), LONG_SECRET);
    let desk = Desk::new().file("port", "9000\n").flag("--port-file", "port");
    assert_eq!(desk.config().http.listen.port(), 9000);
    let desk = Desk::new().file("port", "9000\n").file("portcullis.toml", "port_file = 'port'");
    assert_eq!(desk.config().http.listen.port(), 9000);
}

#[test]
fn a_setting_and_its_file_exclude_each_other_whatever_their_sources() {
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
    assert_has(&errors, &["PORT_FILE: ", "PUBLIC_URL: is http://127.0.0.1:8000, not https"]);
}

#[test]
fn the_origins_dotenv_loads_unchanged() {
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
    assert_has(&desk.warnings(), &["REDIS_HOST", "without effect", "JWT_SECRET: is a published example"]);
}

#[test]
fn dotenv_knows_quotes_comments_and_export_and_replaces_nothing() {
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
    let age = |text: &str| Desk::new().env("SESSION_MAX_AGE", text).config().token.session_max_age.as_secs();
    assert_eq!(age("90"), 90);
    assert_eq!(age("90s"), 90);
    assert_eq!(age(" 30m "), 30 * 60);
    assert_eq!(age("12h"), 12 * 3600);
    assert_eq!(age("30d"), 30 * 24 * 3600);
    for bad in ["5w", "m", "-1s", "1.5h", "1 h", "0", "99999999999999999999d", "4000d", "1hm"] {
        assert_has(&Desk::new().env("SESSION_MAX_AGE", bad).errors(), &["SESSION_MAX_AGE: must be", bad]);
    }
}

#[test]
fn the_public_url_follows_from_the_domain_and_the_domain_from_nothing() {
    let url = |name, value| Desk::production().env("PUBLIC_URL", "").env(name, value).config().public_url.to_string();
    assert_eq!(url("APP_DOMAIN", "Accounts.Example.com"), "https://accounts.example.com");
    assert_eq!(url("PUBLIC_URL", "https://example.com/auth/"), "https://example.com/auth");
    let url = |name, value| Desk::new().env(name, value).config().public_url.to_string();
    assert_eq!(url("APP_DOMAIN", "localhost:3000"), "http://localhost:3000");
    assert_eq!(url("APP_DOMAIN", "[::1]:3000"), "http://[::1]:3000");
    assert_eq!(url("HOST", "::1"), "http://[::1]:8000");
    assert_eq!(url("PORT", "9000"), "http://127.0.0.1:9000");
    let bad = ["example.com", "ftp://a", "https://", "https://a?b", "https://a#b", "https://u:p@a", "https://a:99999"];
    for bad in bad {
        let errors = Desk::new().env("PUBLIC_URL", bad).errors();
        assert_has(&errors, &["1 problem:", "PUBLIC_URL: must be an absolute URL"]);
    }
    assert_has(&Desk::new().env("APP_DOMAIN", "https://a").errors(), &["APP_DOMAIN: must be a host"]);
}

#[test]
fn it_is_production_as_soon_as_others_can_reach_it() {
    for (name, value) in [("HOST", "0.0.0.0"), ("PUBLIC_URL", "https://example.com"), ("APP_DOMAIN", "example.com")] {
        let desk = Desk::new().env(name, value);
        assert_has(&desk.errors(), &["JWT_SECRET: is not set", "refused in production"]);
        let why = format!("because {} is not loopback", if name == "HOST" { name } else { "PUBLIC_URL" });
        assert_has(&desk.errors(), &[&why]);
        assert_has(&desk.run(cli::check).1, &[&why]);
        assert!(!desk.env("ENVIRONMENT", "production").errors().contains("because"));
        let desk = Desk::new().env(name, value);
        desk.env("ENVIRONMENT", "development").env("DEV_MAILBOX", "on").config();
    }
    let config = Desk::production().config();
    assert_eq!(config.environment, Environment::Production);
    assert!(!config.http.docs);
    assert_eq!(config.mail.from, "no-reply@accounts.example.com");
}

#[test]
fn the_database_lies_in_the_data_folder_unless_it_is_named() {
    let desk = Desk::new().env("DATA_DIR", "./kept/");
    let file = |desk: &Desk| match desk.config().store.database_url {
        Database::Sqlite(path) => path,
        other => panic!("{other:?}"),
    };
    assert_eq!(file(&desk), desk.path("kept/portcullis.db"));
    let desk = Desk::new().env("DATABASE_URL", "sqlite:///var/lib/accounts.db");
    assert_eq!(file(&desk), Path::new("/var/lib/accounts.db"));
    for url in
        ["sqlite://", "sqlite://data/", "postgres://u:hushhush@h/auth", "mongodb://", "mongodb://u:hushhush@/auth"]
    {
        let errors = Desk::new().env("DATABASE_URL", url).errors();
        assert_has(&errors, &["DATABASE_URL: ", "mongodb://"]);
        assert!(!errors.contains("hushhush"));
    }
}

#[test]
fn mongodb_is_named_by_its_url_under_either_name_and_its_password_is_never_shown() {
    const URL: &str = "mongodb://user:hushhush@db.example.com,db2.example.com:27018/accounts?replicaSet=rs0";
    for name in ["DATABASE_URL", "MONGO_URL"] {
        let desk = Desk::new().env(name, URL);
        match desk.config().store.database_url {
            Database::MongoDb(url) => assert_eq!(url.expose_secret(), URL),
            other => panic!("{other:?}"),
        }
        assert!(!format!("{:?}", desk.config()).contains("hushhush"));
        let (_, shown) = desk.run(cli::show);
        assert_has(&shown, &["mongodb://********@db.example.com,db2.example.com:27018/accounts"]);
        assert!(!shown.contains("hushhush"));
    }
    let both = Desk::new().env("MONGO_URL", URL).env("DATABASE_URL", "sqlite://here.db");
    assert!(matches!(both.config().store.database_url, Database::Sqlite(_)));
}

#[test]
fn production_refuses_a_mongodb_that_anybody_on_its_network_can_write_to() {
    let open = Desk::production().env("DATABASE_URL", "mongodb://db.example.com/accounts").errors();
    assert_has(&open, &["DATABASE_URL: has no user"]);
    for good in ["mongodb://u:p@db.example.com/accounts", "mongodb://localhost:27017,127.0.0.1:27018/accounts"] {
        Desk::production().env("DATABASE_URL", good).config();
    }
}

#[test]
fn mail_is_protected_as_it_is_said_and_never_in_two_ways() {
    let smtp = |pairs: &[(&str, &str)]| {
        let mut desk = Desk::new().env("MAIL_SERVER", "smtp.example.com");
        desk = pairs.iter().fold(desk, |desk, (name, value)| desk.env(name, value));
        match desk.config().mail.transport {
            MailTransport::Smtp(smtp) => (smtp.port, smtp.tls, smtp.credentials.is_some()),
            MailTransport::DevMailbox { .. } => panic!("mails go to the server that is named"),
        }
    };
    assert_eq!(smtp(&[]), (587, MailTls::StartTls, false));
    assert_eq!(smtp(&[("MAIL_SSL_TLS", "true")]), (465, MailTls::Implicit, false));
    assert_eq!(smtp(&[("MAIL_STARTTLS", "false")]), (587, MailTls::None, false));
    assert_eq!(smtp(&[("MAIL_USERNAME", "u"), ("MAIL_PASSWORD", "p")]), (587, MailTls::StartTls, true));
    assert_eq!(smtp(&[("MAIL_USERNAME", "u"), ("USE_CREDENTIALS", "no")]), (587, MailTls::StartTls, false));
    let desk = || Desk::new().env("MAIL_SERVER", "smtp.example.com");
    let errors = desk().env("MAIL_STARTTLS", "true").env("MAIL_SSL_TLS", "true").errors();
    assert_has(&errors, &["MAIL_STARTTLS: and MAIL_SSL_TLS are both on"]);
    assert_has(&desk().env("MAIL_USERNAME", "u").errors(), &["MAIL_PASSWORD: is required"]);
    assert_has(&Desk::new().env("DEV_MAILBOX", "off").errors(), &["MAIL_SERVER: is not set and DEV_MAILBOX is off"]);
}

#[test]
fn keys_may_be_in_either_alphabet_padded_or_not_and_are_32_bytes() {
    let keys = |text: &str| Desk::new().env("ENCRYPTION_KEY", text).config().store.encryption_keys.len();
    let odd = "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8";
    assert_eq!(keys(KEY), 1);
    assert_eq!(keys(&format!("{odd}, {},{KEY}", KEY.trim_end_matches('='))), 3);
    for bad in ["AAAA", "not base64!", ",", &KEY.replace("MDEy", "")] {
        let errors = Desk::new().env("ENCRYPTION_KEY", bad).errors();
        assert_has(&errors, &["ENCRYPTION_KEY: must be 32 random bytes"]);
        assert!(!errors.contains("AAAA") && !errors.contains("not base64!"));
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let desk = Desk::new()
        .env("PORT", "many")
        .env("HOST", "example.com")
        .env("REALMS", "User1,v1")
        .env("HASH_QUEUE", "0")
        .env("LOG_FORMAT", "xml")
        .env("DOCS", "maybe")
        .env("JWT_ALGORITHM", "none")
        .env("REDIS_PORT", "-1")
        .env("TRUSTED_PROXIES", "10.0.0.0/33")
        .env("TWILIO_API_URL", "http://api.example.com")
        .env("APP_NAME", "two\nlines")
        .file("portcullis.toml", "nonsense = 1\n[realms.User1]\nport = 1\n");
    let expected = [
        "13 problems",
        "PORT: must be a whole number from 0 to 65535 (it is `many`)\n      from: the environment\n      fix: PORT=8000",
        "HOST: must be an IP address",
        "REALMS: cannot contain `v1`",
        "HASH_QUEUE: ",
        "LOG_FORMAT: must be one of `text`, `json`",
        "DOCS: ",
        "JWT_ALGORITHM: ",
        "REDIS_PORT: ",
        "TRUSTED_PROXIES: ",
        "TWILIO_API_URL: ",
        "APP_NAME: ",
        "nonsense: ",
        "realms.User1.port: ",
    ];
    assert_has(&desk.errors(), &expected);
}

#[test]
fn wrong_passwords_are_remembered_through_the_longest_wait_and_no_body_takes_longer() {
    let desk = Desk::new().env("LIMIT_PASSWORDS_ACCOUNT", "7/59s").env("BODY_TIMEOUT", "61s");
    let expected = [
        "2 problems",
        "LIMIT_PASSWORDS_ACCOUNT: must have a period of at least 1m",
        "fix: LIMIT_PASSWORDS_ACCOUNT=7/24h",
        "BODY_TIMEOUT: must be at most 1m",
        "fix: BODY_TIMEOUT=1m",
    ];
    assert_has(&desk.errors(), &expected);
    Desk::new().env("LIMIT_PASSWORDS_ACCOUNT", "7/1m").env("BODY_TIMEOUT", "1m").config();
}

#[test]
fn production_refuses_everything_insecure_in_one_list() {
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
        .env("JWT_SECRET_PREVIOUS", "short");
    let expected = [
        "11 problems",
        "JWT_SECRET: is not set",
        "JWT_SECRET_PREVIOUS: is shorter than 32 bytes",
        "ENCRYPTION_KEY: is not set",
        "PUBLIC_URL: is http://127.0.0.1:8000, not https",
        "MAIL_SERVER: is not set",
        "DEV_MAILBOX: is on",
        "RATE_LIMIT_MODE: is off",
        "CORS_ALLOWED_ORIGINS: allows all origins",
        "ARGON2_MEMORY_KIB: 19455 with ARGON2_ITERATIONS=2",
        "PASSWORD_MIN_LENGTH: is less than 8",
        "SMS_COUNTRIES: is required with TWILIO_SID",
    ];
    assert_has(&desk.errors(), &expected);
    assert!(!desk.path("data").exists(), "nothing is made when something is wrong");
}

#[test]
fn production_refuses_secrets_that_others_know() {
    for (name, value, why) in [
        ("JWT_SECRET", "your-super-secret-jwt-key", "is a published example"),
        ("JWT_SECRET", "31-bytes-are-not-enough-for-us.", "is shorter than 32 bytes"),
        ("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "repeats a single character"),
        ("ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "repeats a single byte"),
    ] {
        let errors = Desk::production().env(name, value).errors();
        assert_has(&errors, &["1 problem:", name, why]);
        assert!(!errors.contains(value));
        assert_has(&Desk::new().env(name, value).warnings(), &[name, why]);
    }
    assert_has(&Desk::production().env("JWT_SECRET", "").errors(), &["1 problem:", "JWT_SECRET"]);
    // Key pairs of its own need no secret.
    Desk::production().env("JWT_SECRET", "").env("JWT_ALGORITHM", "EdDSA").config();
}

#[test]
fn an_origin_that_no_browser_would_send_is_refused_and_said_how_it_should_be() {
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
    assert_eq!(config.http.cors_allowed_origins, ["https://app.example.com", "http://b.example.com:81"]);
}

#[test]
fn a_link_does_not_outlive_its_registration() {
    let errors = Desk::new().env("REGISTRATION_TTL", "1h").errors();
    assert_has(&errors, &["1 problem:", "REGISTRATION_TTL: is shorter than VERIFICATION_TTL"]);
}

#[test]
fn a_login_at_the_mail_server_never_goes_over_the_network_in_plain_text() {
    let plain = |server: &str| {
        let desk = Desk::new().env("MAIL_SERVER", server).env("MAIL_STARTTLS", "off");
        desk.env("MAIL_USERNAME", "u").env("MAIL_PASSWORD", "p")
    };
    assert_has(&plain("smtp.example.com").errors(), &["MAIL_PASSWORD: would be sent unencrypted"]);
    plain("127.0.0.1").config();
}

#[test]
fn production_refuses_mail_that_others_can_read() {
    for (name, value) in [("MAIL_STARTTLS", "off"), ("VALIDATE_CERTS", "off")] {
        assert_has(&Desk::production().env(name, value).errors(), &["1 problem:", name]);
        Desk::production().env(name, value).env("MAIL_SERVER", "127.0.0.1").config();
    }
}

#[test]
fn the_floor_of_argon2_is_any_of_the_five_pairs() {
    let desk = |memory: &str, iterations: &str| {
        Desk::production().env("ARGON2_MEMORY_KIB", memory).env("ARGON2_ITERATIONS", iterations)
    };
    for (memory, iterations) in [("47104", "1"), ("19456", "2"), ("12288", "3"), ("9216", "4"), ("7168", "5")] {
        desk(memory, iterations).config();
    }
    for (memory, iterations) in [("47103", "1"), ("12288", "2"), ("9216", "3"), ("7168", "4"), ("7167", "50")] {
        assert_has(&desk(memory, iterations).errors(), &["1 problem:", "ARGON2_MEMORY_KIB"]);
    }
    let errors = Desk::new().env("ARGON2_MEMORY_KIB", "31").env("ARGON2_PARALLELISM", "4").errors();
    assert_has(&errors, &["ARGON2_MEMORY_KIB: must be at least 8 per lane"]);
}

#[test]
fn a_secret_file_that_others_can_read_is_refused_in_production() {
    let with = |desk: Desk, mode| desk.file_with_mode("jwt", LONG_SECRET, mode).env("JWT_SECRET_FILE", "jwt");
    let production = || Desk::production().env("JWT_SECRET", "");
    with(production(), 0o400).config();
    assert_has(&with(production(), 0o644).errors(), &["JWT_SECRET_FILE: ", "is readable by other users", "chmod 600"]);
    assert_has(&with(Desk::new(), 0o644).warnings(), &["JWT_SECRET_FILE: ", "is readable by other users"]);
    let desk = production().file_with_mode(".env", &format!("JWT_SECRET={LONG_SECRET}\n"), 0o644);
    assert_has(&desk.errors(), &["JWT_SECRET: is in", ".env, which is readable by other users", "chmod 600"]);
}

#[test]
fn development_makes_its_secrets_once() {
    let desk = Desk::new();
    let first = secret(&desk.config()).to_owned();
    assert!(first.len() >= 32);
    let mode = |name: &str| fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("data"), mode("data/secrets.env")), (0o700, 0o600));
    assert_eq!(fs::read_dir(desk.path("data")).unwrap().count(), 1, "no temporary file stays behind");
    let again = load(desk.sources(), &SeededRandom::new(8)).unwrap();
    assert_eq!(secret(&again.config), first);
}

#[test]
fn a_secrets_file_is_never_overwritten() {
    let desk = Desk::new();
    fs::create_dir(desk.path("data")).unwrap();
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"));
    assert_has(&desk.errors(), &["1 problem:", "ENCRYPTION_KEY: is missing in", "secrets.env"]);
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY=short\n"));
    assert_has(&desk.errors(), &["1 problem:", "ENCRYPTION_KEY: in", "must be 32 random bytes"]);
    let desk = desk.file("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\n"));
    let desk = desk.env("ENCRYPTION_KEY", KEY);
    assert_eq!(secret(&desk.config()), LONG_SECRET);
    assert_eq!(fs::read_to_string(desk.path("data/secrets.env")).unwrap(), format!("JWT_SECRET={LONG_SECRET}\n"));
}

#[test]
fn an_open_secrets_file_is_warned_about_in_development_and_refused_in_production() {
    let with_file = |desk: Desk| {
        fs::create_dir(desk.path("data")).unwrap();
        desk.file_with_mode("data/secrets.env", &format!("JWT_SECRET={LONG_SECRET}\nENCRYPTION_KEY={KEY}\n"), 0o640)
    };
    assert_has(&with_file(Desk::new()).warnings(), &["secrets.env: is readable by other users"]);
    assert_has(
        &with_file(Desk::production()).errors(),
        &["secrets.env: is readable by other users", "refused in production"],
    );
    let unset = Desk::production().env("ENCRYPTION_KEY", "");
    assert_has(&with_file(unset).errors(), &["ENCRYPTION_KEY: is not set", "the one generated for development is in"]);
}

#[test]
fn checking_makes_nothing() {
    let desk = Desk::new();
    assert_eq!(desk.run(cli::check), (0, "The configuration is valid for development.\n".to_owned()));
    desk.run(cli::show);
    assert_eq!(fs::read_dir(desk.dir.path()).unwrap().count(), 0);
    let (code, text) = Desk::production().env("PORT", "x").run(cli::check);
    assert_eq!(code, 1);
    assert_has(&text, &["The configuration has 1 problem:", "PORT: "]);
}

#[test]
fn showing_masks_secrets_and_tells_where_values_come_from() {
    let desk =
        Desk::new().env("JWT_SECRET", LONG_SECRET).env("REDIS_URL", "redis://:hushhush@h").flag("--port", "9000");
    let (code, text) = desk.run(cli::show);
    assert_eq!(code, 0);
    assert!(!text.contains(LONG_SECRET) && !text.contains("hushhush"));
    let lines: BTreeMap<&str, &str> = text.lines().filter_map(|line| line.split_once(' ')).collect();
    assert_has(lines["PORT"], &["9000", "(the command line)"]);
    assert_has(lines["JWT_SECRET"], &["********", "(the environment)"]);
    assert_has(lines["PUBLIC_URL"], &["http://127.0.0.1:9000", "(derived)"]);
    assert_has(lines["REDIS_URL"], &["********", "without effect in this version"]);
}

#[test]
fn no_secret_is_ever_printed_with_the_configuration() {
    let desk = Desk::new().env("JWT_SECRET", LONG_SECRET).env("ENCRYPTION_KEY", KEY).env("MAIL_SERVER", "h");
    let desk = desk.env("MAIL_USERNAME", "u").env("MAIL_PASSWORD", "hushhush");
    let printed = format!("{:?} {:?}", desk.load().unwrap(), desk.sources());
    assert!(!printed.contains(LONG_SECRET) && !printed.contains(KEY) && !printed.contains("hushhush"));
}

#[test]
fn every_setting_that_is_not_reserved_changes_the_configuration() {
    let seen = |desk: &Desk| {
        let config = desk.config();
        let password = match &config.mail.transport {
            MailTransport::Smtp(smtp) => {
                smtp.credentials.as_ref().map(|login| login.password.expose_secret().to_owned())
            }
            MailTransport::DevMailbox { .. } => None,
        };
        let token = config.sms.twilio.as_ref().map(|twilio| twilio.auth_token.expose_secret().to_owned());
        let text = format!("{config:?} {} {password:?} {token:?}", secret(&config));
        text.replace(desk.dir.path().to_str().unwrap(), "")
    };
    let mailbox = || Desk::new().env("JWT_SECRET", LONG_SECRET).env("ENCRYPTION_KEY", KEY);
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
    // These two have tests of their own.
    let others = |name: &&str| !["ENVIRONMENT", "JWT_ALGORITHM"].contains(name);
    let rows = page.lines().filter(|line| line.starts_with("| `") && !line.contains("without effect"));
    for name in rows.filter_map(|row| row.split('`').nth(1)).filter(others) {
        let base = || if name == "DEV_MAILBOX_SIZE" { mailbox() } else { smtp() };
        let changed = base().file("ca.pem", "-----BEGIN CERTIFICATE-----\n").env(name, sample(name));
        assert_ne!(seen(&base()), seen(&changed), "{name} changes nothing");
    }
}

/// A value that is not the default, for the test above.
fn sample(name: &str) -> &'static str {
    match name {
        "LOG_LEVEL" => "debug",
        "PUBLIC_URL" => "http://localhost:1",
        "APP_DOMAIN" => "localhost:1",
        "HOST" => "127.0.0.2",
        "PORT" | "MAIL_PORT" => "1234",
        "REALMS" => "Staff",
        "TEMPLATES_DIR" => "/",
        "MAIL_CA_FILE" => "ca.pem",
        "DOCS" | "USE_CREDENTIALS" | "VALIDATE_CERTS" | "MAIL_STARTTLS" => "off",
        "MAIL_SSL_TLS" | "DEV_MAILBOX" => "on",
        "DATABASE_URL" => "sqlite://other.db",
        "MONGO_URL" => "mongodb://db.example.com/accounts",
        "ENCRYPTION_KEY" => "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=,MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        "JWT_SECRET" | "JWT_SECRET_PREVIOUS" => "another-secret-of-more-than-32-bytes-in-length",
        "ACCOUNT_ENUMERATION" => "reveal",
        "LOG_FORMAT" => "json",
        "CORS_ALLOWED_ORIGINS" => "https://app.example.com",
        "METRICS_LISTEN" => "127.0.0.1:9091",
        "TRUSTED_PROXIES" => "10.0.0.0/8,::1",
        "RATE_LIMIT_MODE" => "observe",
        "LIMIT_OTP_ACCOUNT" => "2/2m,9/9h",
        name if name.starts_with("LIMIT_") && name != "LIMIT_PASSWORDS_KEPT" => "7/7m",
        name if name.starts_with("SMS_STOP_") => "7",
        "TWILIO_NUMBER" => "+2",
        "OTP_TTL" => "6m",
        "SMS_COUNTRIES" => "DE,FR",
        "TWILIO_API_URL" => "http://127.0.0.1:1",
        "JWT_KEY_ROTATION" | "REFRESH_TOKEN_TTL" | "DELETE_MAX_AUTH_AGE" | "RESET_TTL" => "45d",
        "REGISTRATION_TTL" => "8d",
        "MAIL_FROM" => "me@example.com",
        "BODY_TIMEOUT" => "47s",
        name if ["_TTL", "_AGE", "_TIMEOUT", "_GRACE", "_DEADLINE"].iter().any(|end| name.ends_with(end)) => "77s",
        "MAX_CONNECTIONS" | "MAX_CONNECTIONS_CLIENT" => "777",
        "BODY_LIMIT_BYTES" | "ARGON2_MEMORY_KIB" | "LIMIT_PASSWORDS_KEPT" => "20000",
        name if name.starts_with("HASH_") || name.starts_with("ARGON2_") => "7",
        "PASSWORD_MIN_LENGTH" | "MAIL_WORKERS" | "DEV_MAILBOX_SIZE" => "9",
        _ => "something",
    }
}

#[test]
fn the_documentation_lists_every_setting_of_the_origin_and_says_what_is_without_effect() {
    let page = settings_markdown();
    for line in ORIGIN.lines().filter(|line| line.contains('=')) {
        let (name, _) = line.split_once('=').unwrap();
        assert_has(&page, &[&format!("| `{name}` |")]);
    }
    let redis = page.lines().find(|line| line.starts_with("| `REDIS_URL`")).unwrap();
    assert_has(redis, &["without effect in this version"]);
    assert!(page.lines().filter(|line| line.starts_with("| ")).all(|line| line.matches(" | ").count() >= 2));
}

#[test]
fn the_command_line_is_a_verb_and_flags_in_any_order() {
    let parse = |line: &str| cli::parse(line.split(' ')).unwrap();
    assert_eq!(parse("portcullis").command, cli::Command::Serve);
    assert_eq!(parse("portcullis serve --port 1").command, cli::Command::Serve);
    assert_eq!(parse("portcullis migrate").command, cli::Command::Migrate);
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
