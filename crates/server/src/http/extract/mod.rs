//! What a handler asks of a request.

mod accept;
mod at_home;
mod bearer;
mod call;
mod device;
mod fields;
mod safe;
mod same_origin;

pub(super) use accept::Wants;
pub(super) use at_home::AtHome;
pub(super) use bearer::SignedIn;
pub(super) use call::{Call, Circumstances};
pub(super) use device::DeviceCookie;
pub(super) use fields::{AnyBody, FormBody, JsonBody, JsonOrQuery, Link, Query, TokenForm};
pub(super) use safe::ActsOnGet;
pub(super) use same_origin::SameOrigin;
