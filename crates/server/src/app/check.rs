//! Finds startup problems beyond the settings themselves, without creating or changing anything.

use std::{net::SocketAddr, path::Path, sync::Arc};

use portcullis_core::{clock::SystemClock, random::OsRandom};
use rustix::{
    fs::{Access, access},
    io::Errno,
};

use super::{backends, shared, templates};
use crate::{
    config::{Config, Inspection, ListenOn},
    error_chain, listen,
};

/// Adds the problems that would prevent startup. Each part is built in the same way as at startup.
pub fn check(inspection: &mut Inspection) {
    let Some(config) = inspection.preview(&OsRandom) else { return };
    for (setting, why) in found(&config) {
        inspection.add(setting, why);
    }
}

fn found(config: &Config) -> impl Iterator<Item = (&'static str, String)> {
    let listeners = [("HOST", Some(config.http.listen)), ("METRICS_LISTEN", config.http.metrics_listen)];
    let listeners = listeners.into_iter().filter_map(|(setting, address)| Some((setting, listener(address?).err()?)));
    let parts = [
        ("TEMPLATES_DIR", templates::templates(config).err().map(|error| error_chain(&error))),
        (
            "MAIL_SERVER",
            backends::senders(config, &(Arc::new(SystemClock) as _)).err().map(|error| error_chain(&error)),
        ),
        ("DATA_DIR", data_dir(&config.store.data_dir)),
        ("ADMIN_LISTEN", config.admin.listen.as_ref().and_then(admin_listener)),
        ("REDIS_URL", shared::check(config).err().map(|error| error_chain(&error))),
        ("DATABASE_URL", backends::probe(config).err().map(|error| error_chain(&error))),
    ];
    parts.into_iter().filter_map(|(setting, why)| Some((setting, why?))).chain(listeners)
}

fn listener(address: SocketAddr) -> Result<(), String> {
    listen::check(address).map_err(|error| error.to_string())
}

fn admin_listener(on: &ListenOn) -> Option<String> {
    match on {
        ListenOn::Tcp(address) => listener(*address).err(),
        ListenOn::Unix(path) => {
            let folder = path.parent()?;
            let why = access(folder, Access::WRITE_OK | Access::EXEC_OK).err()?;
            Some(format!("no socket can be created in {} ({why})", folder.display()))
        }
    }
}

/// Checks that the folder, or its closest existing parent, is writable.
fn data_dir(folder: &Path) -> Option<String> {
    let existing = folder.ancestors().find(|folder| folder.exists())?;
    let why =
        if existing.is_dir() { access(existing, Access::WRITE_OK | Access::EXEC_OK).err()? } else { Errno::NOTDIR };
    Some(format!("{} cannot be written ({why}); set DATA_DIR to another folder", existing.display()))
}
