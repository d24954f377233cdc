//! The settings: read from the command line, the environment, `.env` and TOML, judged as a whole, and handed on typed.
//!
//! `table` says what there is. `layers` gather what was said, `values` lay them over each other, `derive` fills
//! in what follows, `rules` and `production` judge, `secrets` makes what development needs, `sections` type it.
//! Nothing here reads the process's own environment: `Sources` brings it.

mod choices;
mod derive;
mod fix;
mod layers;
mod markdown;
mod names;
mod origin;
mod permissions;
mod production;
mod report;
mod rules;
mod secrets;
mod sections;
pub(crate) mod setting;
mod sources;
pub(crate) mod suggest;
pub(crate) mod table;
mod text_file;
mod value;
mod values;

pub use choices::{Enumeration, Environment, JwtAlgorithm, LogFormat};
pub(crate) use markdown::meaning;
pub use markdown::settings_markdown;

pub use report::{ConfigErrors, ConfigProblem};
pub use secrets::create_private_dir;
pub(crate) use sections::Looks;
pub use sections::{
    Accounts, Argon2, Config, Credentials, Hashing, Http, Log, Mail, MailTls, MailTransport, Password, Signing, Sms,
    Smtp, Store, Token, Twilio,
};
pub use sources::{Args, Sources};
pub use value::{Database, PublicUrl};

use std::path::PathBuf;

use portcullis_core::{id::RealmName, random::Random};

use names::Names;
use report::{Report, Verdict};
use table::{DATA_DIR, ENVIRONMENT, HOST, PUBLIC_URL, REALMS, SETTINGS};
use values::Values;

/// A configuration that may be used.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// What is not wrong but worth a word.
    pub warnings: Vec<ConfigProblem>,
}

/// What the sources amount to, without anything having been made.
#[derive(Debug)]
pub struct Inspection {
    environment: Environment,
    values: Values,
    verdict: Verdict,
    secrets_file: Option<PathBuf>,
}

/// Reads and judges the settings; in development, secrets that are missing are made and kept in `DATA_DIR`.
///
/// # Errors
/// Everything that is wrong.
pub fn load(sources: Sources, random: &dyn Random) -> Result<Loaded, ConfigErrors> {
    let mut inspection = inspect(sources);
    if inspection.verdict.problems.is_empty() {
        inspection.make_secrets(random);
    }
    let why_production = inspection.why_production();
    let Inspection { values, verdict: Verdict { mut problems, warnings }, .. } = inspection;
    match Config::read(&values) {
        Some(config) if problems.is_empty() => Ok(Loaded { config, warnings }),
        None if problems.is_empty() => {
            problems.push(defect());
            Err(ConfigErrors::new(problems, None))
        }
        _ => Err(ConfigErrors::new(problems, why_production)),
    }
}

/// Reads and judges the settings. Nothing is made or written.
#[must_use]
pub fn inspect(sources: Sources) -> Inspection {
    let mut report = Report::default();
    let dir = sources.dir.clone();
    let names = Names::new(SETTINGS.iter().copied());
    let (layers, realm_tables) = layers::collect(sources, &names, &mut report);
    let mut values = Values::resolve(names, &layers, dir, &mut report);
    let environment = derive::fill(&mut values);
    let secrets_file = secrets::file(&values);
    if let Some(file) = &secrets_file {
        secrets::read(&mut values, file, environment, &mut report);
    }
    rules::check(&values, environment, &mut report);
    rules::check_realm_tables(&values, &realm_tables, &mut report);
    production::check(&values, secrets_file.as_deref().filter(|file| file.exists()), &mut report);
    let verdict = report.settle(environment == Environment::Production, &|name| values.provenance(name));
    Inspection { environment, values, verdict, secrets_file }
}

impl Inspection {
    /// Where the server would run.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// What is wrong.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn verdict(&self) -> Result<(), ConfigErrors> {
        match self.verdict.problems.as_slice() {
            [] => Ok(()),
            problems => Err(ConfigErrors::new(problems.to_vec(), self.why_production())),
        }
    }

    /// Why it counts as production, where nobody said so.
    fn why_production(&self) -> Option<String> {
        if self.environment == Environment::Development || !self.values.is_derived(ENVIRONMENT.name()) {
            return None;
        }
        let is_exposed = self.values.get(&HOST).is_some_and(|host| !host.is_loopback());
        let name = if is_exposed { HOST.name() } else { PUBLIC_URL.name() };
        Some(format!("It counts as production because {name} is not loopback, and ENVIRONMENT is not set."))
    }

    /// The names of the realms. Nothing is made.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn realms(&self) -> Result<Vec<RealmName>, ConfigErrors> {
        self.verdict()?;
        self.values.get(&REALMS).ok_or_else(|| ConfigErrors::new(vec![defect()], None))
    }

    /// What the settings say about passwords. Nothing is made.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn password(&self) -> Result<Password, ConfigErrors> {
        self.verdict()?;
        Password::read(&self.values).ok_or_else(|| ConfigErrors::new(vec![defect()], None))
    }

    /// What is not wrong but worth a word.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigProblem] {
        &self.verdict.warnings
    }

    /// What templates need; none when one of it is wrong. Whatever else is wrong does not matter.
    pub(crate) fn looks(&self) -> Option<Looks> {
        Looks::read(&self.values)
    }

    /// What was said of each setting.
    pub(crate) const fn values(&self) -> &Values {
        &self.values
    }

    fn make_secrets(&mut self, random: &dyn Random) {
        let Some(file) = &self.secrets_file else { return };
        if let Err(error) = secrets::generate(&mut self.values, file, random) {
            self.verdict.problems.push(ConfigProblem {
                name: file.display().to_string(),
                text: format!("cannot be made: {error}; set JWT_SECRET and ENCRYPTION_KEY, or DATA_DIR"),
                origin: self.values.provenance(DATA_DIR.name()).map(|provenance| provenance.to_string()),
                fix: Some("name a folder that can be written to by DATA_DIR".to_owned()),
            });
        }
    }
}

/// Every default is of its setting's form, so that this is never seen; a test holds the table to it.
fn defect() -> ConfigProblem {
    ConfigProblem {
        name: "Portcullis".to_owned(),
        text: "a default of this version cannot be read: please report it".to_owned(),
        origin: None,
        fix: None,
    }
}
