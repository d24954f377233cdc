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
/// Timeout of the request. Orchestrators probe every few seconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reason why the server's address cannot be derived from the settings.
#[derive(Debug, thiserror::Error)]
pub enum Unaddressed {
    /// An HTTP setting is invalid.
    #[error(
        "HOST or PORT is invalid: run `portcullis config check` for details, or pass the server's address with --url"
    )]
    Unreadable,
    /// The operating system chooses the port.
    #[error("the port is chosen at startup (PORT=0): pass the server's address with --url")]
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

/// Returns the local URL of a server that listens on this address.
///
/// # Errors
/// Returns [`Unaddressed`] if the settings do not determine the address.
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

/// Checks whether the server at this URL is ready, and prints the result. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub async fn health(url: &PublicUrl, out: &mut Output<'_>) -> io::Result<u8> {
    let asked = format!("{url}/readyz");
    let problem = ask(&asked, url.is_https()).await.err();
    if out.is_json() {
        out.json(&json!({ "url": asked, "ready": problem.is_none(), "problem": problem }))?;
    } else {
        match &problem {
            None => out.line(out.paint(GOOD, format_args!("The server at {url} is ready.")))?,
            Some(problem) => out.line(out.paint(BAD, format_args!("The server at {url} is not ready: {problem}")))?,
        }
    }
    Ok(u8::from(problem.is_some()))
}

/// Requests the URL. The error is the reason why the server is not ready.
async fn ask(url: &str, is_https: bool) -> Result<(), String> {
    let client = client(is_https).build().map_err(|error| error_chain(&error))?;
    // The URL is removed from the error, because the caller prints it.
    let answer = client.get(url).send().await.map_err(|error| error_chain(&error.without_url()))?;
    match answer.status() {
        status if status.is_success() => Ok(()),
        status => Err(format!("it responded with {status}")),
    }
}

/// Returns a client that only connects to this server: no redirects, and no proxies from the environment.
fn client(is_https: bool) -> ClientBuilder {
    let client =
        Client::builder().user_agent("Portcullis").redirect(redirect::Policy::none()).no_proxy().timeout(PATIENCE);
    // Plain HTTP needs no root certificates, and minimal images contain none.
    if is_https { client } else { client.tls_certs_only([]) }
}
