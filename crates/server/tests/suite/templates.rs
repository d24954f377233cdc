//! Templates: an operator's own, the verb for them, and what a stranger's words do in them.

mod folder;
mod hostile;
mod verb;

use std::{fs, path::Path};

/// Lays these files into a folder.
fn lay(dir: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(dir).unwrap();
    for (name, source) in files {
        fs::create_dir_all(dir.join(name).parent().unwrap()).unwrap();
        fs::write(dir.join(name), source).unwrap();
    }
}
