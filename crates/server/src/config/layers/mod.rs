//! The configuration sources, one layer each: command line, environment, `.env`, TOML.

mod clients;
mod dotenv;
mod flat;
mod layer;
mod realms;
mod toml;
mod unknown;

pub(super) use dotenv::{EnvEntry, parse as parse_dotenv};
pub(super) use layer::Layer;

use portcullis_core::id::RealmName;

use super::{clients::ClientTable, names::Names, origin::Origin, report::Report, sources::Sources};

/// Raw values of all sources.
pub(super) struct Layers {
    /// Server-wide values, highest precedence first.
    pub(super) server: Vec<Layer>,
    environment: Vec<realms::Variable>,
    dotenv: Vec<realms::Variable>,
    tables: Vec<toml::RealmTable>,
}

/// Reads all sources.
pub(super) fn collect(sources: Sources, names: &Names, report: &mut Report) -> Layers {
    let Sources { args, env, dir } = sources;
    let (dotenv, dotenv_variables) = flat::dotenv(&dir, names, report);
    let (toml, tables) = toml::layer(args.config.as_deref(), &dir, names, report);
    let command_line = flat::command_line(args.settings, names, report);
    let (environment, variables) = flat::environment(env, names, report);
    Layers {
        server: vec![command_line, environment, dotenv, toml],
        environment: variables,
        dotenv: dotenv_variables,
        tables,
    }
}

impl Layers {
    /// Returns the realm names of the `[realms.NAME]` tables in TOML.
    pub(super) fn realm_tables(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.tables.iter().map(|table| (table.realm.as_str(), &table.origin))
    }

    /// Takes the clients of all realms.
    pub(super) fn take_clients(&mut self) -> Vec<ClientTable> {
        self.tables.iter_mut().flat_map(|table| std::mem::take(&mut table.clients)).collect()
    }

    /// Returns the layers of each realm, highest precedence first, in the order of the realms.
    pub(super) fn of_realms(self, realms: &[RealmName], names: &Names, report: &mut Report) -> Vec<Vec<Layer>> {
        let mut assigned = |variables| {
            let mut layers: Vec<Layer> = realms.iter().map(|_| Layer::default()).collect();
            realms::assign(variables, realms, names, &mut layers, report);
            layers
        };
        let (environment, dotenv) = (assigned(self.environment), assigned(self.dotenv));
        let mut tables: Vec<Layer> = realms.iter().map(|_| Layer::default()).collect();
        for table in self.tables {
            let realm = realms.iter().position(|realm| realm.as_str() == table.realm);
            if let Some(layer) = realm.and_then(|realm| tables.get_mut(realm)) {
                *layer = table.layer;
            }
        }
        let layers = environment.into_iter().zip(dotenv).zip(tables);
        layers.map(|((environment, dotenv), toml)| vec![environment, dotenv, toml]).collect()
    }
}
