//! The encryption key generated in development, in `DATA_DIR/secrets.env`. The file is written once and never
//! overwritten. Earlier versions also generated `JWT_SECRET`, which is still read from it.

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
        DATA_DIR, ENCRYPTION_KEY, JWT_SECRET, existing_database, is_shared_database, lost_key, takes_jwt_secret,
    },
    text_file,
    values::Values,
};

/// Returns the path of the file.
pub(super) fn file(values: &Values) -> Option<PathBuf> {
    values.path(&DATA_DIR).map(|folder| folder.join("secrets.env"))
}

/// Reads missing secrets from the file, if it exists. In production, only checks the file's permissions.
pub(super) fn read(values: &mut Values, file: &Path, environment: Environment, report: &mut Report) {
    let is_there = file.exists();
    if is_there {
        check_permissions(file, report);
    }
    let wants_key = lacks_key(values);
    let wants_secret = takes_jwt_secret(values) && !values.has(JWT_SECRET.name());
    if environment == Environment::Production || !wants_key && !wants_secret {
        return;
    }
    if !is_there {
        if wants_key {
            refuse_new_key(values, file, report);
        }
        return;
    }
    if let Err(error) = supply_from(values, file) {
        let fix = Fix::Do(format!("make {} readable by the server's user", quoted(file)));
        report.problem(file.display().to_string(), format!("cannot be read: {error}"), fix);
        return;
    }
    let name = ENCRYPTION_KEY.name();
    if lacks_key(values) {
        let text = format!("is missing in {}, which is never overwritten: add it there, or set it", file.display());
        let has_data = existing_database(values).is_some();
        let fix = if has_data { lost_key(values) } else { Fix::Do(append_secret(name, file)) };
        report.problem(name, text, fix);
    } else if wants_key && values.get(&ENCRYPTION_KEY).is_none() {
        let text = format!("in {} must be 32 random bytes in base64", file.display());
        report.problem(name, text, lost_key(values));
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

/// Reports a database for which no new key may be generated, because it already exists or is shared between servers.
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

/// Creates the file if the key is missing and there is no file.
pub(super) fn generate(values: &mut Values, file: &Path, random: &dyn Random) -> io::Result<()> {
    if !lacks_key(values) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        create_private_dir(folder)?;
    }
    create_once(file, &contents(random), random)?;
    supply_from(values, file)
}

/// Returns the values with a placeholder key instead of the one that startup would generate.
pub(super) fn previewed(values: &Values, random: &dyn Random) -> Values {
    let mut values = values.clone();
    values.supply(ENCRYPTION_KEY.name(), new_key(random).into(), Origin::Derived);
    values
}

/// Creates a folder and its parents, accessible only to the owner. An existing folder is unchanged.
///
/// # Errors
/// Returns the I/O error if a folder cannot be created.
pub fn create_private_dir(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn lacks_key(values: &Values) -> bool {
    !values.has(ENCRYPTION_KEY.name())
}

fn new_key(random: &dyn Random) -> String {
    BASE64.encode(&random::bytes::<32>(random))
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

fn contents(random: &dyn Random) -> String {
    let head = "# Generated at the first start in development. With this key, anyone can read the database.\n\
                # Keep a copy: without it, the database cannot be read.\n";
    format!("{head}{}={}\n", ENCRYPTION_KEY.name(), new_key(random))
}

/// Writes a file atomically. An existing file is kept.
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

/// Hard-links a file. Unlike a rename, a link never replaces a file that another process has just created. Some file
/// systems do not support links.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(_) if !to.exists() => fs::rename(from, to),
        result => result,
    }
}
