//! Sources of plain `NAME=value` pairs: command line, environment and `.env`.

use std::path::Path;

use super::{
    Layer,
    dotenv::{self, EnvEntry},
    layer::read_file,
    realms::Variable,
    unknown::{did_you_mean, rename},
};
use crate::config::{
    fix::Fix,
    names::Names,
    origin::{Line, Origin, REALM_PREFIX},
    report::Report,
};

/// Reads the flags of the command line. An unknown one is an error.
pub(super) fn command_line(settings: Vec<(String, String)>, names: &Names, report: &mut Report) -> Layer {
    let mut layer = Layer::default();
    for (name, text) in settings {
        match names.find(&name) {
            Some(key) => {
                if key.setting.info().is_secret && !key.is_file {
                    let advice = "is visible in the process list when set on the command line: use a file (`_FILE`)";
                    report.warning(name.as_str(), advice);
                }
                layer.set(key, text, Origin::CommandLine);
            }
            None => {
                let nearest = names.nearest(&name);
                let text = format!("is not a setting{}", did_you_mean(nearest.as_deref()));
                report.problem(name.as_str(), text, rename(&name, nearest.as_deref())).at(&Origin::CommandLine);
            }
        }
    }
    layer
}

/// Reads the environment. Unknown names are ignored, because it also contains variables of other programs. Names
/// similar to a setting cause a warning.
pub(super) fn environment(
    variables: Vec<(String, String)>,
    names: &Names,
    report: &mut Report,
) -> (Layer, Vec<Variable>) {
    let (mut layer, mut of_realms) = (Layer::default(), Vec::new());
    for (name, text) in variables {
        if let Some(key) = names.find(&name) {
            if is_service_link(&name, &text) {
                let text = "is the address of a service with this name, set by an orchestrator; it is ignored";
                report.warning(name, text).at(&Origin::Environment);
            } else {
                let text = unquoted(&name, text, report);
                layer.set(key, text, Origin::Environment);
            }
        } else if name.starts_with(REALM_PREFIX) {
            of_realms.push(Variable { name, text, origin: Origin::Environment });
        } else if let Some(nearest) = names.nearest(&name) {
            report.warning(name, format!("is not a setting; did you mean `{nearest}`?")).at(&Origin::Environment);
        }
    }
    (layer, of_realms)
}

/// Returns whether Kubernetes set a variable for a service, such as `REDIS_PORT=tcp://10.0.0.1:6379` for a service
/// named `redis`.
fn is_service_link(name: &str, text: &str) -> bool {
    name.ends_with("_PORT") && ["tcp://", "udp://", "sctp://"].iter().any(|scheme| text.starts_with(scheme))
}

/// Reports quotation marks around a value, and removes them to avoid subsequent errors. No shell reads files such as
/// those of `docker --env-file`, so quotation marks remain in the value.
pub(super) fn unquoted(name: &str, text: String, report: &mut Report) -> String {
    let inner = ['"', '\''].iter().find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote));
    let Some(inner) = inner else { return text };
    let why = "has quotation marks around its value, which `docker --env-file` and similar files do not remove";
    let fix = Fix::Do(format!("write {name} without quotation marks"));
    report.problem(name, why, fix).at(&Origin::Environment);
    inner.to_owned()
}

/// Reads `.env` in the working directory. Unknown names are ignored, because other programs may use the file too.
/// Names similar to a setting are errors.
pub(super) fn dotenv(dir: &Path, names: &Names, report: &mut Report) -> (Layer, Vec<Variable>) {
    let path = dir.join(".env");
    let (mut layer, mut of_realms) = (Layer::default(), Vec::new());
    let Some(text) = read_file(&path, report) else { return (layer, of_realms) };
    let (entries, mistakes) = dotenv::parse(&text);
    for (line, mistake) in mistakes {
        let fix =
            Fix::Do(format!("write NAME=value in line {line}, with quotation marks around a value of several lines"));
        report.problem(path.display().to_string(), format!("line {line}: {mistake}"), fix);
    }
    for EnvEntry { name, value, line } in entries {
        let origin = Origin::Dotenv(Line { file: path.clone(), number: line });
        let key = names.find(&name);
        let is_of_a_realm = key.is_none() && name.starts_with(REALM_PREFIX);
        if value.contains("${") && (key.is_some() || is_of_a_realm) {
            report.warning(name.as_str(), "contains `${…}`, which is not expanded").at(&origin);
        }
        if let Some(key) = key {
            layer.set(key, value, origin);
        } else if is_of_a_realm {
            of_realms.push(Variable { name, text: value, origin });
        } else if let Some(nearest) = names.nearest(&name) {
            let text = format!("is not a setting; did you mean `{nearest}`?");
            let fix = rename(&name, Some(&nearest));
            report.problem(name, text, fix).at(&origin);
        }
    }
    (layer, of_realms)
}
