//! `portcullis hash`

use portcullis_core::{
    ExposeSecret, SecretString,
    account::password::{Password, PasswordHash},
    port::PasswordHasher,
    random::{self, Random},
};
use serde_json::json;

use super::output::{BAD, GOOD, Output, WARNING};

/// Why nothing was hashed or compared.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was given.
    #[error("no password was given: pipe it in, as by `printf %s \"$PASSWORD\" | portcullis hash`")]
    Missing,
    /// Too long, or with control characters.
    #[error("no account can have this password: it is longer than 1024 bytes, or has control characters in it")]
    Impossible,
    /// The hash is not of a kind that is known, or asks for too much.
    #[error(
        "the hash given by --verify cannot be read: it must be in the PHC string format, \
         `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, within quotes"
    )]
    Unreadable(#[source] portcullis_core::port::HashError),
    /// The hasher failed.
    #[error(transparent)]
    Hash(portcullis_core::port::HashError),
    /// The output takes no more.
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// Writes the hash of a password, or whether it is the one behind a hash; gives the exit code.
///
/// # Errors
/// When there is no password, or it cannot be hashed or compared.
pub async fn hash(
    hasher: &dyn PasswordHasher,
    random: &dyn Random,
    password: &SecretString,
    verify: Option<&str>,
    out: &mut Output<'_>,
) -> Result<u8, Error> {
    let password = password.expose_secret();
    if password.is_empty() {
        return Err(Error::Missing);
    }
    let password = Password::parse(password).map_err(|_| Error::Impossible)?;
    let Some(verify) = verify else {
        let hash = hasher.hash(None, &password, random::bytes(random)).await.map_err(Error::Hash)?;
        if out.is_json() { out.json(&json!({ "hash": hash.expose() })) } else { out.line(hash.expose()) }?;
        return Ok(0);
    };
    let hash = PasswordHash::from_phc(verify.to_owned());
    hasher.check(&hash).map_err(Error::Unreadable)?;
    let matches = hasher.verify(None, &password, Some(&hash)).await.map_err(Error::Hash)?;
    let is_outdated = hasher.is_outdated(&hash);
    if out.is_json() {
        out.json(&json!({ "matches": matches, "outdated": is_outdated }))?;
    } else if matches {
        out.line(out.paint(GOOD, "The password is the one behind the hash."))?;
        if is_outdated {
            out.line(out.paint(WARNING, "The hash is weaker than the settings ask for: the next login replaces it."))?;
        }
    } else {
        out.line(out.paint(BAD, "The password is not the one behind the hash."))?;
    }
    Ok(u8::from(!matches))
}
