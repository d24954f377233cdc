//! `portcullis hash`

use portcullis_core::{
    ExposeSecret, SecretString,
    account::password::{Password, PasswordHash},
    port::PasswordHasher,
    random::{self, Random},
};
use serde_json::json;

use super::output::{BAD, GOOD, Output, WARNING};

/// Error of hashing or comparing a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No password was given.
    #[error("no password given: pipe it in, as in `printf %s \"$PASSWORD\" | portcullis hash`")]
    Missing,
    /// The password is too long, or contains control characters.
    #[error("no account can have this password: it is longer than 1,024 bytes or contains control characters")]
    Impossible,
    /// The hash has an unknown format, or its cost is too high.
    #[error(
        "the hash of --verify cannot be read: it must be in the PHC string format, \
         `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, in single quotes"
    )]
    Unreadable(#[source] portcullis_core::port::HashError),
    /// The hasher failed.
    #[error(transparent)]
    Hash(portcullis_core::port::HashError),
    /// The output cannot be written.
    #[error(transparent)]
    Output(#[from] std::io::Error),
}

/// Prints the hash of a password, or whether the password matches a hash. Returns the exit code.
///
/// # Errors
/// Returns an error if there is no password, or if it cannot be hashed or compared.
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
        out.line(out.paint(GOOD, "The password matches the hash."))?;
        if is_outdated {
            out.line(out.paint(WARNING, "The hash is weaker than the settings require. The next login replaces it."))?;
        }
    } else {
        out.line(out.paint(BAD, "The password does not match the hash."))?;
    }
    Ok(u8::from(!matches))
}
