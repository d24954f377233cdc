//! Refusals in the description of the API: by status, with an example of each.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use portcullis_core::error::ErrorKind;
use serde_json::{Value, json};
use utoipa::openapi::{
    ContentBuilder, Header, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response,
    example::ExampleBuilder,
    schema::{Schema, Type},
};

use super::known::{Cause, Known};
use crate::http::problem::{self, RefusalFormat};

/// Responses of a route by status.
pub(in crate::http) type Responses = BTreeMap<String, RefOr<Response>>;

/// Declares what a route answers when it refuses, as a type for its `responses`; the names are those of [`super::known`].
macro_rules! refusals {
    ($name:ident: $($format:ident [$($group:expr),+ $(,)?]),+ $(,)?) => {
        pub(in crate::http) enum $name {}

        impl utoipa::IntoResponses for $name {
            fn responses() -> $crate::http::openapi::Responses {
                use $crate::http::{openapi::{Responses, known::*}, problem::RefusalFormat};
                let mut responses = Responses::new();
                $($({
                    const GROUP: &[Known] = $group;
                    RefusalFormat::$format.describe(GROUP, &mut responses);
                })+)+
                responses
            }
        }
    };
}
pub(in crate::http) use refusals;

impl RefusalFormat {
    /// Adds these refusals to the responses of a route.
    pub(in crate::http) fn describe(self, known: &[Known], responses: &mut Responses) {
        for one in known {
            let status = self.status(one).as_u16();
            let RefOr::T(response) = responses.entry(status.to_string()).or_insert_with(|| RefOr::T(Response::new("")))
            else {
                continue;
            };
            self.add(one, response);
        }
    }

    fn add(self, one: &Known, response: &mut Response) {
        let (content_type, schema) = match self {
            Self::OAuth => ("application/json", "TokenError"),
            _ => ("application/problem+json", "Problem"),
        };
        let content = response
            .content
            .entry(content_type.to_owned())
            .or_insert_with(|| RefOr::T(ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build()));
        let RefOr::T(content) = content else { return };
        let example = ExampleBuilder::new().summary(one.detail).value(Some(self.example(one)));
        if content.examples.insert(one.code.to_owned(), RefOr::T(example.build())).is_some() {
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

    fn status(self, one: &Known) -> StatusCode {
        match one.cause {
            Cause::HttpError(status) => status,
            Cause::Domain(kind) if self == Self::OAuth => problem::oauth_status(kind),
            Cause::Domain(kind) => problem::status(kind),
        }
    }

    /// Returns the word that programs compare.
    fn word(self, one: &Known) -> &'static str {
        match one.cause {
            Cause::Domain(kind) if self == Self::OAuth => problem::grant_word(kind, one.code),
            _ => one.code,
        }
    }

    fn example(self, one: &Known) -> Value {
        if self == Self::OAuth {
            return json!({ "error": self.word(one), "error_description": one.detail });
        }
        let mut problem = problem::plain(self.status(one), one.code, one.detail, "c7r3k1nq0v5t8a2m4e6g9h1j3d");
        problem.errors = one.faults.to_vec();
        if self == Self::WithOAuth {
            let word = match one.cause {
                Cause::Domain(kind) => problem::oauth_word(kind),
                Cause::HttpError(_) => "invalid_request",
            };
            (problem.error, problem.error_description) = (Some(word), Some(one.detail));
        }
        json!(problem)
    }

    fn headers(self, one: &Known) -> Vec<(&'static str, Header)> {
        let header = |schema, text: &str, example| {
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(text));
            header.example(Some(example)).build()
        };
        let number = ObjectBuilder::new().schema_type(Type::Integer).build();
        let again = ("Retry-After", header(number, "The seconds after which another try is worth it", json!(1)));
        match one.cause {
            Cause::Domain(ErrorKind::Limited(_)) => {
                let policy =
                    "Of which limit how many are allowed (q) in how many seconds (w), on other answers as well";
                let left = "How many of them are left (r) for how many seconds (t), on other answers as well";
                vec![
                    again,
                    ("RateLimit-Policy", header(text(), policy, json!("\"passwords\";q=30;w=60"))),
                    ("RateLimit", header(text(), left, json!("\"passwords\";r=0;t=21"))),
                ]
            }
            Cause::Domain(ErrorKind::Unavailable(_) | ErrorKind::Overloaded(_)) => vec![again],
            Cause::Domain(ErrorKind::NoCredentials | ErrorKind::BadToken | ErrorKind::Refused | ErrorKind::Stale)
                if self != Self::OAuth =>
            {
                let how = header(text(), "How to do better (RFC 6750 §3)", json!("Bearer realm=\"User1\""));
                vec![("WWW-Authenticate", how)]
            }
            _ => Vec::new(),
        }
    }
}

fn text() -> utoipa::openapi::Object {
    ObjectBuilder::new().schema_type(Type::String).build()
}
