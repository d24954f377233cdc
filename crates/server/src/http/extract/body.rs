//! Request bodies: content type, size and timeout.

use axum::{
    body::{Body, HttpBody, to_bytes},
    extract::{FromRequest, Request},
    http::{
        HeaderMap,
        header::{CONTENT_ENCODING, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use portcullis_core::{Error, error::catalogue::UNREADABLE};

use super::{fields::Fields, multipart};
use crate::http::{
    problem::{
        ApiError, HttpError, NEITHER_JSON_NOR_FORM, NOT_A_FORM, NOT_JSON, TOO_LARGE, TOO_SLOW, WRONG_ENCODING,
        as_token_error,
    },
    state::AppState,
};

/// Fields of a JSON body.
#[derive(Debug)]
pub(in crate::http) struct JsonBody(pub(in crate::http) Fields);

/// Fields of a form, if the body is one.
#[derive(Debug)]
pub(in crate::http) struct OptionalForm(pub(in crate::http) Fields);

/// Fields of a JSON body, if there is one.
#[derive(Debug)]
pub(in crate::http) struct OptionalJsonBody(pub(in crate::http) Fields);

/// Fields of a form.
#[derive(Debug)]
pub(in crate::http) struct FormBody(pub(in crate::http) Fields);

/// Fields of a form or a JSON body.
#[derive(Debug)]
pub(in crate::http) struct AnyBody(pub(in crate::http) Fields);

/// `id` and `phone` from the query, or from a JSON body if the query does not have both.
#[derive(Debug)]
pub(in crate::http) struct JsonOrQuery(pub(in crate::http) Fields);

/// Fields of the token endpoint, or the error, which this endpoint reports in the format of OAuth 2.0.
#[derive(Debug)]
pub(crate) struct TokenBody(pub(crate) Result<Fields, Error>);

/// Format of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Form,
    Multipart,
}

impl Format {
    /// Returns the format of the content type. Parameters are ignored and may be in any encoding.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.as_bytes();
        let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        match essence.as_slice() {
            b"application/json" => Some(Self::Json),
            b"application/x-www-form-urlencoded" => Some(Self::Form),
            b"multipart/form-data" => Some(Self::Multipart),
            other if other.starts_with(b"application/") && other.ends_with(b"+json") => Some(Self::Json),
            _ => None,
        }
    }
}

/// Formats that a route accepts.
#[derive(Clone, Copy)]
struct Accepted {
    formats: &'static [Format],
    otherwise: HttpError,
}

const JSON: Accepted = Accepted { formats: &[Format::Json], otherwise: NOT_JSON };
const FORM: Accepted = Accepted { formats: &[Format::Form, Format::Multipart], otherwise: NOT_A_FORM };
const ANY: Accepted =
    Accepted { formats: &[Format::Json, Format::Form, Format::Multipart], otherwise: NEITHER_JSON_NOR_FORM };

/// Reason why a body was rejected.
enum Unread {
    Http(HttpError),
    Malformed(Error),
}

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        match self {
            Self::Http(error) => error.into_response(),
            Self::Malformed(error) => ApiError::from(error).into_response(),
        }
    }
}

async fn read(request: Request, state: &AppState, accepted: Accepted) -> Result<Fields, Unread> {
    refuse_encoded(request.headers())?;
    // A body without a content type is rejected, because a page of another origin could send it without a preflight.
    let format = Format::of(request.headers()).filter(|format| accepted.formats.contains(format));
    let format = format.ok_or(Unread::Http(accepted.otherwise))?;
    let (parts, body) = request.into_parts();
    let body = collect(body, state).await?;
    let fields = match format {
        Format::Json => Fields::from_json(&body),
        Format::Form => Fields::from_form(&body),
        Format::Multipart => multipart::fields(&parts.headers, body).await,
    };
    fields.map_err(Unread::Malformed)
}

/// Rejects a compressed body, because a small one could expand without bounds.
fn refuse_encoded(headers: &HeaderMap) -> Result<(), Unread> {
    let mut encodings = headers.get_all(CONTENT_ENCODING).iter();
    let is_plain = encodings.all(|encoding| encoding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"identity"));
    if is_plain { Ok(()) } else { Err(Unread::Http(WRONG_ENCODING)) }
}

/// Reads the whole body. The time limit starts with the body, because the request context already contains the time
/// of the head. If the declared length is too large, the body is rejected before it is read and before `100 Continue`
/// is sent.
async fn collect(body: Body, state: &AppState) -> Result<Bytes, Unread> {
    if body.size_hint().lower() > state.bounds.body as u64 {
        return Err(Unread::Http(TOO_LARGE));
    }
    let whole = tokio::time::timeout(state.bounds.body_time, to_bytes(body, state.bounds.body)).await;
    whole.map_err(|_| Unread::Http(TOO_SLOW))?.map_err(|error| {
        let is_long = error.into_inner().is::<http_body_util::LengthLimitError>();
        if is_long { Unread::Http(TOO_LARGE) } else { Unread::Malformed(UNREADABLE.into()) }
    })
}

macro_rules! body {
    ($name:ident takes $accepted:ident) => {
        impl FromRequest<AppState> for $name {
            type Rejection = Response;

            async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
                read(request, state, $accepted).await.map(Self).map_err(IntoResponse::into_response)
            }
        }
    };
}

body!(JsonBody takes JSON);
body!(FormBody takes FORM);
body!(AnyBody takes ANY);

impl FromRequest<AppState> for OptionalForm {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        if Format::of(request.headers()).is_none_or(|format| !FORM.formats.contains(&format)) {
            return Ok(Self(Fields::default()));
        }
        read(request, state, FORM).await.map(Self).map_err(IntoResponse::into_response)
    }
}

impl FromRequest<AppState> for OptionalJsonBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        if request.body().is_end_stream() {
            return Ok(Self(Fields::default()));
        }
        read(request, state, JSON).await.map(Self).map_err(IntoResponse::into_response)
    }
}

impl FromRequest<AppState> for JsonOrQuery {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let query = Fields::from_urlencoded(request.uri().query().unwrap_or_default());
        let query = query.map_err(|error| ApiError::from(error).into_response())?;
        // The original service only read the query, so clients may send any body with it.
        if request.body().is_end_stream() || ["id", "phone"].into_iter().all(|name| query.contains(name)) {
            return Ok(Self(query));
        }
        read(request, state, JSON).await.map(Self).map_err(IntoResponse::into_response)
    }
}

impl FromRequest<AppState> for TokenBody {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        match read(request, state, ANY).await {
            Ok(fields) => Ok(Self(Ok(fields.without_empty()))),
            Err(Unread::Malformed(error)) => Ok(Self(Err(error))),
            Err(Unread::Http(error)) => match error.about_type() {
                Some(refusal) => Ok(Self(Err(refusal.into()))),
                None => Err(as_token_error(error.into_response())),
            },
        }
    }
}
