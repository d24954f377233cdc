//! Settings: layers, names, documentation, and the settings rejected in production.

mod clients;
mod derived;
mod formats;
mod keys;
mod layers;
mod masks;
mod names;
mod production;
mod realms;
mod rules;
mod secrets;
mod show;
mod social;
mod table;

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
};

use portcullis::{
    cli,
    config::{Config, ConfigErrors, Loaded, Signing, Sources, load},
};
use portcullis_core::{ExposeSecret, random::SeededRandom};
use tempfile::TempDir;

/// The original service's `.env`, as printed in its README.
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
const KEY: &str = "c29tZSBrZXkgdGhhdCB0aGUgdGVzdHMgbWFkZSB1cCE=";

/// A configuration for tests: a working directory with files, an environment and flags.
struct Desk {
    dir: TempDir,
    env: Vec<(String, String)>,
    flags: Vec<String>,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap(), env: Vec::new(), flags: Vec::new() }
    }

    /// Returns a configuration with everything that production requires.
    fn production() -> Self {
        Self::new()
            .env("ENVIRONMENT", "production")
            .env("PUBLIC_URL", "https://accounts.example.com")
            .env("JWT_SECRET", LONG_SECRET)
            .env("ENCRYPTION_KEY", KEY)
            .env("MAIL_SERVER", "smtp.example.com")
            .env("TRUSTED_PROXIES", "none")
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

    /// Returns all configuration errors, one per line.
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
