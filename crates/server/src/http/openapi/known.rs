//! The refusals that clients may meet, as they are answered: `(kind, code, detail)` as where they arise.

use std::time::Duration;

use axum::http::StatusCode;
use portcullis_core::error::ErrorKind;

use crate::http::problem::{FieldProblem, HttpError, TOKEN_TWICE, TOO_LARGE, UNSUPPORTED_GRANT, WRONG_TYPE};

/// A refusal that clients may meet.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Known {
    pub(super) cause: Cause,
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
    pub(super) faults: &'static [FieldProblem<'static>],
}

/// Where a refusal comes from, which decides its status.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cause {
    Domain(ErrorKind),
    HttpError(StatusCode),
}

const fn known(kind: ErrorKind, code: &'static str, detail: &'static str) -> Known {
    Known { cause: Cause::Domain(kind), code, detail, faults: &[] }
}

const fn transport(HttpError(status, code, detail): HttpError) -> Known {
    Known { cause: Cause::HttpError(status), code, detail, faults: &[] }
}

/// Fields that are not acceptable.
pub(in crate::http) const fn invalid(faults: &'static [FieldProblem<'static>]) -> Known {
    Known { faults, ..known(ErrorKind::Invalid, "request.invalid", "Some fields are not acceptable.") }
}

const SOON: Duration = Duration::from_secs(1);

pub(in crate::http) const INTERNAL: Known = known(ErrorKind::Internal, "internal", "Something went wrong on our side.");
pub(in crate::http) const TIMEOUT: Known = known(ErrorKind::Unavailable(SOON), "timeout", "The request took too long.");
pub(in crate::http) const UNAVAILABLE: Known =
    known(ErrorKind::Unavailable(SOON), "unavailable", "The service is not available for now.");
pub(in crate::http) const OVERLOADED: Known =
    known(ErrorKind::Overloaded(SOON), "overloaded", "Too much to do for now; please try again.");
pub(in crate::http) const LIMITED: Known =
    known(ErrorKind::Limited(SOON), "limited", "Too many requests; please try again later.");
pub(in crate::http) const UNREADABLE: Known =
    known(ErrorKind::Malformed, "body.unreadable", "The request could not be read.");
const NOT_AN_OBJECT: Known = known(ErrorKind::Malformed, "body.not_an_object", "The body must be a JSON object.");
pub(in crate::http) const REPEATED: Known =
    known(ErrorKind::Malformed, "request.repeated", "A parameter was given twice.");

pub(in crate::http) const NOT_FOUND: Known = known(ErrorKind::NotFound, "not_found", "Not found");
pub(in crate::http) const CROSS_SITE: Known =
    known(ErrorKind::Forbidden, "request.cross_site", "Another site may not ask for this.");
pub(in crate::http) const EMAIL_TAKEN: Known = known(ErrorKind::Conflict, "email.taken", "Email already exists");
pub(in crate::http) const LINK_INVALID: Known = known(ErrorKind::BadLink, "link.invalid", "Invalid or expired link");
pub(in crate::http) const LOGIN_REFUSED: Known =
    known(ErrorKind::Refused, "login.refused", "Invalid email or password");
pub(in crate::http) const LOGIN_UNVERIFIED: Known =
    known(ErrorKind::Forbidden, "login.unverified", "Email not verified");
pub(in crate::http) const LOGIN_STALE: Known = known(ErrorKind::Stale, "login.stale", "Please log in again to do this");
pub(in crate::http) const REFRESH_INVALID: Known =
    known(ErrorKind::Refused, "refresh.invalid", "Invalid or expired refresh token");
pub(in crate::http) const GRANT_INCOMPLETE: Known =
    known(ErrorKind::Malformed, "request.incomplete", "A parameter is missing");
pub(in crate::http) const GRANT_UNKNOWN: Known =
    known(ErrorKind::Malformed, UNSUPPORTED_GRANT, "This grant type is not known here");
pub(in crate::http) const GRANT_NO_FORM: Known =
    known(ErrorKind::Malformed, "body.wrong_type", "The request must be a form");
pub(in crate::http) const OTP_WRONG: Known = known(ErrorKind::BadLink, "otp.wrong", "Invalid OTP");
pub(in crate::http) const OTP_INVALID: Known = known(ErrorKind::BadLink, "otp.invalid", "Invalid or expired OTP");
pub(in crate::http) const SMS_UNAVAILABLE: Known =
    known(ErrorKind::Unavailable(SOON), "sms.unavailable", "Short messages cannot be sent");

/// Of every route under a realm.
pub(in crate::http) const REALM: &[Known] = &[NOT_FOUND, INTERNAL, UNAVAILABLE, TIMEOUT];
/// Where a password is hashed.
pub(in crate::http) const HASHING: &[Known] = &[OVERLOADED];
/// Where a bearer token is asked for.
pub(in crate::http) const BEARER: &[Known] = &[
    known(ErrorKind::NoCredentials, "token.missing", "Not authenticated"),
    known(ErrorKind::BadToken, "token.invalid", "Invalid or expired token"),
    known(ErrorKind::Malformed, TOKEN_TWICE, "Send the token in one way only."),
    REPEATED,
    UNREADABLE,
];
/// Where the query is read.
pub(in crate::http) const QUERY: &[Known] = &[UNREADABLE, REPEATED];
/// Where a form is read.
pub(in crate::http) const FORM: &[Known] = &[UNREADABLE, REPEATED, transport(TOO_LARGE), transport(WRONG_TYPE)];
/// Where JSON is read, or JSON and a form.
pub(in crate::http) const JSON: &[Known] =
    &[UNREADABLE, NOT_AN_OBJECT, REPEATED, transport(TOO_LARGE), transport(WRONG_TYPE)];

/// A field that was left out.
pub(in crate::http) const fn missing(field: &'static str) -> FieldProblem<'static> {
    FieldProblem { field, code: "field.missing", detail: "This field is needed." }
}

pub(in crate::http) const BAD_EMAIL: FieldProblem<'static> =
    FieldProblem { field: "email", code: "email.invalid", detail: "This is not a valid e-mail address." };
pub(in crate::http) const BAD_PHONE: FieldProblem<'static> = FieldProblem {
    field: "phone",
    code: "phone.invalid",
    detail: "A phone number must be in international form, such as +1234567890.",
};
pub(in crate::http) const BAD_COUNTRY: FieldProblem<'static> = FieldProblem {
    field: "country_code",
    code: "country.unknown",
    detail: "A country is named by its ISO code, such as US, or its dial code, such as +1.",
};
pub(in crate::http) const BAD_PASSWORD: FieldProblem<'static> = FieldProblem {
    field: "password",
    code: "password.too_short",
    detail: "A password must have at least 8 characters.",
};
