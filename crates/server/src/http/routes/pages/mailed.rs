//! What the pages have in common that are opened by an emailed link or carry state in their URL.

use serde::{Deserialize, Serialize};

use crate::http::extract::{Carried, Visit};

/// Token of an emailed link, moved from the URL in the email to sealed state in the URL of the page.
#[derive(Serialize, Deserialize)]
pub(super) struct Mailed {
    pub(super) token: String,
}

impl Carried for Mailed {
    const NAME: &'static str = "mailed";
}

/// Returns the path of a page with the state of this kind that the URL carries.
pub(super) fn path<T: Carried>(visit: &Visit, page: &str, more: &[(&str, &str)]) -> String {
    let carried = visit.parameter(T::NAME).map(|text| (T::NAME, text));
    visit.link(page, &[carried.as_slice(), more].concat())
}

/// Returns the path to which a form of a page posts: with the token of an emailed link, or with the state of this kind.
pub(super) fn action<T: Carried>(visit: &Visit, page: &str) -> String {
    match visit.parameter(Mailed::NAME) {
        Some(_) => path::<Mailed>(visit, page, &[]),
        None => path::<T>(visit, page, &[]),
    }
}
