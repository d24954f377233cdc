//! The application without a listener, for commands on the machine while servers are running.

use std::{fmt, sync::Arc};

use futures_util::{FutureExt as _, future::BoxFuture};
use portcullis_backends::sqlite;
use portcullis_core::{
    Ctx,
    clock::Clock,
    port::Store,
    random::Random,
    service::{Realms, Service, reseal_signing_keys},
};

use super::{App, BuildError, Overrides, backends, parts};
use crate::{
    config::Config,
    http::{self, HttpService},
};

/// Whether the process serves requests, or runs a command while servers may be running.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Serving,
    Beside,
}

/// The HTTP service of an application that does not listen.
pub struct Beside {
    http: HttpService,
}

impl fmt::Debug for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Beside(…)")
    }
}

impl Beside {
    pub(crate) fn service(&self) -> HttpService {
        Arc::clone(&self.http)
    }
}

/// Builds the application for a command while servers may be running. It neither listens nor starts workers. A server
/// delivers the messages.
///
/// # Errors
/// Returns [`BuildError`] if the application cannot be built.
#[must_use]
pub fn beside(config: &Config, overrides: Overrides) -> BoxFuture<'_, Result<Beside, BuildError>> {
    async move {
        let app = App::assemble(config, overrides, Place::Beside).await?;
        Ok(Beside { http: http::handler(app.shared).service })
    }
    .boxed()
}

type OpenStore = (Arc<dyn Store>, Option<sqlite::ServeLock>);

/// Opens the database. The serving process also locks it.
pub(super) async fn open_store(
    config: &Config,
    clock: &Arc<dyn Clock>,
    random: &Arc<dyn Random>,
    place: Place,
) -> Result<OpenStore, BuildError> {
    match place {
        Place::Serving => backends::store(config, clock, Arc::clone(random)).await,
        Place::Beside => Ok((backends::store_beside(config, clock, Arc::clone(random)).await?, None)),
    }
}

/// Opens the realms. Only the serving process creates and rewraps keys.
pub(super) async fn open_realms(
    ctx: &Ctx,
    store: &dyn Store,
    config: &Config,
    place: Place,
) -> Result<Realms, BuildError> {
    let (keys, policies) = (&config.store.encryption_keys, parts::policies(config));
    if place == Place::Beside {
        return Ok(Realms::open_beside(ctx, store, keys, policies).await?);
    }
    let realms = Realms::open(ctx, store, keys, policies).await?;
    reseal_signing_keys(ctx, store, keys).await.map_err(BuildError::Keys)?;
    Ok(realms)
}

/// Notes which clients are in the settings. Only the process that serves does.
pub(super) async fn note_clients(service: &Service, ctx: &Ctx, place: Place) -> Result<(), BuildError> {
    match place {
        Place::Serving => service.note_declared_clients(ctx).await.map_err(BuildError::Keys),
        Place::Beside => Ok(()),
    }
}

/// Loads the signing keys of access tokens. Only the serving process creates and removes them.
pub(super) async fn load_keys(service: &Service, ctx: &Ctx, place: Place) -> Result<(), BuildError> {
    let loaded = match place {
        Place::Serving => service.refresh_signing_keys(ctx).await,
        Place::Beside => service.load_signing_keys(ctx).await,
    };
    loaded.map_err(BuildError::Keys)
}
