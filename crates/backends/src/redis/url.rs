//! Redis addresses: a server, or the Sentinels that know the current primary.

use std::time::Duration;

use portcullis_core::{ExposeSecret, SecretString};
use redis::{
    Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisConnectionInfo, TlsCertificates,
    io::tcp::TcpSettings,
};

/// Default port of a Sentinel.
const SENTINEL_PORT: u16 = 26379;
/// Name of the program in Redis's list of clients.
const NAME: &str = "portcullis";

/// Address and time limit of Redis.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `redis://`, `rediss://`, `unix://`, `redis-sentinel://` or `rediss-sentinel://`. It may contain a password.
    pub url: SecretString,
    /// Root certificates in PEM, used instead of the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Prefix of all keys and of the channel.
    pub prefix: String,
    /// Timeout of a command.
    pub timeout: Duration,
}

/// Reason why the settings cannot be used. The address is never included, because it may contain a password.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error(
        "REDIS_URL cannot be read: write redis://USER:PASSWORD@HOST:PORT/DATABASE, rediss:// for TLS, unix:///PATH?db=DATABASE or \
         redis-sentinel://HOST:PORT,HOST:PORT/DATABASE?name=NAME, with `/` in a password as %2F, `#` as %23, `@` as %40"
    )]
    Url,
    #[error("REDIS_URL lists Sentinels without a service name: append ?name=NAME")]
    NoName,
    #[error("REDIS_CA_FILE has no usable certificate")]
    Certificates,
}

/// Target of a connection.
#[derive(Debug, Clone)]
pub(super) enum Route {
    Server(Client),
    Sentinels {
        sentinels: Vec<Client>,
        /// Name of the group of servers.
        name: String,
        /// Connection settings of the server, except its address.
        server: Box<Server>,
    },
}

/// Connection settings of a server whose address Sentinels report.
#[derive(Debug, Clone)]
pub(super) struct Server {
    is_tls: bool,
    login: RedisConnectionInfo,
    ca_pem: Option<Vec<u8>>,
}

/// Checks the settings without connecting to Redis.
///
/// # Errors
/// Returns [`SettingsError`] if the settings are invalid.
pub fn check(settings: &Settings) -> Result<(), SettingsError> {
    Route::parse(settings).map(drop)
}

impl Route {
    pub(super) fn parse(settings: &Settings) -> Result<Self, SettingsError> {
        let url = settings.url.expose_secret();
        // A fragment would disable certificate verification, or be part of a password.
        if url.contains('#') {
            return Err(SettingsError::Url);
        }
        let ca_pem = settings.ca_pem.as_deref();
        if let Some(rest) = url.strip_prefix("redis-sentinel://") {
            return sentinels(rest, false, ca_pem);
        }
        if let Some(rest) = url.strip_prefix("rediss-sentinel://") {
            return sentinels(rest, true, ca_pem);
        }
        let info = url.into_connection_info().map_err(|_| SettingsError::Url)?;
        let login = with_protocol(info.redis_settings().clone());
        client(info.set_redis_settings(login), ca_pem).map(Self::Server)
    }
}

impl Server {
    /// Returns the client of the server at this address.
    pub(super) fn at(&self, host: &str, port: u16) -> Result<Client, SettingsError> {
        let info = info(host, port, self.is_tls)?.set_redis_settings(self.login.clone());
        client(info, self.ca_pem.as_deref())
    }
}

/// Parses `USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?name=NAME`. User and password apply to servers and Sentinels.
fn sentinels(rest: &str, is_tls: bool, ca_pem: Option<&[u8]>) -> Result<Route, SettingsError> {
    let (authority, behind) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, hosts) = authority.rsplit_once('@').map_or(("", authority), |(user, hosts)| (user, hosts));
    let (first, _) = hosts.split_once(',').unwrap_or((hosts, ""));
    let at = if user.is_empty() { String::new() } else { format!("{user}@") };
    // The library parses user, password and database from the address of a single server.
    let (path, query) = behind.split_once('?').unwrap_or((behind, ""));
    let one = format!("redis://{at}{first}/{path}").into_connection_info().map_err(|_| SettingsError::Url)?;
    let name = query.split('&').find_map(|option| option.strip_prefix("name=")).filter(|name| !name.is_empty());
    let name = name.ok_or(SettingsError::NoName)?.to_owned();
    let login = with_protocol(one.redis_settings().clone());
    let of_sentinel = login.clone().set_db(0);
    let sentinels = hosts.split(',').map(|address| {
        let (host, port) = host_and_port(address).ok_or(SettingsError::Url)?;
        client(info(host, port, is_tls)?.set_redis_settings(of_sentinel.clone()), ca_pem)
    });
    let sentinels = sentinels.collect::<Result<_, _>>()?;
    let server = Box::new(Server { is_tls, login, ca_pem: ca_pem.map(<[u8]>::to_vec) });
    Ok(Route::Sentinels { sentinels, name, server })
}

fn host_and_port(address: &str) -> Option<(&str, u16)> {
    let (host, port) = match address.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port.parse().ok()?),
        _ => (address, SENTINEL_PORT),
    };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    (!host.is_empty()).then_some((host, port))
}

fn info(host: &str, port: u16, is_tls: bool) -> Result<ConnectionInfo, SettingsError> {
    let host = host.to_owned();
    let address = if is_tls {
        ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
    } else {
        ConnectionAddr::Tcp(host, port)
    };
    address.into_connection_info().map_err(|_| SettingsError::Url)
}

/// Enables protocol 3, which Redis supports since 6.0, so that subscribers receive messages on the same connection.
fn with_protocol(login: RedisConnectionInfo) -> RedisConnectionInfo {
    login.set_protocol(ProtocolVersion::RESP3).set_lib_name(NAME, env!("CARGO_PKG_VERSION"))
}

fn client(info: ConnectionInfo, ca_pem: Option<&[u8]>) -> Result<Client, SettingsError> {
    // Commands are small and await their responses, so Nagle's algorithm would only delay them.
    let info = info.set_tcp_settings(TcpSettings::default().set_nodelay(true));
    match (info.addr(), ca_pem) {
        (ConnectionAddr::TcpTls { .. }, Some(pem)) => {
            let certificates = TlsCertificates { client_tls: None, root_cert: Some(pem.to_vec()) };
            Client::build_with_tls(info, certificates).map_err(|_| SettingsError::Certificates)
        }
        _ => Client::open(info).map_err(|_| SettingsError::Url),
    }
}
