//! Extractors: what a handler takes from a request.

mod accept;
mod basic;
mod bearer;
mod body;
mod browser;
mod cookie;
mod developer;
mod device;
mod fields;
mod if_match;
mod multipart;
mod page_form;
mod registration;
mod request;
mod same_origin;
mod second;
mod signed_in;
mod skip_on_head;
mod visit;

pub(super) use accept::{Accepted, PreferredFormat};
pub(super) use basic::BasicCredentials;
pub(super) use bearer::{Authenticated, MaybeAuthenticated, Viewing};
pub(super) use body::{AnyBody, FormBody, JsonBody, JsonOrQuery, OptionalJsonBody, TokenBody};
pub(super) use browser::Browser;
pub(super) use developer::DeveloperOnly;
pub(super) use device::DeviceCookie;
pub(super) use fields::{Fields, Link, Query};
pub(super) use if_match::IfMatch;
pub(super) use page_form::PageForm;
pub(super) use registration::RegistrationCookie;
pub(super) use request::{RealmRequest, RequestContext};
pub(super) use same_origin::SameOrigin;
pub(super) use second::Second;
pub(super) use signed_in::{SignedIn, Turned};
pub(super) use skip_on_head::SkipOnHead;
pub(super) use visit::{Carried, Visit};
