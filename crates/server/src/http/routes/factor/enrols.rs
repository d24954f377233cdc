use portcullis_core::{
    error::catalogue::TOKEN_MISSING,
    service::{Enrols, Owner, RawField},
};

use crate::http::problem::ApiError;

/// Returns the enrolling user: the owner of a session or the holder of a ticket.
pub(super) fn enrols<'a>(
    owner: Option<&'a Owner>,
    current: &'a RawField,
    ticket: &'a RawField,
    devices: &'a [RawField],
) -> Result<Enrols<'a>, ApiError> {
    match (owner, ticket) {
        (Some(owner), RawField::Missing) => Ok(Enrols::Owner(owner, current)),
        (None, RawField::Missing) => Err(TOKEN_MISSING.into()),
        (_, ticket) => Ok(Enrols::Ticket(ticket, devices)),
    }
}
