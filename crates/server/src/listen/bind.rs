//! Opening the listening socket.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::SocketAddr,
};

use tokio::net::TcpListener;

/// Why nothing can listen on an address, and what helps.
#[derive(Debug)]
pub struct BindError {
    address: SocketAddr,
    error: io::Error,
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let help = match self.error.kind() {
            ErrorKind::AddrInUse => "; stop the other program, or choose another port, such as --port 8001",
            ErrorKind::PermissionDenied => "; choose a port of at least 1024, such as --port 8000",
            ErrorKind::AddrNotAvailable => "; set HOST to an address of this machine",
            _ => "",
        };
        write!(f, "cannot listen on {}: {}{help}", self.address, self.error)
    }
}

impl std::error::Error for BindError {}

/// Opens the listening socket.
///
/// # Errors
/// [`BindError`].
pub async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|error| BindError { address, error })
}

/// Opens a listening socket on a port that the system chooses, before there is a runtime. Returns it with its port.
///
/// # Errors
/// [`BindError`].
pub fn bind_any(address: SocketAddr) -> Result<(std::net::TcpListener, u16), BindError> {
    let bound = || {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        Ok((listener, port))
    };
    bound().map_err(|error| BindError { address, error })
}

/// Checks that the socket could be opened. A port that is in use may be that of the running server.
///
/// # Errors
/// [`BindError`].
pub fn check(address: SocketAddr) -> Result<(), BindError> {
    match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() != ErrorKind::AddrInUse => Err(BindError { address, error }),
        _ => Ok(()),
    }
}
