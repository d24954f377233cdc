use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use portcullis_core::SecretString;

use crate::config::{
    fix::{Fix, quoted},
    names::SettingName,
    origin::Origin,
    report::Report,
    text_file,
};

/// The raw values of one source. All are stored as secrets, because some of them are.
#[derive(Debug, Default)]
pub(in crate::config) struct Layer {
    entries: BTreeMap<(&'static str, bool), (SecretString, Origin)>,
}

impl Layer {
    /// Sets the raw value of a setting. A later value overwrites an earlier one. An empty value removes it.
    pub(super) fn set(&mut self, name: SettingName, text: String, origin: Origin) {
        let at = (name.setting.info().name, name.is_file);
        if text.trim().is_empty() {
            self.entries.remove(&at);
        } else {
            self.entries.insert(at, (text.into(), origin));
        }
    }

    /// Returns the text of `NAME`, or of `NAME_FILE`.
    pub(in crate::config) fn get(&self, name: &'static str, is_file: bool) -> Option<&(SecretString, Origin)> {
        self.entries.get(&(name, is_file))
    }
}

/// Reads a settings file. If the file exists but cannot be read, this is reported as a problem.
pub(super) fn read_file(path: &Path, report: &mut Report) -> Option<String> {
    match text_file::read(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => {
            let fix = Fix::Do(format!("make {} a text file that the server's user can read", quoted(path)));
            report.problem(path.display().to_string(), format!("cannot be read: {error}"), fix);
            None
        }
    }
}
