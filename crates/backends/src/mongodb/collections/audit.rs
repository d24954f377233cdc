//! The audit trail.

use mongodb::bson::doc;
use portcullis_core::audit::AuditRow;

use crate::mongodb::{
    error::OpError,
    fields::{bytes, time},
    work::Work,
};

pub(in crate::mongodb) const NAME: &str = "audit";

pub(super) async fn append(work: &mut Work<'_>, row: &AuditRow) -> Result<(), OpError> {
    let document = doc! {
        "at": time(row.at),
        "realm": row.realm.as_str(),
        "event": row.event.as_str(),
        "reason": row.reason,
        "user_id": row.user.as_ref().map(|user| user.as_str()),
        "blind_index": row.index.map(|index| bytes(&index.0)),
        "request_id": row.request_id.as_str(),
    };
    work.insert_all(NAME, vec![document]).await
}
