//! The listener: accepts connections, serves them, and shuts down gracefully.

mod bind;
mod connections;
mod exchange;
pub mod files;
mod head_refusal;
mod socket;
mod stream;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use hyper::{
    body::{Body as _, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};

use self::{
    exchange::{AnswerBody, Exchanges, RequestBody},
    socket::Socket,
    stream::ClientStream,
};

pub use self::bind::{BindError, Listener, Sockets, bind, check};
pub use self::connections::{ConnectionLimiter, ConnectionPermit};
use crate::http::{Handler, HttpService, KeepAlive, Peer};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Maximum time from the first byte of a request to the end of its head. For the first request it starts with the
    /// connection.
    pub(crate) head: Duration,
    /// Maximum time from a response to the first byte of the next request.
    pub(crate) idle: Duration,
    /// Maximum time for the client to accept the next part of a response.
    pub(crate) write: Duration,
    /// Time from the stop signal until no new connection is accepted.
    pub(crate) drain: Duration,
    /// Time from then until the remaining requests are aborted.
    pub(crate) grace: Duration,
}

/// Maximum number of connections to the metrics listener.
pub(crate) const METRICS_CONNECTIONS: usize = 64;
/// Maximum number of connections to the listener of administration.
pub(crate) const ADMIN_CONNECTIONS: usize = 256;
/// Maximum number of request header lines.
const MAX_HEADERS: usize = 64;
/// Maximum size of a request head, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Pause after a failed accept, for example when file descriptors are exhausted.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves until `stop` completes, then finishes the requests in progress.
pub(crate) async fn serve(
    listener: Listener,
    handler: Handler,
    timeouts: Timeouts,
    limiter: Arc<ConnectionLimiter>,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => match ConnectionLimiter::take(&limiter, peer.ip()) {
                Some(permit) => spawn(stream, (peer, permit), &handler, timeouts, &graceful),
                // Closed immediately, because queueing would delay the other connections.
                None => tracing::debug!("connection rejected: limit reached"),
            },
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(timeouts.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests aborted at the end of the grace period");
    }
}

fn spawn(
    stream: Socket,
    (peer, permit): (SocketAddr, ConnectionPermit),
    handler: &Handler,
    timeouts: Timeouts,
    graceful: &GracefulShutdown,
) {
    if let Err(error) = stream.set_nodelay() {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let exchanges = Arc::<Exchanges>::default();
    let stream = ClientStream::new(stream, Arc::clone(&exchanges), handler.refuse.clone(), timeouts);
    let service = handler.service.clone();
    let keep_alive = KeepAlive::new(permit);
    let of_connection = keep_alive.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        answer(service.clone(), (peer, of_connection.clone()), Arc::clone(&exchanges), request)
    });
    let connection = http1::Builder::new()
        // Clients may shut down their sending side after the request and still read the response.
        .half_close(true)
        // Disabled, because the stream has its own timeouts. This one would also close idle connections.
        .header_read_timeout(None)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection failed");
        }
        drop(keep_alive);
    });
}

async fn answer(
    service: HttpService,
    (peer, keep_alive): (SocketAddr, KeepAlive),
    exchanges: Arc<Exchanges>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, std::convert::Infallible> {
    let exchange = Exchanges::begin(&exchanges);
    let mut request = request.map(|body| match body.is_end_stream() {
        true => Body::empty(),
        false => Body::new(RequestBody::new(body, exchanges)),
    });
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(keep_alive);
    let response = service(request).await;
    Ok(response.map(|body| AnswerBody { body, _exchange: exchange }))
}
