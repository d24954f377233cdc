//! The sources of settings, each as one layer: command line, environment, `.env`, TOML.

mod dotenv;
mod flat;
mod layer;
mod toml;
mod unknown;

pub(super) use dotenv::{EnvEntry, parse as parse_dotenv};
pub(super) use layer::Layer;

use super::{names::Names, origin::Origin, report::Report, sources::Sources};

/// Reads all layers, the strongest first, and the realms that have tables in TOML.
pub(super) fn collect(sources: Sources, names: &Names, report: &mut Report) -> (Vec<Layer>, Vec<(String, Origin)>) {
    let Sources { args, env, dir } = sources;
    let dotenv = flat::dotenv(&dir, names, report);
    let (toml, realms) = toml::layer(args.config.as_deref(), &dir, names, report);
    let command_line = flat::command_line(args.settings, names, report);
    let layers = [Some(command_line), Some(flat::environment(env, names, report)), dotenv, toml];
    (layers.into_iter().flatten().collect(), realms)
}
