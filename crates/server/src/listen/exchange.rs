//! Tracks the requests and responses of one connection for its stream.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

/// Counts the requests and completed responses of a connection.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    begun: AtomicU64,
    ended: AtomicU64,
    /// Whether a request was answered before its body was read completely.
    has_unread: AtomicBool,
}

/// One request, until its response is complete.
#[derive(Debug)]
pub(super) struct Exchange(Arc<Exchanges>);

impl Exchanges {
    pub(super) fn begin(exchanges: &Arc<Self>) -> Exchange {
        exchanges.begun.fetch_add(1, Ordering::AcqRel);
        Exchange(Arc::clone(exchanges))
    }

    pub(super) fn begun(&self) -> u64 {
        self.begun.load(Ordering::Acquire)
    }

    /// Returns whether no response is pending.
    pub(super) fn is_idle(&self) -> bool {
        self.ended.load(Ordering::Acquire) == self.begun()
    }

    pub(super) fn set_unread(&self) {
        self.has_unread.store(true, Ordering::Release);
    }

    pub(super) fn has_unread(&self) -> bool {
        self.has_unread.load(Ordering::Acquire)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::AcqRel);
    }
}

/// Request body. If it is dropped before its end, it was not read completely.
pub(super) struct RequestBody {
    body: Incoming,
    has_ended: bool,
    exchanges: Arc<Exchanges>,
}

impl RequestBody {
    pub(super) fn new(body: Incoming, exchanges: Arc<Exchanges>) -> Self {
        Self { body, has_ended: false, exchanges }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        self.has_ended |= matches!(polled, Poll::Ready(None | Some(Err(_))));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        if !self.has_ended && !self.body.is_end_stream() {
            self.exchanges.set_unread();
        }
    }
}

/// Response body. The exchange ends when its last frame is taken.
pub(super) struct AnswerBody {
    pub(super) body: Body,
    pub(super) _exchange: Exchange,
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
