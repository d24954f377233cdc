//! Merges the layers. The source with the highest precedence wins, and its text must match the setting's format.

use std::{collections::BTreeMap, path::Path};

use portcullis_core::{ExposeSecret, SecretString, id::RealmName};

use super::{
    fix::{Fix, quoted, unset},
    layers::Layer,
    mask::{masked, may_hold_password},
    names::Names,
    origin::{Origin, Source},
    permissions,
    report::{Report, Severity},
    setting::{Entry, FILE_SUFFIX, Fallback, Info},
    text_file,
    value::PEM,
    values::ConfiguredValue,
};

/// The layers of the server or of one realm.
pub(super) struct Scope<'a> {
    /// Highest precedence first.
    pub(super) layers: &'a [Layer],
    pub(super) realm: Option<&'a RealmName>,
    /// Base of relative paths.
    pub(super) dir: &'a Path,
}

/// The values configured in one scope.
pub(super) type Configured = BTreeMap<&'static str, ConfiguredValue>;

/// Takes each setting from the source with the highest precedence, reads `NAME_FILE` files, and checks the format.
pub(super) fn resolve(names: &Names, scope: &Scope<'_>, report: &mut Report) -> Configured {
    let mut configured = BTreeMap::new();
    for setting in names.settings() {
        let info = setting.info();
        let Some(value) = strongest(scope, info, report) else { continue };
        if let Some(text) = &value.text {
            check(setting, text, report);
        }
        configured.insert(info.name, value);
    }
    report_open_files(names, &configured, report);
    configured
}

fn strongest(scope: &Scope<'_>, info: &Info, report: &mut Report) -> Option<ConfiguredValue> {
    let Scope { layers, realm, dir } = scope;
    let source = |origin: &Origin, file| Source { origin: origin.clone(), file, realm: realm.cloned() };
    let find = |is_file| layers.iter().find_map(|layer| layer.get(info.name, is_file));
    match (find(false), find(true)) {
        (None, None) => None,
        (Some((text, origin)), None) => {
            Some(ConfiguredValue { text: Some(text.clone()), source: source(origin, None) })
        }
        (None, Some((path, origin))) => {
            let file = dir.join(path.expose_secret().trim());
            let text = read_file(info, &file, report);
            Some(ConfiguredValue { text, source: source(origin, Some(file)) })
        }
        (Some((_, here)), Some((path, there))) => {
            let name = info.name;
            let text = format!("is set ({here}), and so is {name}{FILE_SUFFIX} ({there}): remove one of them");
            let (here, there) = (source(here, None), source(there, Some(dir.join(path.expose_secret().trim()))));
            // A secret is safer in a file, so the fix removes the other one.
            let worse = if info.is_secret { &here } else { &there };
            report.problem(name, text, Fix::Do(unset(name, Some(worse))));
            Some(ConfiguredValue { text: None, source: here })
        }
    }
}

/// Reads the file given by `NAME_FILE`, without trailing newlines.
fn read_file(info: &Info, path: &Path, report: &mut Report) -> Option<SecretString> {
    let name = format!("{}{FILE_SUFFIX}", info.name);
    let mut unusable = |why: String| {
        let fix =
            Fix::Do(format!("write the value into {}, or set the path of the file that contains it", quoted(path)));
        report.problem(name.as_str(), format!("{} {why}", path.display()), fix);
    };
    let text = match text_file::read(path) {
        Ok(text) => text,
        Err(error) => {
            unusable(format!("cannot be read: {error}"));
            return None;
        }
    };
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    if text.trim().is_empty() {
        unusable("is empty".to_owned());
        return None;
    }
    if must_be_private(info, text) && permissions::is_open_to_others(path) {
        let text = format!("{} is readable by other users", path.display());
        if permissions::is_on_read_only_mount(path) {
            // Orchestrators mount secrets with these permissions, and they cannot be changed inside the container.
            report.warning(name, text);
        } else {
            report.insecure(Severity::RefusedElseWarned, name, text, Fix::close(path));
        }
    }
    Some(text.into())
}

/// Returns whether a value must be kept private: a secret, or a URL that contains a password.
fn must_be_private(info: &Info, text: &str) -> bool {
    info.is_secret || masked(text) != text
}

/// Reports settings files that contain secrets and are readable by others, each file once.
fn report_open_files(names: &Names, configured: &Configured, report: &mut Report) {
    let mut private: BTreeMap<&Path, Vec<&str>> = BTreeMap::new();
    for info in names.settings().map(|setting| setting.info()) {
        let Some(ConfiguredValue { text: Some(text), source: Source { origin, file: None, .. } }) =
            configured.get(info.name)
        else {
            continue;
        };
        if let Some(file) = origin.file().filter(|_| must_be_private(info, text.expose_secret())) {
            private.entry(file).or_default().push(info.name);
        }
    }
    for (file, names) in private.into_iter().filter(|(file, _)| permissions::is_open_to_others(file)) {
        let are = if names.len() == 1 { "is" } else { "are" };
        let text = format!("{are} in {}, which is readable by other users", file.display());
        if permissions::is_on_read_only_mount(file) {
            report.warning(names, text);
        } else {
            report.insecure(Severity::Refused, names, text, Fix::close(file));
        }
    }
}

fn check(setting: &dyn Entry, text: &SecretString, report: &mut Report) {
    let info = setting.info();
    let text = info.trimmed(text.expose_secret());
    // A PEM key has several lines.
    let is_line_end = |c: char| info.placeholder == PEM.placeholder && matches!(c, '\r' | '\n');
    if text.contains(|c: char| (c.is_control() && !is_line_end(c)) || c == char::REPLACEMENT_CHARACTER) {
        report.problem(info.name, "must not contain control characters", instead(setting, ""));
    } else if let Err(wanted) = setting.check(text) {
        let is_shown = !info.is_secret && !info.is_url() && !may_hold_password(text);
        let wanted = if quotes_hidden(&wanted, text) {
            "does not have the format of this setting; the value is not shown, because it may contain a password"
                .to_owned()
        } else {
            wanted
        };
        let was = if is_shown { format!(" (it is `{text}`)") } else { String::new() };
        report.problem(info.name, format!("{wanted}{was}"), instead(setting, text));
    }
}

/// Returns whether a message quotes a part of the value that is masked for display.
fn quotes_hidden(message: &str, text: &str) -> bool {
    let shown = masked(text);
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !shown.contains(part));
    shown != text && parts.into_iter().any(|part| part.len() > 2 && message.contains(part))
}

/// Returns the suggested replacement of a rejected value: the probable intention, the default, or nothing.
fn instead(setting: &dyn Entry, text: &str) -> Fix {
    let info = setting.info();
    if info.is_random {
        // The unreadable value may be the only copy of a key, so it must not be overwritten.
        return Fix::Do(format!("write the value of {} again as it was generated, on one line", info.name));
    }
    let default = match info.default {
        Fallback::Fixed(default) => Some(default.to_owned()),
        Fallback::Derived(_) | Fallback::Nothing => None,
    };
    // A part of a password must not be suggested as a value.
    let shown = masked(text);
    let meant = setting.meant(text).filter(|meant| shown == text || shown.contains(meant.as_str()));
    match meant.or_else(|| setting.meant("")).or(default) {
        Some(value) => Fix::Set(info.name, value),
        None => Fix::Unset(info.name),
    }
}
