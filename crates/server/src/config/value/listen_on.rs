use std::{fmt, net::SocketAddr, path::PathBuf};

use super::format::ValueFormat;

/// Maximum length of the path of a Unix socket, which the system limits to 108 bytes with the end of the string.
const MAX_PATH: usize = 107;

/// Where a listener is: an address and a port, or a Unix socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListenOn {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl fmt::Display for ListenOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl ListenOn {
    /// Returns the address, unless the listener is a Unix socket.
    pub(crate) const fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(address) => Some(*address),
            Self::Unix(_) => None,
        }
    }
}

/// An IP address and a port, or `unix:` and the path of a socket.
pub(crate) const LISTEN_ON: ValueFormat<ListenOn> = ValueFormat::new("ADDRESS:PORT|unix:PATH", |text| {
    let Some(path) = text.strip_prefix("unix:") else {
        let parsed = text.parse().map(ListenOn::Tcp);
        return parsed.map_err(|_| {
            "must be an IP address and a port such as `127.0.0.1:9000`, or `unix:` and an absolute path".to_owned()
        });
    };
    match path.starts_with('/') && path.len() <= MAX_PATH {
        true => Ok(ListenOn::Unix(path.into())),
        false => Err(format!("must be `unix:` and an absolute path of at most {MAX_PATH} bytes")),
    }
})
.like("127.0.0.1:9000");
