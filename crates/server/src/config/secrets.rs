//! The secrets that are generated in development, in `DATA_DIR/secrets.env`. The file is written once and never
//! overwritten.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use data_encoding::{BASE64, HEXLOWER};
use portcullis_core::random::{self, Random};

use super::{
    environment::Environment,
    fix::{Fix, quoted},
    layers::{EnvEntry, parse_dotenv},
    origin::{Line, Origin},
    permissions,
    report::{Report, Severity},
    sections::{
        DATA_DIR, ENCRYPTION_KEY, JWT_SECRET, existing_database, is_shared_database, lost_key, needs_jwt_secret,
    },
    text_file,
    values::Values,
};

/// Returns the path of the file.
pub(super) fn file(values: &Values) -> Option<PathBuf> {
    values.path(&DATA_DIR).map(|folder| folder.join("secrets.env"))
}

/// Takes missing secrets from the file, if it exists. In production, only its permissions are checked.
pub(super) fn read(values: &mut Values, file: &Path, environment: Environment, report: &mut Report) {
    let is_there = file.exists();
    if is_there {
        check_permissions(file, report);
    }
    let wanted = missing(values);
    if environment == Environment::Production || wanted.is_empty() {
        return;
    }
    if !is_there {
        if wanted.contains(&ENCRYPTION_KEY.name()) {
            refuse_new_key(values, file, report);
        }
        return;
    }
    if let Err(error) = supply_from(values, file) {
        let fix = Fix::Do(format!("make {} readable by the server's user", quoted(file)));
        report.problem(file.display().to_string(), format!("cannot be read: {error}"), fix);
        return;
    }
    for name in missing(values) {
        let text = format!("is missing in {}, which is never overwritten: add it there, or set it", file.display());
        let has_data = name == ENCRYPTION_KEY.name() && existing_database(values).is_some();
        let fix = if has_data { lost_key(values) } else { Fix::Do(append_secret(name, file)) };
        report.problem(name, text, fix);
    }
    if wanted.contains(&ENCRYPTION_KEY.name())
        && values.has(ENCRYPTION_KEY.name())
        && values.get(&ENCRYPTION_KEY).is_none()
    {
        let text = format!("in {} must be 32 random bytes in base64", file.display());
        report.problem(ENCRYPTION_KEY.name(), text, lost_key(values));
    }
}

fn check_permissions(file: &Path, report: &mut Report) {
    if !permissions::is_open_to_others(file) {
        return;
    }
    let (name, text) = (file.display().to_string(), "is readable by other users");
    if permissions::is_on_read_only_mount(file) {
        report.warning(name, text);
    } else {
        report.insecure(Severity::RefusedElseWarned, name, text, Fix::close(file));
    }
}

/// Reports a database for which no key may be generated: one that exists already, or one that servers share.
fn refuse_new_key(values: &Values, file: &Path, report: &mut Report) {
    let name = ENCRYPTION_KEY.name();
    if is_shared_database(values) {
        let text = "is not set, and is generated for an SQLite database only: all servers of a database in MongoDB need \
                    the same key";
        report.problem(name, text, lost_key(values));
    } else if let Some(database) = existing_database(values) {
        let (file, database) = (file.display(), database.display());
        let text = format!("is not set, {file} is missing, and the database {database} cannot be read without its key");
        report.problem(name, text, lost_key(values));
    }
}

fn append_secret(name: &str, file: &Path) -> String {
    format!("echo \"{name}=$(openssl rand -base64 32)\" >> {}", quoted(file))
}

/// Creates the file if a secret is missing and there is no file.
pub(super) fn generate(values: &mut Values, file: &Path, random: &dyn Random) -> io::Result<()> {
    let missing = missing(values);
    if missing.is_empty() {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        create_private_dir(folder)?;
    }
    create_once(file, &contents(&missing, random), random)?;
    supply_from(values, file)
}

/// Returns the values with secrets in place of those that a start would create.
pub(super) fn previewed(values: &Values, random: &dyn Random) -> Values {
    let mut values = values.clone();
    for name in missing(&values) {
        values.supply(name, BASE64.encode(&random::bytes::<32>(random)).into(), Origin::Derived);
    }
    values
}

/// Creates a folder, and its parents, with access for the owner only. An existing folder stays as it is.
///
/// # Errors
/// The error of the system.
pub fn create_private_dir(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn missing(values: &Values) -> Vec<&'static str> {
    let jwt = needs_jwt_secret(values).then_some(JWT_SECRET.name());
    let names = jwt.into_iter().chain([ENCRYPTION_KEY.name()]);
    names.filter(|name| !values.has(name)).collect()
}

fn supply_from(values: &mut Values, file: &Path) -> io::Result<()> {
    let (entries, mistakes) = parse_dotenv(&text_file::read(file)?);
    if let Some(mistake) = mistakes.first() {
        let (line, mistake) = mistake;
        return Err(io::Error::other(format!("line {line}: {mistake}")));
    }
    let known = [JWT_SECRET.name(), ENCRYPTION_KEY.name()];
    for EnvEntry { name, value, line } in entries {
        if let Some(name) = known.iter().copied().find(|known| *known == name && !value.is_empty()) {
            values.supply(name, value.into(), Origin::Dotenv(Line { file: file.to_owned(), number: line }));
        }
    }
    Ok(())
}

fn contents(names: &[&str], random: &dyn Random) -> String {
    let secrets = names.iter().map(|name| format!("{name}={}\n", BASE64.encode(&random::bytes::<32>(random))));
    let head = "# Generated at the first start in development. With these secrets, anyone can sign tokens and read the database.\n\
                # Keep a copy: without ENCRYPTION_KEY, the database cannot be read.\n";
    std::iter::once(head.to_owned()).chain(secrets).collect()
}

/// Writes a file completely or not at all. An existing file is kept.
fn create_once(file: &Path, contents: &str, random: &dyn Random) -> io::Result<()> {
    let temporary = file.with_extension(HEXLOWER.encode(&random::bytes::<8>(random)));
    let written = write_private(&temporary, contents).and_then(|()| link(&temporary, file));
    let removed = fs::remove_file(&temporary);
    written.and(removed.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) }))?;
    file.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

fn write_private(file: &Path, contents: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?;
    file.write_all(contents.as_bytes())?;
    file.sync_all()
}

/// Links a file. Unlike a rename, a link never replaces a file that another process has just created. Some file systems
/// have no links.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) if !to.exists() => fs::rename(from, to),
        result => result,
    }
}
