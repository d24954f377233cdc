//! Errors in the OpenAPI document: by status, with an example of each.

use std::{cell::Cell, collections::BTreeMap};

use axum::http::StatusCode;
use portcullis_core::{
    error::{ErrorKind, catalogue::MFA_REQUIRED},
    limit::LimitKind,
};
use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response,
    example::{Example, ExampleBuilder},
    schema::{Schema, Type},
};

use super::groups::{Documented, Group, Source};
use crate::http::problem::{self, RefusalFormat, TicketAnswer, TokenError};

/// Responses of a route by status.
pub(in crate::http) type Responses = BTreeMap<String, RefOr<Response>>;

thread_local! {
    static DESCRIBED: Cell<bool> = const { Cell::new(false) };
}

/// Calls `describe` with the errors of routes in their descriptions. Elsewhere they are omitted: a server that starts
/// only needs the routes, and describing their thousands of errors takes longer than the rest of the start.
pub(in crate::http) fn with_refusals<T>(describe: impl FnOnce() -> T) -> T {
    DESCRIBED.set(true);
    let described = describe();
    DESCRIBED.set(false);
    described
}

/// Declares the errors of a route as a type for its `responses`. In scope are the names of the catalogue in the core
/// and of [`super::groups`].
macro_rules! refusals {
    ($name:ident: $($format:ident [$($group:expr),+ $(,)?]),+ $(,)?) => {
        pub(in crate::http) enum $name {}

        impl utoipa::IntoResponses for $name {
            fn responses() -> $crate::http::openapi::Responses {
                #[allow(unused_imports, reason = "a route may name groups only, or refusals only")]
                use portcullis_core::error::catalogue::*;
                #[allow(unused_imports, reason = "a route may name groups only, or refusals only")]
                use $crate::http::{openapi::{Responses, groups::*}, problem::RefusalFormat};
                let mut responses = Responses::new();
                $($(RefusalFormat::$format.describe(&const { $group }, &mut responses);)+)+
                responses
            }
        }
    };
}
pub(in crate::http) use refusals;

impl RefusalFormat {
    /// Adds these errors to the responses of a route.
    pub(in crate::http) fn describe(self, group: &impl Group, responses: &mut Responses) {
        if !DESCRIBED.get() {
            return;
        }
        for one in &group.documented() {
            let status = self.status(one).as_u16();
            let RefOr::T(response) = responses.entry(status.to_string()).or_insert_with(|| RefOr::T(Response::new("")))
            else {
                continue;
            };
            self.add(one, response);
        }
    }

    fn add(self, one: &Documented, response: &mut Response) {
        let (content_type, schema) = match self {
            Self::OAuth => ("application/json", "OAuthError"),
            _ => ("application/problem+json", "Problem"),
        };
        let content = response
            .content
            .entry(content_type.to_owned())
            .or_insert_with(|| RefOr::T(ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build()));
        let RefOr::T(content) = content else { return };
        let example = ExampleBuilder::new().summary(one.detail).value(Some(self.example(one)));
        // The same code may already have another text.
        let has_another = |known: &RefOr<Example>| matches!(known, RefOr::T(known) if known.summary != one.detail);
        let is_second = content.examples.get(one.code).is_some_and(has_another);
        let name = if is_second { format!("{}_2", one.code) } else { one.code.to_owned() };
        if content.examples.insert(name, RefOr::T(example.build())).is_some() {
            return;
        }
        response.description.push_str(&format!("- `{}`: {}\n", self.word(one), one.detail));
        if self == Self::Page {
            let page = ContentBuilder::new().schema(Some(Schema::Object(text())));
            response.content.insert("text/html".to_owned(), RefOr::T(page.build()));
        }
        for (name, header) in self.headers(one) {
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
    }

    fn status(self, one: &Documented) -> StatusCode {
        match one.source {
            Source::Http(status) => status,
            Source::Domain(kind) if self == Self::OAuth => problem::oauth_status(kind, one.code),
            Source::Domain(kind) => problem::status(kind),
        }
    }

    /// Returns the code that programs compare.
    fn word(self, one: &Documented) -> &'static str {
        match one.source {
            Source::Domain(kind) if self == Self::OAuth => problem::grant_word(kind, one.code),
            _ => one.code,
        }
    }

    fn example(self, one: &Documented) -> Value {
        if self == Self::OAuth {
            let limit = self.limit(one);
            let error = TokenError::plain(self.word(one), one.detail).with_limit(limit);
            return json!(error.with_ticket(self.ticket(one)));
        }
        let mut problem = problem::plain(self.status(one), one.code, one.detail, "c7r3k1nq0v5t8a2m4e6g9h1j3d");
        problem.errors = one.fields.to_vec();
        problem.limit = self.limit(one);
        if self == Self::WithOAuth {
            let word = match one.source {
                Source::Domain(kind) => problem::oauth_word(kind, one.code),
                Source::Http(_) => "invalid_request",
            };
            (problem.error, problem.error_description) = (Some(word), Some(one.detail));
        }
        json!(problem.with_ticket(self.ticket(one)))
    }

    /// Returns the ticket in the response to a correct password that needs a second factor.
    fn ticket(self, one: &Documented) -> Option<TicketAnswer> {
        let is_ticket = matches!(one.source, Source::Domain(ErrorKind::Forbidden)) && one.detail == MFA_REQUIRED.detail;
        is_ticket.then(TicketAnswer::sample)
    }

    /// Returns a setting that limits routes of this format.
    const fn limit(self, one: &Documented) -> Option<&'static str> {
        match (one.source, self) {
            (Source::Domain(ErrorKind::Limited(_)), Self::OAuth) => Some(LimitKind::Refreshes.setting()),
            (Source::Domain(ErrorKind::Limited(_)), Self::WithOAuth) => Some(LimitKind::Passwords.client_setting()),
            (Source::Domain(ErrorKind::Limited(_)), Self::Page) => Some(LimitKind::Links.setting()),
            (Source::Domain(ErrorKind::Limited(_)), Self::Problem) => Some(LimitKind::Mails.client_setting()),
            _ => None,
        }
    }

    fn headers(self, one: &Documented) -> Vec<(&'static str, Header)> {
        let header = |schema, text: &str, example| {
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(text));
            header.example(Some(example)).build()
        };
        let number = ObjectBuilder::new().schema_type(Type::Integer).build();
        let again = ("Retry-After", header(number, "Seconds to wait before retrying", json!(1)));
        match one.source {
            Source::Domain(ErrorKind::Limited(_)) => {
                let policy = "Name of the limit, quota (q) and window in seconds (w). Also sent with other responses.";
                let left = "Remaining quota (r) and seconds until reset (t). Also sent with other responses.";
                vec![
                    again,
                    ("RateLimit-Policy", header(text(), policy, json!("\"passwords\";q=30;w=60"))),
                    ("RateLimit", header(text(), left, json!("\"passwords\";r=0;t=21"))),
                ]
            }
            Source::Domain(ErrorKind::Unavailable(_) | ErrorKind::Overloaded(_)) => vec![again],
            Source::Domain(
                ErrorKind::NoCredentials | ErrorKind::BadToken | ErrorKind::Refused | ErrorKind::Stale { .. },
            ) if self != Self::OAuth => {
                let how = header(text(), "Authentication challenge (RFC 6750 §3)", json!("Bearer realm=\"User1\""));
                vec![("WWW-Authenticate", how)]
            }
            Source::Domain(ErrorKind::BadClient) => {
                let how = header(
                    text(),
                    "Authentication challenge for services (RFC 7617)",
                    json!("Basic realm=\"User1\", charset=\"UTF-8\""),
                );
                vec![("WWW-Authenticate", how)]
            }
            _ => Vec::new(),
        }
    }
}

fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}
