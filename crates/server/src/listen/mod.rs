//! The listening socket: accepts connections, serves them, and stops without cutting off requests.

mod connections;
pub mod files;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{body::Body, http::Request, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower::ServiceExt;

pub use self::connections::{ConnectionLimiter, ConnectionPermit};
use crate::http::{HttpService, KeepAlive, Peer};

/// Time limits of connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Time from the first byte to the end of a request's head.
    pub(crate) head: Duration,
    /// Time until the client takes the next part of an answer.
    pub(crate) write: Duration,
    /// Time from the call to stop until the remaining requests are cut off.
    pub(crate) grace: Duration,
}

/// Connections to the listener of the metrics.
pub(crate) const METRICS_CONNECTIONS: usize = 64;
/// Largest number of header lines of a request.
const MAX_HEADERS: usize = 64;
/// Largest head of a request, in bytes.
const MAX_HEAD: usize = 32 * 1024;
/// Pause after a failed accept, for instance when no file descriptors are left.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Serves until `stop` is ready, then completes the requests that have begun.
pub(crate) async fn serve(
    listener: TcpListener,
    service: HttpService,
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
                Some(permit) => spawn(stream, (peer, permit), &service, timeouts, &graceful),
                // Closed at once: a queue would delay the others.
                None => tracing::debug!("a connection more than there is room for"),
            },
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(timeouts.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests took too long to end and were cut off");
    }
}

fn spawn(
    stream: TcpStream,
    (peer, permit): (SocketAddr, ConnectionPermit),
    service: &HttpService,
    timeouts: Timeouts,
    graceful: &GracefulShutdown,
) {
    // An answer is one small write, which Nagle's algorithm would only delay.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let mut stream = Box::pin(TimeoutStream::new(stream));
    stream.as_mut().set_write_timeout_pinned(Some(timeouts.write));
    let service = service.clone();
    let keep_alive = KeepAlive::new(permit);
    let of_connection = keep_alive.clone();
    let service =
        service_fn(move |request: Request<Incoming>| answer(service.clone(), (peer, of_connection.clone()), request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(timeouts.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "connection ended badly");
        }
        drop(keep_alive);
    });
}

async fn answer(
    service: HttpService,
    (peer, keep_alive): (SocketAddr, KeepAlive),
    request: Request<Incoming>,
) -> Result<Response, std::convert::Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(keep_alive);
    service.oneshot(request).await
}
