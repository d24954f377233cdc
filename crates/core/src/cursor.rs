//! Pagination cursors: the key of the last row returned, with a MAC that binds it to its list and owner.

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;

use crate::seal::{RealmKeys, mac};

/// Length of the MAC, in bytes.
const TAG: usize = 16;

/// The list that a cursor belongs to: its name and the account that owns it.
#[derive(Debug, Clone, Copy)]
pub struct CursorScope<'a> {
    pub keys: &'a RealmKeys,
    pub list: &'static str,
    pub owner: &'a str,
}

impl CursorScope<'_> {
    /// Creates the cursor for the rows after this key.
    #[must_use]
    pub fn expose<const N: usize>(&self, after: [u8; N]) -> String {
        BASE64URL_NOPAD.encode(&[&after[..], &self.tag(&after)].concat())
    }

    /// Parses a cursor; `None` if it belongs to another list or owner.
    #[must_use]
    pub fn parse<const N: usize>(&self, raw: &str) -> Option<[u8; N]> {
        let bytes = BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
        let (after, tag) = bytes.split_first_chunk::<N>()?;
        constant_time::verify_slices_are_equal(&self.tag(after), tag).ok()?;
        Some(*after)
    }

    /// Creates the cursor for a place that is written as text.
    #[must_use]
    pub fn expose_text(&self, place: &str) -> String {
        BASE64URL_NOPAD.encode(&[&self.tag(place.as_bytes())[..], place.as_bytes()].concat())
    }

    /// Parses the cursor of a place that is written as text; `None` if it belongs to another list or owner.
    #[must_use]
    pub fn parse_text(&self, raw: &str) -> Option<String> {
        let bytes = BASE64URL_NOPAD.decode(raw.as_bytes()).ok()?;
        let (tag, place) = bytes.split_first_chunk::<TAG>()?;
        constant_time::verify_slices_are_equal(&self.tag(place), tag).ok()?;
        String::from_utf8(place.to_vec()).ok()
    }

    fn tag(&self, after: &[u8]) -> [u8; TAG] {
        let tag = mac(self.keys.cursor_key(), [self.list.as_bytes(), self.owner.as_bytes(), after]);
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }
}
