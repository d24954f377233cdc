//! Groups of errors shared by several routes. The macro `refusals!` has these names and the catalogue in scope.

use axum::http::StatusCode;
use portcullis_core::error::{
    ErrorKind, FieldRefusal, Refusal,
    catalogue::{
        ADMIN_FORBIDDEN, ADMIN_MFA_REQUIRED, ADMIN_SIGN_IN, CROSS_SITE, IMPERSONATED, INTERNAL, INVALID, NOT_AN_OBJECT,
        NOT_FOUND, OVERLOADED, REPEATED, TIMEOUT, TOKEN_INVALID, TOKEN_MISSING, TOKEN_TWICE, UNAVAILABLE, UNREADABLE,
    },
};

use crate::http::problem::{
    FieldProblem, HttpError, NEITHER_JSON_NOR_FORM, NOT_A_FORM, NOT_JSON, TOO_LARGE, TOO_SLOW, WRONG_ENCODING,
};

/// Errors of every route of a realm.
pub(in crate::http) const REALM: &[Refusal] = &[NOT_FOUND, INTERNAL, UNAVAILABLE, TIMEOUT];
/// Errors of a route that hashes a password.
pub(in crate::http) const HASHING: &[Refusal] = &[OVERLOADED];
/// Errors of a route that requires a bearer token.
pub(in crate::http) const BEARER: &[Refusal] = &[TOKEN_MISSING, TOKEN_INVALID, TOKEN_TWICE, REPEATED, UNREADABLE];
/// Errors of a route that requires the bearer token of an owner and rejects impersonation tokens.
pub(in crate::http) const OWNER: &[Refusal] =
    &[TOKEN_MISSING, TOKEN_INVALID, TOKEN_TWICE, REPEATED, UNREADABLE, IMPERSONATED];
/// Errors of an admin route.
pub(in crate::http) const ADMIN: &[Refusal] = &[
    ADMIN_SIGN_IN,
    ADMIN_FORBIDDEN,
    ADMIN_MFA_REQUIRED,
    CROSS_SITE,
    TOKEN_TWICE,
    NOT_FOUND,
    INTERNAL,
    UNAVAILABLE,
    TIMEOUT,
];
/// Errors of a route that reads the query.
pub(in crate::http) const QUERY: &[Refusal] = &[UNREADABLE, REPEATED];
/// Errors of a route that reads a form.
pub(in crate::http) const FORM: Body =
    Body(&[UNREADABLE, REPEATED], &[TOO_LARGE, TOO_SLOW, NOT_A_FORM, WRONG_ENCODING]);
/// Refusals of a route that reads a form if there is one.
pub(in crate::http) const OPTIONAL_FORM: Body = Body(&[UNREADABLE, REPEATED], &[TOO_LARGE, TOO_SLOW, WRONG_ENCODING]);
/// Errors of a route that reads JSON.
pub(in crate::http) const JSON: Body = Body(OF_JSON, &[TOO_LARGE, TOO_SLOW, NOT_JSON, WRONG_ENCODING]);
/// Errors of a route that reads JSON or a form.
pub(in crate::http) const ANY: Body = Body(OF_JSON, &[TOO_LARGE, TOO_SLOW, NEITHER_JSON_NOR_FORM, WRONG_ENCODING]);
/// Errors of the token endpoint that are not reported in the OAuth 2.0 format.
pub(in crate::http) const TOKEN_BODY: Body = Body(&[], &[TOO_LARGE, TOO_SLOW]);
const OF_JSON: &[Refusal] = &[UNREADABLE, NOT_AN_OBJECT, REPEATED];

/// Errors of a route that reads a body, caused by its content, size, duration or type.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Body(&'static [Refusal], &'static [HttpError]);

/// Invalid fields of a route, as one error.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Fields(pub(in crate::http) &'static [FieldProblem<'static>]);

/// Creates the problem of one field.
pub(in crate::http) const fn field(name: &'static str, refusal: FieldRefusal) -> FieldProblem<'static> {
    FieldProblem { field: name, code: refusal.code, detail: refusal.detail }
}

/// An error in the OpenAPI document.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Documented {
    pub(super) source: Source,
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
    pub(super) fields: &'static [FieldProblem<'static>],
}

/// Origin of an error, which determines its status.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) enum Source {
    Domain(ErrorKind),
    Http(StatusCode),
}

impl From<Refusal> for Documented {
    fn from(Refusal { kind, code, detail }: Refusal) -> Self {
        Self { source: Source::Domain(kind), code, detail, fields: &[] }
    }
}

impl From<HttpError> for Documented {
    fn from(HttpError(status, code, detail): HttpError) -> Self {
        Self { source: Source::Http(status), code, detail, fields: &[] }
    }
}

/// One or more errors in the list of a route.
pub(in crate::http) trait Group {
    fn documented(&self) -> Vec<Documented>;
}

impl Group for &[Refusal] {
    fn documented(&self) -> Vec<Documented> {
        self.iter().copied().map(Documented::from).collect()
    }
}

impl<const N: usize> Group for &[Refusal; N] {
    fn documented(&self) -> Vec<Documented> {
        self.as_slice().documented()
    }
}

impl Group for Body {
    fn documented(&self) -> Vec<Documented> {
        let of_http = self.1.iter().copied().map(Documented::from);
        self.0.documented().into_iter().chain(of_http).collect()
    }
}

impl Group for Fields {
    fn documented(&self) -> Vec<Documented> {
        vec![Documented { fields: self.0, ..INVALID.into() }]
    }
}
