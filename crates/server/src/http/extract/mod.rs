//! Extractors: what a handler takes from a request.

mod accept;
mod bearer;
mod body;
mod developer;
mod device;
mod fields;
mod multipart;
mod request;
mod same_origin;
mod skip_on_head;

pub(super) use accept::PreferredFormat;
pub(super) use bearer::Authenticated;
pub(super) use body::{AnyBody, FormBody, JsonBody, JsonOrQuery, TokenBody};
pub(super) use developer::DeveloperOnly;
pub(super) use device::DeviceCookie;
pub(super) use fields::{Link, Query};
pub(super) use request::{RealmRequest, RequestContext};
pub(super) use same_origin::SameOrigin;
pub(super) use skip_on_head::SkipOnHead;
