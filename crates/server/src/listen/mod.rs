//! The listening socket: accepts connections, serves them, and stops without cutting off requests.

mod bind;
mod connections;
mod exchange;
pub mod files;
mod head_refusal;
mod stream;

use std::{future::Future, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown};
use tokio::net::TcpStream;
use tower::ServiceExt;

use self::{
    exchange::{AnswerBody, Exchanges, RequestBody},
    stream::ClientStream,
};

pub use self::bind::{BindError, Listener, Sockets, bind, check};
pub use self::connections::{ConnectionLimiter, ConnectionPermit};
use crate::http::{Handler, HttpService, KeepAlive, Peer};

/// Time limits of connections.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timeouts {
    /// Time from the first byte to the end of a request's head. For the first request of a connection it begins with that.
    pub(crate) head: Duration,
    /// Time from an answer to the first byte of the next request.
    pub(crate) idle: Duration,
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
    handler: &Handler,
    timeouts: Timeouts,
    graceful: &GracefulShutdown,
) {
    // An answer is one small write, which Nagle's algorithm would only delay.
    if let Err(error) = stream.set_nodelay(true) {
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
        // A client may close its side after its request and still wait for the answer.
        .half_close(true)
        // The stream has time limits of its own: this one would also close connections that are only idle.
        .header_read_timeout(None)
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
    exchanges: Arc<Exchanges>,
    request: Request<Incoming>,
) -> Result<Response<AnswerBody>, std::convert::Infallible> {
    let exchange = Exchanges::begin(&exchanges);
    let mut request = request.map(|body| Body::new(RequestBody::new(body, exchanges)));
    request.extensions_mut().insert(Peer(peer));
    request.extensions_mut().insert(keep_alive);
    let response = service.oneshot(request).await?;
    Ok(response.map(|body| AnswerBody { body, _exchange: exchange }))
}
