//! The byte stream of one connection. It has separate timeouts for the headers of a request and for an idle connection,
//! which the HTTP library does not distinguish.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf, Bytes};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep_until},
};
use tokio_io_timeout::TimeoutStream;

use super::{Timeouts, exchange::Exchanges, head_refusal, socket::Socket};
use crate::http::RefuseHead;

/// Maximum time for reading and discarding the rest of an unread request. If a socket is closed with unread bytes, it
/// is reset, and the client may lose the response.
const LINGER: Duration = Duration::from_secs(2);
/// Maximum number of bytes of an unread request to discard.
const MAX_LINGER: usize = 16 * 1024 * 1024;

/// State of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Waiting for the first byte of the next request.
    Idle,
    /// Reading a request head, or waiting for the first request of a new connection.
    Head,
    /// Sending the response. The request body has its own timeout.
    Answer,
    /// Reading and discarding the rest of a request.
    Linger,
}

/// A connection whose reads time out while it is idle or while a request head is read.
pub(super) struct ClientStream {
    stream: Pin<Box<TimeoutStream<Socket>>>,
    exchanges: Arc<Exchanges>,
    refuse: Option<RefuseHead>,
    timeouts: Timeouts,
    phase: Phase,
    /// Number of requests seen so far.
    seen: u64,
    /// End of the phase.
    deadline: Instant,
    /// Wakes the connection no later than the deadline. Resetting the timer takes a lock, so it is only reset if it
    /// would fire too late.
    timer: Pin<Box<Sleep>>,
    /// Rest of a response that replaces the HTTP library's.
    answer: Option<Bytes>,
    lingered: usize,
}

impl ClientStream {
    pub(super) fn new(
        stream: Socket,
        exchanges: Arc<Exchanges>,
        refuse: Option<RefuseHead>,
        timeouts: Timeouts,
    ) -> Self {
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(timeouts.write));
        let deadline = Instant::now() + timeouts.head;
        let timer = Box::pin(sleep_until(deadline));
        let (phase, seen, answer, lingered) = (Phase::Head, 0, None, 0);
        Self { stream, exchanges, refuse, timeouts, phase, seen, deadline, timer, answer, lingered }
    }

    fn enter(&mut self, phase: Phase, limit: Duration) {
        self.phase = phase;
        self.deadline = Instant::now() + limit;
    }

    /// Waits for the end of the phase.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() > self.deadline {
            self.timer.as_mut().reset(self.deadline);
        }
        loop {
            ready!(self.timer.as_mut().poll(context));
            if self.timer.deadline() >= self.deadline {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(self.deadline);
        }
    }

    /// Updates the phase according to the service's progress since the last read.
    fn follow(&mut self) {
        let begun = self.exchanges.begun();
        if begun != self.seen {
            self.seen = begun;
            self.phase = Phase::Answer;
        }
        if self.phase == Phase::Answer && self.exchanges.is_idle() {
            self.enter(Phase::Idle, self.timeouts.idle);
        }
    }

    /// Ends a read that takes too long. An idle connection ends as if the client had closed it.
    fn poll_deadline(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.phase == Phase::Answer {
            return Poll::Pending;
        }
        ready!(self.poll_timer(context));
        Poll::Ready(if self.phase == Phase::Idle { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) })
    }

    /// Writes the rest of the response that replaces the HTTP library's, if there is one.
    fn poll_replaced(&mut self, context: &mut Context<'_>, given: &[u8]) -> Poll<Option<io::Result<usize>>> {
        if self.answer.is_none() {
            self.answer = self.refuse.as_ref().and_then(|refuse| head_refusal::replace(given, refuse));
        }
        let Some(answer) = &mut self.answer else { return Poll::Ready(None) };
        while answer.has_remaining() {
            match ready!(self.stream.as_mut().poll_write(context, answer)) {
                Ok(0) => return Poll::Ready(Some(Err(io::ErrorKind::WriteZero.into()))),
                Ok(written) => answer.advance(written),
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        self.answer = None;
        self.exchanges.set_unread();
        Poll::Ready(Some(Ok(given.len())))
    }

    /// Reads and discards the rest of an unread request.
    fn poll_linger(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.phase != Phase::Linger {
            self.enter(Phase::Linger, LINGER);
        }
        let mut scratch = [0; 4096];
        while self.lingered < MAX_LINGER {
            let mut buffer = ReadBuf::new(&mut scratch);
            match self.stream.as_mut().poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => self.lingered += buffer.filled().len(),
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return self.poll_timer(context),
            }
        }
        Poll::Ready(())
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.follow();
        let before = buffer.filled().len();
        match self.stream.as_mut().poll_read(context, buffer) {
            Poll::Pending => self.poll_deadline(context),
            done => {
                if self.phase == Phase::Idle && buffer.filled().len() > before {
                    let limit = self.timeouts.head;
                    self.enter(Phase::Head, limit);
                }
                done
            }
        }
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(written) = ready!(self.poll_replaced(context, bytes)) {
            return Poll::Ready(written);
        }
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if let [head] = parts
            && let Some(written) = ready!(self.poll_replaced(context, head))
        {
            return Poll::Ready(written);
        }
        self.stream.as_mut().poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.phase != Phase::Linger {
            ready!(self.stream.as_mut().poll_shutdown(context))?;
        }
        if self.exchanges.has_unread() {
            ready!(self.poll_linger(context));
        }
        Poll::Ready(Ok(()))
    }
}
