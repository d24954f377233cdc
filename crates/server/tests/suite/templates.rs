//! Templates: custom files, the template command, and the escaping of users' input.

mod folder;
mod hostile;
mod verb;

use std::{fs, path::Path};

/// Writes these files into a folder.
fn lay(dir: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(dir).unwrap();
    for (name, source) in files {
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs::write(dir.join(name), source).unwrap();
    }
}
