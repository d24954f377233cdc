//! The layers of plain `NAME=value`.

use std::path::Path;

use super::{
    Layer,
    dotenv::{self, EnvEntry},
    layer::read_file,
    unknown::{did_you_mean, rename},
};
use crate::config::{
    fix::Fix,
    names::Names,
    origin::{Line, Origin},
    report::Report,
};

/// The flags of the command line: an unknown one is an error.
pub(super) fn command_line(settings: Vec<(String, String)>, names: &Names, report: &mut Report) -> Layer {
    let mut layer = Layer::default();
    for (name, text) in settings {
        match names.find(&name) {
            Some(key) => {
                if key.setting.info().is_secret && !key.is_file {
                    let advice = "on the command line it shows in the list of processes; give it by a file (`_FILE`)";
                    report.warning(name.as_str(), advice);
                }
                layer.set(key, text, Origin::CommandLine);
            }
            None => {
                let nearest = names.nearest(&name);
                let text = format!("is no setting{}", did_you_mean(nearest.as_deref()));
                report.problem(name.as_str(), text, rename(&name, nearest.as_deref())).at(&Origin::CommandLine);
            }
        }
    }
    layer
}

/// The environment: other programs' variables are there too, so that an unknown name is a warning, and only when it is
/// close to one of ours.
pub(super) fn environment(variables: Vec<(String, String)>, names: &Names, report: &mut Report) -> Layer {
    let mut layer = Layer::default();
    for (name, text) in variables {
        if let Some(key) = names.find(&name) {
            layer.set(key, text, Origin::Environment);
        } else if let Some(nearest) = names.nearest(&name) {
            report.warning(name, format!("in the environment is no setting; did you mean `{nearest}`?"));
        }
    }
    layer
}

/// `.env` in the working folder. It may serve other programs too: an unknown name is an error when it is close to one
/// of ours, and ignored otherwise.
pub(super) fn dotenv(dir: &Path, names: &Names, report: &mut Report) -> Option<Layer> {
    let path = dir.join(".env");
    let text = read_file(&path, report)?;
    let (entries, mistakes) = dotenv::parse(&text);
    for (line, mistake) in mistakes {
        let fix = Fix::Do(format!("write NAME=value in line {line}, in quotation marks where it spans lines"));
        report.problem(path.display().to_string(), format!("line {line}: {mistake}"), fix);
    }
    let mut layer = Layer::default();
    for EnvEntry { name, value, line } in entries {
        let origin = Origin::Dotenv(Line { file: path.clone(), number: line });
        if let Some(key) = names.find(&name) {
            if value.contains("${") {
                report.warning(name.as_str(), "has a `${…}`, which is taken as it stands, not replaced").at(&origin);
            }
            layer.set(key, value, origin);
        } else if let Some(nearest) = names.nearest(&name) {
            let text = format!("in `.env` is no setting; did you mean `{nearest}`?");
            let fix = rename(&name, Some(&nearest));
            report.problem(name, text, fix).at(&origin);
        }
    }
    Some(layer)
}
