//! `portcullis openapi`

use std::io;

use clap::{Arg, ArgMatches};
use portcullis_core::id::RealmName;

use super::Output;
use crate::config::PublicUrl;

const SERVER: &str = "server";

pub(super) fn server_argument() -> Arg {
    Arg::new(SERVER)
        .long(SERVER)
        .value_name("URL")
        .help("Base URL at which clients reach the server")
        .value_parser(PublicUrl::parse)
}

pub(super) fn server(matches: &ArgMatches) -> Option<PublicUrl> {
    matches.get_one(SERVER).cloned()
}

/// Prints the OpenAPI description of a server with these realms. Returns the exit code.
///
/// # Errors
/// Returns an error if `out` cannot be written.
pub fn openapi(realms: &[RealmName], server: Option<&PublicUrl>, out: &mut Output) -> io::Result<u8> {
    let realms: Vec<_> = realms.iter().map(RealmName::as_str).collect();
    out.json(&crate::openapi(&realms, server.map_or("", PublicUrl::as_str)))?;
    Ok(0)
}
