//! `portcullis health`

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use clap::{Arg, ArgMatches};
use reqwest::{Client, ClientBuilder, redirect};
use serde_json::json;

use super::{
    Output,
    output::{BAD, GOOD},
};
use crate::{config::PublicUrl, error_chain};

const URL: &str = "url";
/// Longest wait for the answer. Orchestrators ask every few seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the settings do not say where the server is.
#[derive(Debug, thiserror::Error)]
pub enum Unaddressed {
    /// A setting of HTTP is wrong.
    #[error("HOST and PORT cannot be read: `portcullis config check` says why, or name the server by --url")]
    Unreadable,
    /// The system chose the port.
    #[error("the server chooses its port (PORT=0): name it by --url")]
    Chosen,
}

pub(super) fn url_argument() -> Arg {
    Arg::new(URL)
        .long(URL)
        .value_name("URL")
        .help("Base URL of the server [default: HOST and PORT on this machine]")
        .value_parser(PublicUrl::parse)
}

pub(super) fn url(matches: &ArgMatches) -> Option<PublicUrl> {
    matches.get_one(URL).cloned()
}

/// Returns the URL at which this machine reaches a server that listens on this address.
///
/// # Errors
/// [`Unaddressed`].
pub fn address(listen: Option<SocketAddr>) -> Result<PublicUrl, Unaddressed> {
    let mut address = listen.ok_or(Unaddressed::Unreadable)?;
    if address.port() == 0 {
        return Err(Unaddressed::Chosen);
    }
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    PublicUrl::parse(&format!("http://{address}")).map_err(|_| Unaddressed::Unreadable)
}

/// Asks the server at this URL whether it can serve, and writes the answer. Returns the exit code.
///
/// # Errors
/// If `out` cannot be written.
pub async fn health(url: &PublicUrl, out: &mut Output<'_>) -> io::Result<u8> {
    let asked = format!("{url}/readyz");
    let problem = ask(&asked, url.is_https()).await.err();
    if out.is_json() {
        out.json(&json!({ "url": asked, "ready": problem.is_none(), "problem": problem }))?;
    } else {
        match &problem {
            None => out.line(out.paint(GOOD, format_args!("The server at {url} can serve.")))?,
            Some(problem) => out.line(out.paint(BAD, format_args!("The server at {url} cannot serve: {problem}")))?,
        }
    }
    Ok(u8::from(problem.is_some()))
}

/// Returns what is wrong, if anything is.
async fn ask(url: &str, is_https: bool) -> Result<(), String> {
    let client = client(is_https).build().map_err(|error| error_chain(&error))?;
    // The address is said once, by the caller.
    let answer = client.get(url).send().await.map_err(|error| error_chain(&error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it answers {status}")),
    }
}

/// Returns a client that asks this server and no other: without redirects and proxies of the environment.
fn client(is_https: bool) -> ClientBuilder {
    let client =
        Client::builder().user_agent("Portcullis").redirect(redirect::Policy::none()).no_proxy().timeout(PATIENCE);
    // Where no certificate is checked, a machine without any certificates of authorities will do.
    if is_https { client } else { client.tls_certs_only([]) }
}
