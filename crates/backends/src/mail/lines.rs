//! A connection that is read line by line.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// Maximum number of bytes searched for a line ending at a time. A longer line is returned in parts.
const WINDOW: usize = 512;

/// A connection that returns at most one line per read.
///
/// An attacker on the network could append replies after the server's last unencrypted one (STARTTLS injection). If
/// they were read ahead, they would be treated as replies received over TLS, or silently dropped. Here they remain in
/// the socket and make the TLS handshake fail.
#[derive(Debug)]
pub(super) struct Lines(pub(super) TcpStream);

impl AsyncRead for Lines {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut window = [0; WINDOW];
        let mut ahead = ReadBuf::new(&mut window);
        ready!(self.0.poll_peek(cx, &mut ahead))?;
        let ahead = ahead.filled();
        let line = ahead.iter().position(|&byte| byte == b'\n').map_or(ahead.len(), |end| end + 1);
        // At the end of the stream there is no data. Reading one byte reports it.
        let wanted = line.max(1).min(buf.remaining());
        let mut piece = ReadBuf::new(buf.initialize_unfilled_to(wanted));
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut piece))?;
        let read = piece.filled().len();
        buf.advance(read);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Lines {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
