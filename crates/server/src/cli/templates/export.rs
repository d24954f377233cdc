use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crate::{cli::output::Output, templates::templates};

/// Writes the built-in templates to a folder, which is created if needed. Without `force`, nothing is written if one
/// of the files exists.
pub(super) fn export(here: &Path, to: &Path, force: bool, out: &mut Output) -> io::Result<u8> {
    let dir = here.join(to);
    fs::create_dir_all(&dir)?;
    let there = templates().find(|template| dir.join(template.name).exists());
    if let Some(there) = there.filter(|_| !force) {
        let file = to.join(there.name);
        let text = format!("{} exists, so nothing was written; --force overwrites it", file.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
    }
    for template in templates() {
        let path = dir.join(template.name);
        // Without `force`, a file that was created in the meantime is kept too.
        let mut file = if force { File::create(path) } else { File::create_new(path) }?;
        file.write_all(template.source.as_bytes())?;
    }
    out.line(format_args!("Wrote {} templates to {}.", templates().count(), to.display()))?;
    out.line("Keep the files that you change and delete the others: those templates stay built in.")?;
    Ok(0)
}
