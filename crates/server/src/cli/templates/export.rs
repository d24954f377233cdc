use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crate::{cli::output::Output, templates::templates};

/// Writes the built-in templates into a folder, which is made if it is not there. Unless it is forced, nothing is written
/// when one of them is there already.
pub(super) fn export(here: &Path, to: &Path, force: bool, out: &mut Output) -> io::Result<u8> {
    let dir = here.join(to);
    fs::create_dir_all(&dir)?;
    let there = templates().find(|template| dir.join(template.name).exists());
    if let Some(there) = there.filter(|_| !force) {
        let file = to.join(there.name);
        let text = format!("{} is there already, so nothing was written; --force overwrites it", file.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    for template in templates() {
        let path = dir.join(template.name);
        // Unless it is forced, even a file that has come in the meantime is kept.
        let mut file = if force { File::create(path) } else { File::create_new(path) }?;
        file.write_all(template.source.as_bytes())?;
    }
    out.line(format_args!("Wrote {} templates to {}.", templates().count(), to.display()))?;
    out.line("Keep those that you change, and remove the others: they stay as they are built in.")?;
    Ok(0)
}
