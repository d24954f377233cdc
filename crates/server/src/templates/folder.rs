//! The operator's folder: what is in it that replaces nothing.

use std::{ffi::OsString, fs, io, path::Path};

use super::{
    catalogue::{self, TEMPLATES},
    issue::{Fault, TemplateError},
};
use crate::config::suggest::nearest;

/// The files of a folder that no template is named after, so that they would replace nothing. Hidden files and folders
/// are nobody's concern.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn strangers(dir: &Path) -> Result<Vec<Fault>, TemplateError> {
    let unreadable = |error: io::Error| {
        let text = format!("cannot be read: {error}");
        TemplateError::from(Fault { file: dir.display().to_string(), line: None, text })
    };
    let mut names: Vec<OsString> = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if !is_hidden && !entry.path().is_dir() {
            names.push(entry.file_name());
        }
    }
    let names = names.iter().filter(|name| name.to_str().and_then(catalogue::find).is_none());
    Ok(names.map(|name| stranger(dir, name)).collect())
}

fn stranger(dir: &Path, name: &OsString) -> Fault {
    let known = TEMPLATES.iter().map(|template| template.name);
    let advice = match nearest(&name.to_string_lossy(), known) {
        Some(near) => format!("did you mean {near}?"),
        None => "`portcullis templates list` names them all".to_owned(),
    };
    let text = format!("no template has this name: {advice}");
    Fault { file: dir.join(name).display().to_string(), line: None, text }
}
