//! The settings: read from the command line, the environment, `.env` and TOML, judged as a whole, and handed on typed.
//!
//! `sections` has the settings themselves, a file for each group. All other files are the mechanism and know no setting by
//! name, except `secrets`, which makes those that development needs: `layers` read the sources, `values` lays them over
//! each other, `report` collects what is wrong and `fix` says what fixes it. The environment of the process is not read
//! here: `Sources` brings it.

mod environment;
mod fix;
mod layers;
mod markdown;
mod names;
mod origin;
mod permissions;
mod report;
mod secrets;
mod sections;
pub(crate) mod setting;
mod sources;
pub(crate) mod suggest;
mod text_file;
mod value;
mod values;

pub use environment::Environment;
pub(crate) use markdown::meaning;
pub use markdown::settings_markdown;

pub use report::{ConfigErrors, ConfigProblem};
pub use secrets::create_private_dir;
pub use sections::{
    Accounts, Argon2, Config, Credentials, Enumeration, Hashing, Http, JwtAlgorithm, Log, LogFormat, Mail, MailTls,
    MailTransport, Password, Signing, Sms, Smtp, Store, Token, Twilio,
};
pub(crate) use sections::{Looks, SECTIONS};
pub use sources::{Args, Sources};
pub use value::{Database, PublicUrl};

use std::path::PathBuf;

use portcullis_core::{id::RealmName, random::Random};

use names::Names;
use report::{Report, Verdict};
use sections::{Context, DATA_DIR, REALMS};
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
    let why_production = sections::why_production(&inspection.values, inspection.environment);
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
    let names = Names::new(SECTIONS.iter().flat_map(|section| section.settings.iter().copied()));
    let (layers, realm_tables) = layers::collect(sources, &names, &mut report);
    let mut values = Values::resolve(names, &layers, dir, &mut report);
    let environment = sections::derive(&mut values);
    let secrets_file = secrets::file(&values);
    if let Some(file) = &secrets_file {
        secrets::read(&mut values, file, environment, &mut report);
    }
    let context = Context { environment, secrets_file: secrets_file.as_deref().filter(|file| file.exists()) };
    sections::check(&values, &context, &mut report);
    sections::check_realm_tables(&values, &realm_tables, &mut report);
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
            problems => {
                Err(ConfigErrors::new(problems.to_vec(), sections::why_production(&self.values, self.environment)))
            }
        }
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
