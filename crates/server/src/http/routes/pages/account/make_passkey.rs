//! Creation of a passkey or security key on a page. The script requests the options and then posts the credential.

use axum::response::Response;
use portcullis_core::{
    error::{ErrorKind, catalogue::PASSKEY_EXISTS},
    factor::passkey::PasskeyUse,
    service::{AddedPasskey, Enrols, RawField},
};

use super::{super::passkey, turned};
use crate::{
    http::{
        answers::CreationOptions,
        extract::{Fields, SignedIn, Turned},
    },
    templates::{in_words, pages::Gate},
};

/// Result of a step.
pub(in super::super) enum Making {
    /// Response to the script.
    Options(Response),
    Added(Box<AddedPasskey>),
    /// The page with the error.
    Refused(Gate),
}

/// Returns the options to the script, or adds the posted credential.
pub(in super::super) async fn make_passkey(
    signed_in: &SignedIn,
    fields: &mut Fields,
    used_for: PasskeyUse,
) -> Result<Making, Turned> {
    let factors = signed_in.visit.request.second_factors();
    if passkey::wants_options(fields) {
        let owner = signed_in.fresh().await?;
        let enrols = Enrols::Owner(&owner, &RawField::Missing);
        let offer = factors.begin_passkey(enrols, &RawField::from(used_for.as_str())).await;
        let offer = offer.map_err(|error| turned(signed_in, error))?;
        return Ok(Making::Options(passkey::options(CreationOptions::from(offer), None)));
    }
    let owner = signed_in.owner().await?;
    let refused = |problem| Ok(Making::Refused(Gate { problem, ..Gate::default() }));
    let credential = match passkey::credential(fields) {
        Ok(credential) => credential,
        Err(problem) => return refused(problem),
    };
    let enrols = Enrols::Owner(&owner, &RawField::Missing);
    match factors.add_passkey(enrols, &credential, &RawField::Missing).await {
        Ok(added) => Ok(Making::Added(Box::new(added))),
        Err(error) => match error.kind() {
            ErrorKind::BadLink | ErrorKind::Invalid => refused("passkey"),
            ErrorKind::Conflict if error.code() == PASSKEY_EXISTS.code => refused("exists"),
            ErrorKind::Conflict => refused("too_many"),
            ErrorKind::Limited(wait) => {
                Ok(Making::Refused(Gate { problem: "wait", wait: in_words(wait), ..Gate::default() }))
            }
            _ => Err(turned(signed_in, error)),
        },
    }
}
