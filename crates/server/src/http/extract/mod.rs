//! What a handler asks of a request.

mod accept;
mod bearer;
mod call;
mod fields;
mod safe;

pub(super) use accept::Wants;
pub(super) use bearer::SignedIn;
pub(super) use call::{Call, Circumstances};
pub(super) use fields::{AnyBody, FormBody, JsonBody, JsonOrQuery, Link, Query, TokenForm};
pub(super) use safe::ActsOnGet;
