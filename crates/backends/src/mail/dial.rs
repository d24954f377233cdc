//! Connects to a server with several addresses.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{net::TcpStream, task::JoinSet, time::sleep};

/// Time before the next address is tried (RFC 8305 §5 allows up to two seconds).
const HEAD_START: Duration = Duration::from_secs(2);

/// Connects to the first address that responds. The next address is tried when the previous one fails or has not
/// responded for two seconds. Earlier attempts continue in parallel.
///
/// # Errors
/// Returns the last error if all addresses failed.
pub async fn connect_to_first(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let (mut waiting, mut trying) = (addresses.into_iter(), JoinSet::new());
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    loop {
        if let Some(next) = waiting.next() {
            trying.spawn(TcpStream::connect(next));
        }
        let has_more = waiting.len() > 0;
        tokio::select! {
            ended = trying.join_next() => match ended {
                Some(Ok(Ok(stream))) => return Ok(stream),
                Some(Ok(Err(error))) => last = error,
                Some(Err(error)) => last = error.into(),
                None => return Err(last),
            },
            () = sleep(HEAD_START), if has_more => {}
        }
    }
}
