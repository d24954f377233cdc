//! Listeners beside the one of the service: metrics and administration.

use std::{io, net::SocketAddr};

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use super::{BuildError, beside::Place, templates};
use crate::{
    config::{Config, ListenOn},
    listen::Listener,
    metrics,
};

/// The bound metrics listener and its recorder.
pub(super) type Measured = (TcpListener, &'static PrometheusHandle);

/// Opens the listener of metrics in a process that serves, if there is one.
///
/// # Errors
/// Returns [`BuildError`] if the address cannot be bound or the recorder cannot be installed.
pub(super) fn metrics(config: &Config, place: Place) -> Result<Option<Measured>, BuildError> {
    config.http.metrics_listen.filter(|_| place == Place::Serving).map(measure).transpose()
}

/// Opens the listener of administration in a process that serves, if there is one. Otherwise, warns of pages that could act
/// as an administrator.
///
/// # Errors
/// Returns [`BuildError`] if the address cannot be bound.
pub(super) fn admin(config: &Config, place: Place) -> Result<Option<Listener>, BuildError> {
    let is_served = config.admin.is_on && place == Place::Serving;
    if is_served {
        templates::warn_of_pages(config);
    }
    let open = |on: &ListenOn| {
        let listener = Listener::open(on).map_err(|error| BuildError::AdminListener(on.clone(), error.into()))?;
        tracing::info!(listen = %on, "administration on its own listener");
        Ok(listener)
    };
    config.admin.listen.as_ref().filter(|_| is_served).map(open).transpose()
}

/// Binds the metrics listener and starts the recorder.
fn measure(address: SocketAddr) -> Result<Measured, BuildError> {
    let failed = |error: io::Error| BuildError::Metrics(address, error.into());
    let listener = std::net::TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let handle = metrics::install().map_err(|error| BuildError::Metrics(address, error.into()))?;
    Ok((TcpListener::from_std(listener).map_err(failed)?, handle))
}
