//! The layers of plain `NAME=value`.

use std::path::Path;

use super::{Layer, Origin, did_you_mean, dotenv, read_file};
use crate::config::{names, report::Report};

/// The flags of the command line: an unknown one is an error.
pub(super) fn command_line(settings: Vec<(String, String)>, report: &mut Report) -> Layer {
    let mut layer = Layer::new(Origin::CommandLine);
    for (name, text) in settings {
        match names::find(&name) {
            Some(key) => {
                if key.setting.info().is_secret && !key.is_file {
                    let advice = "on the command line it shows in the list of processes; give it by a file (`_FILE`)";
                    report.warning(&name, advice);
                }
                layer.set(key, text);
            }
            None => report.problem(&name, format!("is no setting{}", did_you_mean(names::nearest(&name)))),
        }
    }
    layer
}

/// The environment: other programs' variables are there too, so that an unknown name is a warning, and only when it is
/// close to one of ours.
pub(super) fn environment(variables: Vec<(String, String)>, report: &mut Report) -> Layer {
    let mut layer = Layer::new(Origin::Environment);
    for (name, text) in variables {
        if let Some(key) = names::find(&name) {
            layer.set(key, text);
        } else if let Some(nearest) = names::nearest(&name) {
            report.warning(name, format!("in the environment is no setting; did you mean `{nearest}`?"));
        }
    }
    layer
}

/// `.env` in the working folder. It may serve other programs too: an unknown name is an error when it is close to one
/// of ours, and ignored otherwise.
pub(super) fn dotenv(dir: &Path, report: &mut Report) -> Option<Layer> {
    let path = dir.join(".env");
    let text = read_file(&path, report)?;
    let (entries, mistakes) = dotenv::parse(&text);
    for mistake in mistakes {
        report.problem(path.display().to_string(), mistake);
    }
    let mut layer = Layer::new(Origin::File(path));
    for (name, text) in entries {
        if let Some(key) = names::find(&name) {
            if text.contains("${") {
                report.warning(&name, format!("in {}: `${{…}}` is taken as it stands, not replaced", layer.origin));
            }
            layer.set(key, text);
        } else if let Some(nearest) = names::nearest(&name) {
            report.problem(name, format!("in {} is no setting; did you mean `{nearest}`?", layer.origin));
        }
    }
    Some(layer)
}
