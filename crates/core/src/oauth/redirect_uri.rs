//! Redirect URIs. They are parsed once at registration and compared as strings. A URI library would normalise them,
//! so that two spellings would match. Instead, this module rejects every URI that a browser could interpret
//! differently from the server.

use data_encoding::HEXUPPER_PERMISSIVE;

/// Maximum length in bytes.
const MAX_LENGTH: usize = 2048;

/// Parameters of the response to a client. A URI that already contains one of them would make its value ambiguous.
const RESERVED: [&str; 7] = ["code", "state", "iss", "error", "error_description", "error_uri", "response"];

/// Hosts that are this machine. Other spellings are rejected.
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// URI of a client that receives the response of `authorize`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    kind: RedirectKind,
    /// End of the host. The port, if any, starts here.
    host_end: usize,
}

/// Kind of a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    Https,
    /// `http` on the user's machine: a native application, or development.
    Loopback,
    /// Private-use scheme of an application, such as `com.example.app:/callback`.
    Private,
}

/// Reason why a redirect URI is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRedirectUri {
    #[error("it is empty or longer than 2,048 bytes")]
    Length,
    #[error("it has a space, a control character, a backslash, a wildcard, a fragment or a character outside of ASCII")]
    Character,
    #[error("it has `..` or an escape that hides a character")]
    Escape,
    #[error(
        "the scheme is neither https nor a private one with a dot, and http is for 127.0.0.1, [::1] and localhost only"
    )]
    Scheme,
    #[error("the host or port is malformed, or there is a user name")]
    Host,
    #[error(
        "it has a parameter that the response would add: code, state, iss, error, error_description, error_uri or response"
    )]
    Parameter,
}

impl RedirectUri {
    /// Parses a URI.
    ///
    /// # Errors
    /// Returns [`BadRedirectUri`] with the reason.
    pub fn parse(text: &str) -> Result<Self, BadRedirectUri> {
        if !(1..=MAX_LENGTH).contains(&text.len()) {
            return Err(BadRedirectUri::Length);
        }
        if !text.bytes().all(is_allowed) {
            return Err(BadRedirectUri::Character);
        }
        check_escapes(text)?;
        let (scheme, rest) = text.split_once(':').ok_or(BadRedirectUri::Scheme)?;
        let (kind, authority) = match (scheme, rest.strip_prefix("//")) {
            ("https", Some(after)) => (RedirectKind::Https, after),
            ("http", Some(after)) => (RedirectKind::Loopback, after),
            _ if is_private(scheme) && rest.starts_with('/') && rest.len() > 1 => {
                (RedirectKind::Private, rest.trim_start_matches('/'))
            }
            _ => return Err(BadRedirectUri::Scheme),
        };
        let end = authority.find(['/', '?']).unwrap_or(authority.len());
        let authority = authority.get(..end).unwrap_or_default();
        let host = check_authority(authority, kind)?;
        if kind == RedirectKind::Loopback && !LOOPBACK.contains(&host) {
            return Err(BadRedirectUri::Scheme);
        }
        check_parameters(text)?;
        let host_end = match kind {
            RedirectKind::Private => scheme.len(),
            RedirectKind::Https | RedirectKind::Loopback => scheme.len() + "://".len() + host.len(),
        };
        Ok(Self { text: text.to_owned(), kind, host_end })
    }

    /// Returns the URI as registered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> RedirectKind {
        self.kind
    }

    /// Returns whether a requested URI matches: the same string, or with `any_port` a loopback host with another port
    /// (RFC 8252 §7.3).
    #[must_use]
    pub fn admits(&self, requested: &str, any_port: bool) -> bool {
        if self.text == requested {
            return true;
        }
        if !any_port || self.kind != RedirectKind::Loopback {
            return false;
        }
        Self::parse(requested).is_ok_and(|requested| {
            requested.kind == RedirectKind::Loopback && self.without_port() == requested.without_port()
        })
    }

    /// Returns the parts before and after the port.
    fn without_port(&self) -> (&str, &str) {
        let (before, after) = self.text.split_at_checked(self.host_end).unwrap_or((&self.text, ""));
        let port = after.find(['/', '?']).unwrap_or(after.len());
        (before, after.get(port..).unwrap_or_default())
    }

    /// Returns the host for display, or the scheme if it is private.
    #[must_use]
    pub fn host(&self) -> &str {
        let before = self.without_port().0;
        before.split_once("://").filter(|_| self.kind != RedirectKind::Private).map_or(before, |(_, host)| host)
    }

    /// Returns the origin as sent by browsers, or `None` for a private scheme, because such an application has no
    /// pages.
    #[must_use]
    pub fn origin(&self) -> Option<&str> {
        let rest = self.text.get(self.host_end..)?;
        let port = rest.find(['/', '?']).unwrap_or(rest.len());
        (self.kind != RedirectKind::Private).then(|| self.text.get(..self.host_end + port))?
    }

    /// Returns whether it belongs to this origin, as browsers send it. With `any_port`, a loopback host matches all
    /// ports.
    #[must_use]
    pub fn is_of(&self, origin: &str, any_port: bool) -> bool {
        let Some(own) = self.origin() else { return false };
        let host = self.without_port().0;
        if any_port && self.kind == RedirectKind::Loopback {
            let port = origin.strip_prefix(host);
            return port.is_some_and(|rest| rest.is_empty() || rest.strip_prefix(':').is_some_and(is_port));
        }
        // Browsers leave out the port of the scheme.
        let default = if self.kind == RedirectKind::Https { ":443" } else { ":80" };
        own.strip_suffix(default).unwrap_or(own) == origin
    }

    /// Returns the source expression that allows forms to redirect to this URI in a content security policy. A
    /// is allowed with every port. Policies have no expression for an IPv6 address but its scheme (CSP 3 §2.3.1).
    #[must_use]
    pub fn form_target(&self) -> String {
        match self.kind {
            RedirectKind::Https => self.origin().unwrap_or_default().to_owned(),
            RedirectKind::Loopback if self.host().starts_with('[') => "http:".to_owned(),
            RedirectKind::Loopback => format!("{}:*", self.without_port().0),
            RedirectKind::Private => format!("{}:", self.without_port().0),
        }
    }
}

/// Characters of a URI (RFC 3986 §2), except the fragment delimiter and characters that some parsers treat as another
/// character.
fn is_allowed(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\\#*<>\"{}|^`".contains(&byte)
}

/// Rejects `..`, incomplete escapes, and escapes of characters that are not allowed unescaped or that decode to a
/// dot.
fn check_escapes(text: &str) -> Result<(), BadRedirectUri> {
    let refused = Err(BadRedirectUri::Escape);
    if text.contains("..") {
        return refused;
    }
    for after in text.split('%').skip(1) {
        let Some(Ok(bytes)) = after.get(..2).map(|digits| HEXUPPER_PERMISSIVE.decode(digits.as_bytes())) else {
            return refused;
        };
        if bytes.iter().any(|byte| byte.is_ascii_control() || b"\\.*".contains(byte)) {
            return refused;
        }
    }
    Ok(())
}

/// Returns whether a scheme is a reverse domain name, as required by RFC 8252 §7.1.
fn is_private(scheme: &str) -> bool {
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_plain)
    };
    let begins_well = scheme.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    begins_well && scheme.contains('.') && scheme.split('.').all(is_label)
}

/// Checks host and port, and returns the host.
fn check_authority(authority: &str, kind: RedirectKind) -> Result<&str, BadRedirectUri> {
    if kind == RedirectKind::Private {
        // The rest is defined by the application, but must not look like user information.
        return if authority.contains('@') { Err(BadRedirectUri::Host) } else { Ok(authority) };
    }
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']').map_or(authority.len(), |end| end + 1);
        let (host, rest) = authority.split_at_checked(end).unwrap_or((authority, ""));
        let port = if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or(BadRedirectUri::Host)?) };
        (host, port)
    } else {
        authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
    };
    if is_host(host) && port.is_none_or(is_port) { Ok(host) } else { Err(BadRedirectUri::Host) }
}

fn is_port(text: &str) -> bool {
    !text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len())
            && label.bytes().all(is_plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // Browsers interpret a host whose last label is a number as an IP address, even if it is octal or a single
    // number.
    let is_number = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x"));
    host.len() <= 253 && host.split('.').all(is_label) && (!is_number || is_plain_address(host))
}

fn is_plain_address(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.to_string() == host)
}

/// Rejects parameters of the response, in every spelling.
fn check_parameters(text: &str) -> Result<(), BadRedirectUri> {
    let Some((_, query)) = text.split_once('?') else { return Ok(()) };
    let is_reserved = |pair: &str| {
        let name = unescaped(pair.split('=').next().unwrap_or_default());
        // Some frameworks read `code[]` as `code`.
        let name = name.split(|byte| *byte == b'[').next().unwrap_or_default();
        RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved.as_bytes()))
    };
    if query.split(['&', ';']).any(is_reserved) { Err(BadRedirectUri::Parameter) } else { Ok(()) }
}

fn unescaped(name: &str) -> Vec<u8> {
    let mut parts = name.split('%');
    let mut plain = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        plain.extend(HEXUPPER_PERMISSIVE.decode(digits.as_bytes()).unwrap_or_default());
        plain.extend(rest.as_bytes());
    }
    plain
}
