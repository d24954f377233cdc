//! Opens the listening sockets.

use std::{
    fmt,
    io::{self, ErrorKind},
    net::SocketAddr,
};

use rustix::io::Errno;
use tokio::net::TcpListener;

use super::socket::{Socket, UnixSocket};
use crate::config::ListenOn;

/// Number of ports to try if a system-chosen port must be free on two addresses.
const PORTS_TRIED: usize = 16;

/// Reason why an address cannot be listened on, with a suggestion.
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

/// One or two listening sockets.
#[derive(Debug)]
pub struct Listener(Listening);

#[derive(Debug)]
enum Listening {
    Tcp { first: TcpListener, also: Option<TcpListener> },
    Unix(UnixSocket),
}

impl From<TcpListener> for Listener {
    fn from(first: TcpListener) -> Self {
        Self(Listening::Tcp { first, also: None })
    }
}

impl Listener {
    /// Creates the listener from sockets that were opened before the runtime was started.
    ///
    /// # Errors
    /// Returns the I/O error if the sockets cannot be registered.
    pub fn from_std(sockets: Sockets) -> io::Result<Self> {
        let also = sockets.also.map(TcpListener::from_std).transpose()?;
        Ok(Self(Listening::Tcp { first: TcpListener::from_std(sockets.first)?, also }))
    }

    /// Opens a listener in a running runtime.
    ///
    /// # Errors
    /// Returns the I/O error if the address or the path cannot be listened on.
    pub(crate) fn open(on: &ListenOn) -> io::Result<Self> {
        match on {
            ListenOn::Unix(path) => Ok(Self(Listening::Unix(UnixSocket::bind(path)?))),
            ListenOn::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                Ok(TcpListener::from_std(listener)?.into())
            }
        }
    }

    /// Returns the address of the first socket.
    ///
    /// # Errors
    /// Returns the I/O error if the address cannot be read, and `Unsupported` for a Unix socket.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.0 {
            Listening::Tcp { first, .. } => first.local_addr(),
            Listening::Unix(_) => Err(ErrorKind::Unsupported.into()),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        let (stream, peer) = match &self.0 {
            Listening::Tcp { first, also: Some(also) } => tokio::select! {
                accepted = first.accept() => accepted?,
                accepted = also.accept() => accepted?,
            },
            Listening::Tcp { first, also: None } => first.accept().await?,
            Listening::Unix(socket) => return socket.accept().await,
        };
        Ok((Socket::Tcp(stream), peer))
    }
}

/// Listening sockets that are not yet registered with a runtime.
#[derive(Debug)]
pub struct Sockets {
    first: std::net::TcpListener,
    also: Option<std::net::TcpListener>,
}

impl Sockets {
    /// Returns the port that the sockets listen on.
    ///
    /// # Errors
    /// Returns the I/O error if the address cannot be read.
    pub fn port(&self) -> io::Result<u16> {
        Ok(self.first.local_addr()?.port())
    }
}

/// Opens the listening sockets before the runtime is started. `also` is skipped if the system does not have this
/// address. With port 0, the operating system chooses one port for both.
///
/// # Errors
/// Returns [`BindError`] if an address cannot be listened on.
pub fn bind(address: SocketAddr, also: Option<SocketAddr>) -> Result<Sockets, BindError> {
    let mut tried = 0;
    loop {
        tried += 1;
        match bind_both(address, also) {
            Err(BindError { error, .. })
                if address.port() == 0 && tried < PORTS_TRIED && error.kind() == ErrorKind::AddrInUse => {}
            bound => return bound,
        }
    }
}

fn bind_both(address: SocketAddr, also: Option<SocketAddr>) -> Result<Sockets, BindError> {
    let first = open(address)?;
    let port = first.local_addr().map_err(|error| BindError { address, error })?.port();
    let also = also.map(|also| SocketAddr::new(also.ip(), port));
    let also = match also.map(open) {
        Some(Err(BindError { error, .. })) if is_absent(&error) => None,
        opened => opened.transpose()?,
    };
    Ok(Sockets { first, also })
}

fn open(address: SocketAddr) -> Result<std::net::TcpListener, BindError> {
    let opened = std::net::TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    opened.map_err(|error| BindError { address, error })
}

/// Returns whether the system lacks this address or its address family.
fn is_absent(error: &io::Error) -> bool {
    let reason = error.raw_os_error().map(Errno::from_raw_os_error);
    reason.is_some_and(|reason| [Errno::ADDRNOTAVAIL, Errno::AFNOSUPPORT].contains(&reason))
}

/// Checks whether the socket could be opened. A port in use is accepted, because it may belong to the running server.
///
/// # Errors
/// Returns [`BindError`] if the address cannot be listened on.
pub fn check(address: SocketAddr) -> Result<(), BindError> {
    match std::net::TcpListener::bind(address) {
        Err(error) if error.kind() != ErrorKind::AddrInUse => Err(BindError { address, error }),
        _ => Ok(()),
    }
}
