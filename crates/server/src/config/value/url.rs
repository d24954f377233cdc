//! URLs. An error never quotes the value, which may contain a password.

use std::{fmt, path::PathBuf};

use axum::http::Uri;
use portcullis_core::SecretString;

use super::{
    format::{ValueFormat, items},
    net::is_loopback_host,
};

/// Base URL of the server: `http` or `https`, a host, optionally a port and a path, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: String,
}

impl PublicUrl {
    /// Parses an absolute URL without user, query and fragment.
    ///
    /// # Errors
    /// Returns a description of the expected format.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "must be an absolute URL such as `https://accounts.example.com`".to_owned();
        if text.contains(['?', '#', '@', '\\']) {
            return Err(format!("{}, without user, query or fragment", wrong()));
        }
        let uri: Uri = text.parse().map_err(|_| wrong())?;
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https")).ok_or_else(wrong)?;
        let authority = uri.authority().ok_or_else(wrong)?;
        let port = authority.as_str().strip_prefix(authority.host()).ok_or_else(wrong)?;
        if authority.host().is_empty() || !is_port_suffix(port) {
            return Err(wrong());
        }
        let host = authority.host().to_ascii_lowercase();
        let path = uri.path().trim_end_matches('/');
        Ok(Self { text: format!("{scheme}://{host}{port}{path}"), host })
    }

    /// Returns the URL without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the path without a trailing slash. It is usually empty.
    #[must_use]
    pub fn path(&self) -> &str {
        let behind_scheme = self.text.split_once("://").map_or("", |(_, rest)| rest);
        behind_scheme.find('/').and_then(|slash| behind_scheme.get(slash..)).unwrap_or_default()
    }

    /// Returns the host. An IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns whether clients connect with TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https://")
    }

    /// Returns whether the host is this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback_host(&self.host)
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A web page URL, stored verbatim with path, query and fragment. It is written to pages and emails, so only http and
/// https are accepted, and no password.
pub(crate) const WEB_ADDRESS: ValueFormat<String> = ValueFormat::new("URL", |text| {
    let wrong = || "must be an absolute URL such as `https://app.example.com`, without a user".to_owned();
    let (page, _) = text.split_once('#').unwrap_or((text, ""));
    let uri: Uri = page.parse().map_err(|_| wrong())?;
    let is_web = uri.scheme_str().is_some_and(|scheme| matches!(scheme, "http" | "https"));
    let authority =
        uri.authority().filter(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'));
    let is_plain = !text.contains(|c: char| c.is_whitespace() || "\"'<>\\`".contains(c));
    if is_web && authority.is_some() && is_plain { Ok(text.to_owned()) } else { Err(wrong()) }
})
.meaning(|text| Some(format!("https://{text}")).filter(|_| !text.contains(['@', ':'])))
.like("https://app.example.com");

/// Base URL of links.
pub(crate) const PUBLIC: ValueFormat<PublicUrl> = ValueFormat::new("URL", PublicUrl::parse)
    .meaning(|text| {
        let plain = text.split(['?', '#']).next().filter(|plain| !plain.contains('@'))?;
        Some(if plain.contains("://") { plain.to_owned() } else { format!("https://{plain}") })
    })
    .like("https://accounts.example.com");

/// A host, optionally with port and path. `PUBLIC_URL` is derived from it.
pub(crate) const DOMAIN: ValueFormat<PublicUrl> = ValueFormat::new("HOST", |text| {
    let with = |scheme| PublicUrl::parse(&format!("{scheme}://{text}")).ok().filter(|_| !text.contains("://"));
    let url = with("https").and_then(|url| if url.is_loopback() { with("http") } else { Some(url) });
    url.ok_or_else(|| "must be a host such as `localhost:8000`; for a URL set PUBLIC_URL".to_owned())
})
.meaning(|text| Some(text.split_once("://")?.1.trim_end_matches('/').to_owned()))
.like("localhost:8000");

#[derive(Debug, Clone)]
pub enum Database {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// A MongoDB replica set, as a URL.
    #[cfg(feature = "mongodb")]
    MongoDb(SecretString),
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => path.display().fmt(f),
            // The URL may contain a password.
            #[cfg(feature = "mongodb")]
            Self::MongoDb(_) => f.write_str("the database in MongoDB"),
        }
    }
}

/// Format of `DATABASE_URL`.
pub(crate) const DATABASE: ValueFormat<Database> = ValueFormat::new("URL", |text| {
    if text.starts_with("mongodb") {
        return (MONGODB.read)(text);
    }
    let path = text.strip_prefix("sqlite://").filter(|path| !path.is_empty() && !path.ends_with('/'));
    let path = path.filter(|path| !path.contains(['?', '#']));
    let path = path.ok_or_else(|| {
        "must be `sqlite://PATH` (a file, with `?` as `%3F` and `#` as `%23`) or `mongodb://HOST/DATABASE`".to_owned()
    })?;
    Ok(Database::Sqlite(path.replace("%3F", "?").replace("%23", "#").replace("%25", "%").into()))
})
.like("sqlite://data/portcullis.db");

/// URL of an external service: `https`, or `http` on loopback.
pub(crate) const API_URL: ValueFormat<String> = ValueFormat::new("URL", |text| {
    let url = PublicUrl::parse(text)?;
    if url.is_https() || url.is_loopback() {
        Ok(url.as_str().to_owned())
    } else {
        Err("must be https, or http to loopback".to_owned())
    }
});

/// Issuer or base URL of a provider, stored verbatim. Issuers are compared byte by byte, including a trailing slash.
pub(crate) const ISSUER: ValueFormat<String> =
    ValueFormat::new("URL", |text| PublicUrl::parse(text).map(|_| text.to_owned())).like("https://login.example.com");

/// Web origins as sent by browsers, or `*`.
pub(crate) const ORIGINS: ValueFormat<Vec<String>> =
    ValueFormat::new("ORIGINS", |text| items(text).map(read_origin).collect())
        .meaning(|text| {
            let origins = items(text).filter_map(|origin| {
                let (scheme, rest) = origin.split_once("://")?;
                read_origin(&format!("{scheme}://{}", rest.split('/').next()?)).ok()
            });
            Some(origins.collect::<Vec<_>>().join(",")).filter(|origins| !origins.is_empty())
        })
        .like("https://app.example.com");

/// Normalizes an origin to the format sent by browsers, because origins are compared byte by byte.
fn read_origin(text: &str) -> Result<String, String> {
    if text == "*" {
        return Ok(text.to_owned());
    }
    if text == "null" {
        return Err("cannot contain `null`: any sandboxed frame sends this origin".to_owned());
    }
    let wrong = || "must be origins separated by commas, such as `https://app.example.com`".to_owned();
    let url = PublicUrl::parse(text).map_err(|_| wrong())?;
    // Browsers never send wildcards, so such an entry would never match.
    if url.host().contains('*') {
        return Err("cannot contain `*` in a host: list each origin, or use `*` alone for all".to_owned());
    }
    let (scheme, rest) = url.as_str().split_once("://").ok_or_else(wrong)?;
    let behind = text.split_once("://").map_or("", |(_, behind)| behind);
    if behind.contains('/') {
        let origin = rest.split('/').next().unwrap_or_default();
        return Err(format!(
            "must be origins, which end after the host or port: `{scheme}://{origin}`, without a slash"
        ));
    }
    let port = rest.strip_prefix(url.host()).and_then(|port| port.strip_prefix(':')?.parse::<u16>().ok());
    let port = port.filter(|port| *port != if scheme == "https" { 443 } else { 80 });
    Ok(format!("{scheme}://{}{}", url.host(), port.map(|port| format!(":{port}")).unwrap_or_default()))
}

/// Passkey domain: a name without scheme and port. IP addresses are not allowed (WebAuthn Level 3 §5.1.2).
pub(crate) const RP_ID: ValueFormat<String> = ValueFormat::new("DOMAIN", |text| {
    let wrong = || "must be a domain such as `example.com`, without scheme and port, and not an IP address".to_owned();
    let url = PublicUrl::parse(&format!("https://{text}")).map_err(|_| wrong())?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    let is_name = url.host() == text.to_ascii_lowercase() && text.bytes().all(is_plain);
    let is_number = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    if is_name && !is_number { Ok(url.host().to_owned()) } else { Err(wrong()) }
})
.meaning(|text| Some(text.split_once("://")?.1.split(['/', ':']).next()?.to_owned()))
.like("example.com");

/// MongoDB replica set URL.
pub(crate) const MONGODB: ValueFormat<Database> = ValueFormat::new("URL", |text| {
    starts_with(text, &["mongodb://", "mongodb+srv://"])?;
    let (_, hosts) = authority(text).unwrap_or_default();
    if hosts.is_empty() {
        return Err("has no host: it must have the form `mongodb://HOST/DATABASE`".to_owned());
    }
    if text.contains('@') && !are_hosts(hosts) {
        let how = "`/` as `%2F`, `?` as `%3F`, `#` as `%23`, `@` as `%40`, `:` as `%3A` and `%` as `%25`";
        return Err(format!("has a user name or password that is not percent-encoded: write {how} in it"));
    }
    #[cfg(feature = "mongodb")]
    return Ok(Database::MongoDb(text.into()));
    #[cfg(not(feature = "mongodb"))]
    Err("requires MongoDB, which this build does not include: use `sqlite://PATH`".to_owned())
})
.like("mongodb://localhost:27017/auth");

/// Returns the user, if any, and the hosts of a URL.
pub(crate) fn authority(url: &str) -> Option<(Option<&str>, &str)> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    // A password may contain an unescaped `@`, although it should not.
    Some(authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts)))
}

/// Returns whether a list has the format `host:port,host:port`.
pub(crate) fn are_hosts(hosts: &str) -> bool {
    hosts.split(',').all(|host| {
        let port = host.rsplit_once(']').map_or(host, |(_, port)| port);
        port.split_once(':').is_none_or(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// URL of a Redis server, of its socket, or of the Sentinels that monitor the server.
pub(crate) const REDIS: ValueFormat<SecretString> = ValueFormat::new("URL", |text| {
    starts_with(text, &["redis://", "rediss://", "unix://", "redis-sentinel://", "rediss-sentinel://"])?;
    let (_, hosts) = authority(text).unwrap_or_default();
    if hosts.is_empty() && !text.starts_with("unix://") {
        return Err("has no host: it must have the form `redis://HOST:PORT/DATABASE`".to_owned());
    }
    if text.contains('#') || text.contains('@') && !are_hosts(hosts) {
        let how = "`/` as `%2F`, `?` as `%3F`, `#` as `%23`, `@` as `%40`, `:` as `%3A` and `%` as `%25`";
        return Err(format!("has a user name or password that is not percent-encoded: write {how} in it"));
    }
    if cfg!(feature = "redis") {
        Ok(text.into())
    } else {
        Err("requires Redis, which this build does not include: remove it, or use a build with Redis".to_owned())
    }
})
.like(if cfg!(feature = "redis") { "redis://localhost:6379" } else { "" });

fn starts_with(text: &str, schemes: &[&str]) -> Result<(), String> {
    if schemes.iter().any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)) {
        Ok(())
    } else {
        Err(format!("must start with `{}`", schemes.join("` or `")))
    }
}

fn is_port_suffix(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}
