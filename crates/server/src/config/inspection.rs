//! Reads the settings from all sources, checks them, and provides them as typed values.

use std::{net::SocketAddr, path::PathBuf};

use portcullis_core::{id::RealmName, random::Random};

use super::{
    clients::{self, ClientTable},
    environment::Environment,
    errors::{ConfigErrors, ConfigProblem},
    layers::{self, Layer},
    mask::masked_words,
    names::Names,
    report::{Report, Verdict},
    resolve::{Scope, resolve},
    secrets,
    sections::{self, Config, Context, DATA_DIR, Http, Log, PORT, Password, REALMS, SECTIONS, Templates},
    sources::Sources,
    values::Values,
};

/// A valid configuration.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// Suspicious but accepted settings.
    pub warnings: Vec<ConfigProblem>,
}

/// The settings after reading and checking. Nothing has been created yet.
#[derive(Debug)]
pub struct Inspection {
    environment: Environment,
    values: Values,
    /// The values of each realm: its own, with the server-wide values as fallback.
    realms: Vec<(RealmName, Values)>,
    verdict: Verdict,
    secrets_file: Option<PathBuf>,
}

/// Reads and checks the settings. In development, generates a missing key and stores it in `DATA_DIR`.
///
/// # Errors
/// Returns all problems of the settings.
pub fn load(sources: Sources, random: &dyn Random) -> Result<Loaded, ConfigErrors> {
    load_inspected(inspect(sources), random)
}

/// Reads and checks the settings like [`load`], for a server whose port was chosen by the operating system.
///
/// # Errors
/// Returns all problems of the settings.
pub fn load_for_port(sources: Sources, random: &dyn Random, port: u16) -> Result<Loaded, ConfigErrors> {
    load_inspected(inspect_for_port(sources, Some(port)), random)
}

fn load_inspected(mut inspection: Inspection, random: &dyn Random) -> Result<Loaded, ConfigErrors> {
    if inspection.verdict.problems.is_empty() {
        inspection.make_secrets(random);
    }
    let why_production = sections::why_production(&inspection.values, inspection.environment);
    let Inspection { values, realms, verdict: Verdict { mut problems, warnings }, .. } = inspection;
    match Config::read(&values, &realms) {
        Some(config) if problems.is_empty() => Ok(Loaded { config, warnings }),
        None if problems.is_empty() => {
            problems.push(defect());
            Err(ConfigErrors::new(problems, None))
        }
        _ => Err(ConfigErrors::new(problems, why_production)),
    }
}

/// Reads and checks the settings without creating or writing anything.
#[must_use]
pub fn inspect(sources: Sources) -> Inspection {
    inspect_for_port(sources, None)
}

fn inspect_for_port(sources: Sources, port: Option<u16>) -> Inspection {
    let mut report = Report::default();
    let dir = sources.dir.clone();
    let names = Names::new(SECTIONS.iter().flat_map(|section| section.settings.iter().copied()));
    let mut layers = layers::collect(sources, &names, &mut report);
    let clients = layers.take_clients();
    let scope = Scope { layers: &layers.server, realm: None, dir: &dir };
    let mut values = Values::new(names.clone(), resolve(&names, &scope, &mut report), dir);
    if let Some(port) = port {
        values.replace(PORT.name(), port.to_string().into());
    }
    let environment = sections::derive(&mut values);
    let secrets_file = secrets::file(&values);
    if let Some(file) = &secrets_file {
        secrets::read(&mut values, file, environment, &mut report);
    }
    sections::derive_algorithm(&mut values);
    let context = Context { environment, secrets_file: secrets_file.as_deref().filter(|file| file.exists()) };
    sections::check(&values, &context, &mut report);
    let realms = values.get(&REALMS).unwrap_or_default();
    let layers_of_realms = if realms.is_empty() {
        Vec::new()
    } else {
        sections::check_realm_tables(&realms, layers.realm_tables(), &mut report);
        layers.of_realms(&realms, &names, &mut report)
    };
    let is_production = environment == Environment::Production;
    let mut verdict = report.settle(is_production, &|name| values.provenance(name));
    let realms = realms.into_iter().zip(layers_of_realms).map(|(realm, layers)| {
        let values = inspect_realm(&realm, (&layers, &clients), &values, is_production, &mut verdict);
        (realm, values)
    });
    let realms = realms.collect();
    Inspection { environment, values, realms, verdict, secrets_file }
}

/// Reads and checks the settings of one realm.
fn inspect_realm(
    realm: &RealmName,
    (layers, clients): (&[Layer], &[ClientTable]),
    server: &Values,
    is_production: bool,
    verdict: &mut Verdict,
) -> Values {
    let mut report = Report::default();
    let scope = Scope { layers, realm: Some(realm), dir: server.dir() };
    let mut values = server.with_own(resolve(server.names(), &scope, &mut report));
    sections::check_realm(&values, &mut report);
    let of_realm = clients.iter().filter(|client| client.realm == realm.as_str());
    values.clients = of_realm.filter_map(|client| clients::finish(client, &values, &mut report)).collect();
    verdict.extend(report.settle(is_production, &|name| values.provenance(name)));
    values
}

impl Inspection {
    /// Returns the environment in which the server would run.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Returns the configuration problems as an error.
    ///
    /// # Errors
    /// Returns all problems of the settings.
    pub fn verdict(&self) -> Result<(), ConfigErrors> {
        match self.verdict.problems.as_slice() {
            [] => Ok(()),
            problems => {
                Err(ConfigErrors::new(problems.to_vec(), sections::why_production(&self.values, self.environment)))
            }
        }
    }

    /// Returns the names of the realms.
    ///
    /// # Errors
    /// Returns all problems of the settings.
    pub fn realms(&self) -> Result<Vec<RealmName>, ConfigErrors> {
        self.verdict()?;
        self.values.get(&REALMS).ok_or_else(|| ConfigErrors::new(vec![defect()], None))
    }

    /// Returns the password settings.
    ///
    /// # Errors
    /// Returns all problems of the settings.
    pub fn password(&self) -> Result<Password, ConfigErrors> {
        self.verdict()?;
        Password::read(&self.values).ok_or_else(|| ConfigErrors::new(vec![defect()], None))
    }

    /// Returns the suspicious but accepted settings.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigProblem] {
        &self.verdict.warnings
    }

    /// Returns the log settings, or `None` if one of them is invalid. Problems of other settings are ignored.
    #[must_use]
    pub fn log(&self) -> Option<Log> {
        Log::read(&self.values)
    }

    /// Returns the listen address, or `None` if an HTTP setting is invalid. Problems of other settings are ignored.
    #[must_use]
    pub fn listen(&self) -> Option<SocketAddr> {
        Http::read(&self.values).map(|http| http.listen)
    }

    /// Returns the settings that startup would use, without creating missing secrets. Returns `None` if there is a
    /// problem.
    #[must_use]
    pub fn preview(&self, random: &dyn Random) -> Option<Config> {
        self.verdict().ok()?;
        Config::read(&secrets::previewed(&self.values, random), &self.realms)
    }

    /// Adds a problem that was found outside the settings themselves.
    pub(crate) fn add(&mut self, name: &'static str, text: String) {
        let origin = self.values.provenance(name).map(|provenance| provenance.to_string());
        let text = masked_words(&text);
        self.verdict.problems.push(ConfigProblem { name: name.to_owned(), text, origin, fix: None });
    }

    /// Returns the template settings, or `None` if one of them is invalid. Problems of other settings are ignored.
    pub(crate) fn templates(&self) -> Option<Templates> {
        Templates::read(&self.values)
    }

    pub(crate) const fn values(&self) -> &Values {
        &self.values
    }

    pub(crate) fn realm_values(&self) -> impl Iterator<Item = (&RealmName, &Values)> {
        self.realms.iter().map(|(realm, values)| (realm, values))
    }

    fn make_secrets(&mut self, random: &dyn Random) {
        let Some(file) = &self.secrets_file else { return };
        if let Err(error) = secrets::generate(&mut self.values, file, random) {
            self.verdict.problems.push(ConfigProblem {
                name: file.display().to_string(),
                text: format!("cannot be created: {error}; set ENCRYPTION_KEY, or DATA_DIR"),
                origin: self.values.provenance(DATA_DIR.name()).map(|provenance| provenance.to_string()),
                fix: Some("set DATA_DIR to a writable folder".to_owned()),
            });
        }
    }
}

/// Returns the problem for an invalid default. It never occurs, because a test parses all defaults.
fn defect() -> ConfigProblem {
    ConfigProblem {
        name: "Portcullis".to_owned(),
        text: "a default value of this version is invalid: please report this".to_owned(),
        origin: None,
        fix: None,
    }
}
