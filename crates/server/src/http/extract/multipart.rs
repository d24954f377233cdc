//! `multipart/form-data`. The body is complete and within its size limit before it is parsed.

use axum::http::{HeaderMap, header::CONTENT_TYPE};
use bytes::Bytes;
use futures_util::stream;
use multer::Multipart;
use portcullis_core::{Error, error::catalogue::UNREADABLE, service::RawField};

use super::fields::Fields;

/// Returns the fields of a form. Files are not accepted as strings, and parts without a name are ignored.
pub(super) async fn fields(headers: &HeaderMap, body: Bytes) -> Result<Fields, Error> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok()).ok_or(UNREADABLE)?;
    let mut parts = Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
    let mut fields = Fields::default();
    while let Some(part) = parts.next_field().await.map_err(|_| UNREADABLE)? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        let is_file = part.file_name().is_some();
        let bytes = part.bytes().await.map_err(|_| UNREADABLE)?;
        let text = std::str::from_utf8(&bytes).map_err(|_| UNREADABLE);
        fields.insert(name, if is_file { RawField::NotText } else { RawField::from(text?) })?;
    }
    Ok(fields)
}
