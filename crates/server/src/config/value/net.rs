//! Addresses, hosts and networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

use super::format::{ValueFormat, items, number};

/// An IP address to listen on.
pub(crate) const ADDRESS: ValueFormat<IpAddr> = ValueFormat::new("ADDRESS", |text| {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Ipv4Addr::LOCALHOST.into());
    }
    unbracketed(text).parse().map_err(|_| "must be an IP address such as `127.0.0.1`, `0.0.0.0` or `::`".to_owned())
});

/// A port. With 0, the operating system chooses one.
pub(crate) const PORT_NUMBER: ValueFormat<u16> = number::<u16, 0, 65535>();

/// An IP address and a port.
pub(crate) const LISTEN: ValueFormat<SocketAddr> = ValueFormat::new("ADDRESS:PORT", |text| {
    text.parse().map_err(|_| "must be an IP address and a port such as `127.0.0.1:9090`".to_owned())
})
.like("127.0.0.1:9090");

/// A host to connect to.
pub(crate) const HOST_NAME: ValueFormat<String> = ValueFormat::new("HOST", |text| {
    let is_name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if is_name || unbracketed(text).parse::<IpAddr>().is_ok() {
        Ok(unbracketed(text).to_owned())
    } else {
        Err("must be a host name or IP address, without scheme or port".to_owned())
    }
})
.meaning(|text| {
    let host = text.split_once("://").map_or(text, |(_, host)| host);
    // The part before an `@` may be a password.
    let host = host.rsplit('@').next()?.split([':', '/']).next()?;
    Some(host.to_owned()).filter(|host| !host.is_empty())
});

/// A name for EHLO (RFC 5321 §4.1.1.1): a domain or an address literal. An IP address without brackets is converted to
/// a literal.
pub(crate) const HELO: ValueFormat<String> = ValueFormat::new("HOST", |text| {
    let inside = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let is_v6 = |text: &str| text.parse::<Ipv6Addr>().is_ok();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
    };
    if inside.parse::<Ipv4Addr>().is_ok() || inside.strip_prefix("IPv6:").is_some_and(is_v6) {
        Ok(format!("[{inside}]"))
    } else if is_v6(inside) {
        Ok(format!("[IPv6:{inside}]"))
    } else if text.len() <= 255 && text.split('.').all(is_label) {
        Ok(text.to_owned())
    } else {
        Err("must be a domain in ASCII or an address literal such as `[192.0.2.1]`".to_owned())
    }
})
.like("accounts.example.com");

/// Networks in CIDR notation, or `none`. A single address is accepted as a network of one.
pub(crate) const NETWORKS: ValueFormat<Vec<IpNet>> = ValueFormat::new("NETWORKS", |text| {
    if text.eq_ignore_ascii_case("none") {
        return Ok(Vec::new());
    }
    let networks: Option<Vec<IpNet>> = items(text).map(network).collect();
    networks.ok_or_else(|| "must be networks separated by commas, such as `10.0.0.0/8,::1`, or `none`".to_owned())
})
.like("10.0.0.0/8,::1");

/// An email address without a display name.
pub(crate) const MAILBOX: ValueFormat<String> = ValueFormat::new("ADDRESS", |text| {
    let is_plain = |part: &str| {
        !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[]\\,;:\"@".contains(c))
    };
    match text.rsplit_once('@') {
        Some((local, domain)) if is_plain(local) && is_plain(domain) => Ok(text.to_owned()),
        _ => Err("must be an email address such as `no-reply@example.com`, without a display name".to_owned()),
    }
})
.meaning(|text| Some(text.rsplit_once('<')?.1.trim_end_matches('>').to_owned()))
.like("no-reply@example.com");

/// Returns whether a host in a URL or in `MAIL_SERVER` is this machine.
pub(crate) fn is_loopback_host(host: &str) -> bool {
    let host = unbracketed(host).trim_end_matches('.').to_ascii_lowercase();
    match host.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)))
}

/// Removes the brackets around an IPv6 address.
fn unbracketed(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
