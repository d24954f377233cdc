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
    let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
    let boundary = boundary.ok_or_else(|| Error::from(UNREADABLE).at(0))?;
    let faults = Faults { body: body.clone(), delimiter: format!("\r\n--{boundary}").into_bytes() };
    let mut parts = Multipart::new(stream::iter([Ok::<_, std::convert::Infallible>(body)]), boundary);
    let mut fields = Fields::default();
    let mut before = 0;
    while let Some(part) = parts.next_field().await.map_err(|fault| faults.syntax(before, &fault))? {
        let (name, is_file) = (part.name().map(str::to_owned), part.file_name().is_some());
        let bytes = part.bytes().await.map_err(|fault| faults.syntax(before, &fault))?;
        if let Some(name) = name {
            let text = || std::str::from_utf8(&bytes).map_err(|fault| faults.text(before, fault.valid_up_to()));
            fields.insert(name, if is_file { RawField::NotText } else { RawField::from(text()?) })?;
        }
        before += 1;
    }
    Ok(fields)
}

/// Errors with the byte offset of the fault, which the parser does not report. The body is searched again, but only if
/// it is rejected.
struct Faults {
    body: Bytes,
    /// Line break, hyphens and boundary.
    delimiter: Vec<u8>,
}

impl Faults {
    /// Returns the error for a part that cannot be parsed, after this number of other parts.
    fn syntax(&self, before: usize, fault: &multer::Error) -> Error {
        use multer::Error::{IncompleteFieldData, IncompleteHeaders, IncompleteStream};
        let is_cut_off =
            matches!(fault, IncompleteFieldData { .. } | IncompleteHeaders | IncompleteStream) || !self.has(before);
        Error::from(UNREADABLE).at(if is_cut_off { self.body.len() } else { self.part(before) })
    }

    /// Returns the error for a value that is not text from this byte on.
    fn text(&self, before: usize, valid: usize) -> Error {
        let part = self.part(before);
        let value = find(self.body.get(part..).unwrap_or_default(), b"\r\n\r\n").map_or(0, |end| end + 4);
        Error::from(UNREADABLE).at(part + value + valid)
    }

    fn has(&self, before: usize) -> bool {
        self.part(before) < self.body.len()
    }

    /// Returns the offset of the delimiter before a part. A value cannot contain the delimiter.
    fn part(&self, before: usize) -> usize {
        // The first delimiter needs no line break.
        let first = self.delimiter.get(2..).unwrap_or_default();
        let Some(mut at) = find(&self.body, first) else { return self.body.len() };
        for _ in 0..before {
            let begin = at + first.len();
            match find(self.body.get(begin..).unwrap_or_default(), &self.delimiter) {
                Some(next) => at = begin + next + 2,
                None => return self.body.len(),
            }
        }
        at
    }
}

fn find(whole: &[u8], part: &[u8]) -> Option<usize> {
    whole.windows(part.len().max(1)).position(|window| window == part)
}
