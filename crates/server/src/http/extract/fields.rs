//! Fields of a request from query, form or JSON. Each occurs at most once, with its value as it was sent.

use std::{collections::BTreeMap, convert::Infallible, fmt};

use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{header::CONTENT_TYPE, request::Parts},
    response::{IntoResponse, Response},
};
use portcullis_core::{
    error::{
        Refusal,
        catalogue::{NOT_A_FORM, NOT_AN_OBJECT, REPEATED, UNREADABLE},
    },
    service::RawField,
};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::http::{
    problem::{self, ApiError, TOO_LARGE, WRONG_TYPE},
    state::AppState,
};

/// Fields of a request by name.
#[derive(Debug, Default)]
pub(crate) struct Fields(BTreeMap<String, RawField>);

impl Fields {
    /// Takes the field of this name out.
    pub(in crate::http) fn take(&mut self, name: &str) -> RawField {
        self.0.remove(name).unwrap_or_default()
    }

    fn from_urlencoded(raw: &str) -> Result<Self, Refusal> {
        // The decoder replaces invalid UTF-8 by U+FFFD. A value is accepted unchanged or not at all.
        let has_replacement = |text: &str| text.contains('\u{FFFD}');
        let honest = raw.contains('\u{FFFD}') || raw.to_ascii_uppercase().contains("%EF%BF%BD");
        let mut fields = Self::default();
        for (name, value) in form_urlencoded::parse(raw.as_bytes()) {
            if !honest && (has_replacement(&name) || has_replacement(&value)) {
                return Err(UNREADABLE);
            }
            fields.insert(name.into_owned(), RawField::from(&*value))?;
        }
        Ok(fields)
    }

    fn from_json(raw: &[u8]) -> Result<Self, Refusal> {
        let mut refusal = None;
        let mut deserializer = serde_json::Deserializer::from_slice(raw);
        let fields = deserializer.deserialize_map(FieldsVisitor { refusal: &mut refusal });
        let fields = fields.and_then(|fields| deserializer.end().map(|()| fields));
        fields.map_err(|error| refusal.unwrap_or(if error.is_data() { NOT_AN_OBJECT } else { UNREADABLE }))
    }

    fn insert(&mut self, name: String, value: RawField) -> Result<(), Refusal> {
        if self.0.insert(name, value).is_some() {
            return Err(REPEATED);
        }
        if self.0.len() > MOST_FIELDS { Err(UNREADABLE) } else { Ok(()) }
    }
}

/// Most fields of a request. No route has twenty; each field takes more memory than it has bytes.
const MOST_FIELDS: usize = 1000;

/// Reads the members of a JSON object.
struct FieldsVisitor<'a> {
    /// Set where the members themselves are refused, rather than their syntax.
    refusal: &'a mut Option<Refusal>,
}

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some((name, value)) = map.next_entry::<String, serde_json::Value>()? {
            let field = match value {
                serde_json::Value::Null => RawField::Missing,
                serde_json::Value::String(text) => RawField::from(text),
                _ => RawField::NotText,
            };
            if let Err(refusal) = fields.insert(name, field) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom(refusal.detail));
            }
        }
        Ok(fields)
    }
}

/// Fields of the query.
#[derive(Debug)]
pub(in crate::http) struct Query(Fields);

/// Fields of a JSON body.
#[derive(Debug)]
pub(in crate::http) struct JsonBody(pub(in crate::http) Fields);

/// Fields of a form.
#[derive(Debug)]
pub(in crate::http) struct FormBody(pub(in crate::http) Fields);

/// Fields of a form or a JSON body.
#[derive(Debug)]
pub(in crate::http) struct AnyBody(pub(in crate::http) Fields);

impl Query {
    /// Takes the parameter of this name out.
    pub(in crate::http) fn take(&mut self, name: &str) -> RawField {
        self.0.take(name)
    }
}

impl FromRequestParts<AppState> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Ok(Self(Fields::from_urlencoded(parts.uri.query().unwrap_or_default())?))
    }
}

/// Token of the link of a page. A token that cannot be read or is repeated counts as missing, so that the page shows its own
/// refusal.
#[derive(Debug)]
pub(in crate::http) struct Link(pub(in crate::http) RawField);

impl FromRequestParts<AppState> for Link {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let fields = Fields::from_urlencoded(parts.uri.query().unwrap_or_default());
        Ok(Self(fields.unwrap_or_default().take("token")))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyType {
    Json,
    Form,
}

fn body_type(request: &Request) -> Option<BodyType> {
    let kind = request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/json" => Some(BodyType::Json),
        "application/x-www-form-urlencoded" => Some(BodyType::Form),
        _ => None,
    }
}

async fn read(request: Request, state: &AppState, taken: &[BodyType]) -> Result<Fields, Response> {
    let kind = body_type(&request).filter(|kind| taken.contains(kind)).ok_or_else(|| WRONG_TYPE.into_response())?;
    let body = collect(request.into_body(), state).await?;
    let fields = match kind {
        BodyType::Json => Fields::from_json(&body),
        BodyType::Form => std::str::from_utf8(&body).map_err(|_| UNREADABLE).and_then(Fields::from_urlencoded),
    };
    fields.map_err(|error| ApiError::from(error).into_response())
}

/// Reads the whole body within the time limit: the time in the context of a request is that of its head.
async fn collect(body: Body, state: &AppState) -> Result<bytes::Bytes, Response> {
    let whole = tokio::time::timeout(state.bounds.body_time, to_bytes(body, state.bounds.body)).await;
    whole.map_err(|_| problem::timed_out().into_response())?.map_err(|error| {
        let error = error.into_inner();
        if error.is::<http_body_util::LengthLimitError>() {
            TOO_LARGE.into_response()
        } else {
            ApiError::from(UNREADABLE).into_response()
        }
    })
}

/// Fields of a JSON body, or of the query if there is no body. In a query the `+` of a phone number is decoded to a space, which
/// is turned back.
#[derive(Debug)]
pub(in crate::http) struct JsonOrQuery(pub(in crate::http) Fields);

impl FromRequest<AppState> for JsonOrQuery {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let (kind, query) = (body_type(&request), request.uri().query().unwrap_or_default().to_owned());
        let body = collect(request.into_body(), state).await?;
        if !body.is_empty() && kind != Some(BodyType::Json) {
            return Err(WRONG_TYPE.into_response());
        }
        let fields = if body.is_empty() { Fields::from_urlencoded(&query) } else { Fields::from_json(&body) };
        let mut fields = fields.map_err(|error| ApiError::from(error).into_response())?;
        if !body.is_empty() {
            return Ok(Self(fields));
        }
        let phone = fields.take("phone");
        let restored = match phone.text().and_then(|phone| phone.strip_prefix(' ')) {
            Some(rest) => RawField::from(format!("+{}", rest.trim_start())),
            None => phone,
        };
        fields.0.insert("phone".to_owned(), restored);
        Ok(Self(fields))
    }
}

/// Form of the token endpoint, or the reason why it cannot be read, which that endpoint reports in the format of OAuth 2.0.
#[derive(Debug)]
pub(crate) struct TokenForm(pub(crate) Result<Fields, Refusal>);

impl FromRequest<AppState> for TokenForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        if body_type(&request) != Some(BodyType::Form) {
            return Ok(Self(Err(NOT_A_FORM)));
        }
        let Ok(body) = collect(request.into_body(), state).await else { return Ok(Self(Err(UNREADABLE))) };
        let text = std::str::from_utf8(&body).map_err(|_| UNREADABLE);
        Ok(Self(text.and_then(Fields::from_urlencoded)))
    }
}

macro_rules! body {
    ($name:ident takes $($kind:ident),+) => {
        impl FromRequest<AppState> for $name {
            type Rejection = Response;

            async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
                read(request, state, &[$(BodyType::$kind),+]).await.map(Self)
            }
        }
    };
}

body!(JsonBody takes Json);
body!(FormBody takes Form);
body!(AnyBody takes Json, Form);
