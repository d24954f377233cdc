//! Request fields from query, form or JSON. Each occurs at most once, with its value as sent.

use std::{borrow::Cow, collections::BTreeMap, convert::Infallible, fmt};

use axum::{extract::FromRequestParts, http::request::Parts};
use percent_encoding::percent_decode_str;
use portcullis_core::{
    Error,
    error::{
        FieldError, Refusal,
        catalogue::{FIELD_UNKNOWN, NOT_AN_OBJECT, REPEATED, UNREADABLE},
    },
    service::{FieldErrors, NamedField, RawField, RawJson},
};
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use crate::http::{problem::ApiError, state::AppState};

/// Fields of a request by name.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    fields: BTreeMap<String, RawField>,
    /// Whether the fields were URL-encoded, so that a raw `+` became a space.
    is_urlencoded: bool,
}

impl Fields {
    /// Removes and returns the field with this name.
    pub(in crate::http) fn take(&mut self, name: &str) -> RawField {
        self.fields.remove(name).unwrap_or_default()
    }

    /// Removes and returns the field with this name. An empty field is treated as absent.
    pub(in crate::http) fn take_filled(&mut self, name: &str) -> RawField {
        let field = self.take(name);
        if field.text().is_some_and(|text| text.trim().is_empty()) { RawField::Missing } else { field }
    }

    /// Returns the value of the field with this name without removing it.
    pub(in crate::http) fn peek(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(RawField::text)
    }

    /// Removes and returns a field with two names, together with the name that was used. Using both is reported as a
    /// repeated field.
    pub(in crate::http) fn take_either(&mut self, names: [&'static str; 2]) -> Result<NamedField, Error> {
        let [first, second] = names;
        let (one, other) = (self.take(first), self.take(second));
        match (&one, &other) {
            (_, RawField::Missing) => Ok(NamedField { name: first, value: one }),
            (RawField::Missing, _) => Ok(NamedField { name: second, value: other }),
            _ => Err(REPEATED.into()),
        }
    }

    /// Removes and returns an email address. Addresses contain no spaces, so a space in the middle is treated as a
    /// `+` that the client did not encode, as in `?email=john+news@example.com`.
    pub(in crate::http) fn take_address(&mut self, name: &str) -> RawField {
        let field = self.take(name);
        match field.text().map(str::trim) {
            Some(text) if self.is_urlencoded && text.contains(' ') => RawField::from(text.replace(' ', "+")),
            _ => field,
        }
    }

    /// Removes and returns a phone number. A leading space is treated as a `+` that the client did not encode.
    pub(in crate::http) fn take_phone(&mut self, name: &str) -> RawField {
        let field = self.take(name);
        match field.text().and_then(|text| text.strip_prefix(' ')) {
            Some(rest) if self.is_urlencoded => RawField::from(format!("+{}", rest.trim_start())),
            _ => field,
        }
    }

    /// Removes and returns the field with this name, if it is present, even if it is `null`.
    pub(in crate::http) fn take_present(&mut self, name: &str) -> Option<RawField> {
        self.fields.remove(name)
    }

    /// Returns an error for each remaining field, because the route does not define it.
    pub(in crate::http) fn unknown(self) -> FieldErrors {
        let mut errors = FieldErrors::default();
        for name in self.fields.into_keys() {
            // Field names come from the client, so only harmless ones are echoed.
            let is_plain =
                name.len() <= 64 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
            errors.add(FieldError { field: if is_plain { name.into() } else { "?".into() }, ..FIELD_UNKNOWN.of("") });
        }
        errors
    }

    /// Returns an error if any fields remain.
    pub(in crate::http) fn refuse_unknown(self) -> Result<(), Error> {
        let errors = self.unknown();
        if errors.is_empty() { Ok(()) } else { Err(errors.into_error()) }
    }

    /// Returns the text fields.
    pub(in crate::http) fn texts(&self) -> impl Iterator<Item = (String, String)> {
        self.fields.iter().filter_map(|(name, value)| Some((name.clone(), value.text()?.to_owned())))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    /// Removes empty fields: OAuth 2.0 treats a parameter without a value as missing (RFC 6749 §3.2).
    pub(in crate::http) fn without_empty(mut self) -> Self {
        self.fields.retain(|_, field| field.text() != Some(""));
        self
    }

    pub(super) fn from_urlencoded(raw: &str) -> Result<Self, Error> {
        let mut fields = Self { is_urlencoded: true, ..Self::default() };
        let mut begin = 0;
        for pair in raw.split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !pair.is_empty() {
                let value_at = begin + name.len() + 1;
                fields.insert(decode(name, begin)?, RawField::from(decode(value, value_at)?))?;
            }
            begin += pair.len() + 1;
        }
        Ok(fields)
    }

    /// Parses a form.
    pub(super) fn from_form(raw: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(raw).map_err(|fault| Error::from(UNREADABLE).at(fault.valid_up_to()))?;
        Self::from_urlencoded(text)
    }

    pub(super) fn from_json(whole: &[u8]) -> Result<Self, Error> {
        // A byte order mark may be ignored (RFC 8259 §8.1).
        let raw = whole.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(whole);
        let mut refusal = None;
        let mut deserializer = serde_json::Deserializer::from_slice(raw);
        let fields = deserializer.deserialize_map(FieldsVisitor { refusal: &mut refusal });
        let fields = fields.and_then(|fields| deserializer.end().map(|()| fields));
        fields.map_err(|error| match refusal {
            Some(refusal) => refusal.into(),
            None if error.is_data() => NOT_AN_OBJECT.into(),
            None => Error::from(UNREADABLE).at(whole.len() - raw.len() + offset(raw, &error)),
        })
    }

    pub(super) fn insert(&mut self, name: String, value: RawField) -> Result<(), Refusal> {
        if self.fields.insert(name, value).is_some() {
            return Err(REPEATED);
        }
        if self.fields.len() > MAX_FIELDS { Err(UNREADABLE) } else { Ok(()) }
    }
}

/// Maximum number of fields. No route has twenty, and each field takes more memory than its length.
const MAX_FIELDS: usize = 1000;

/// Decodes a name or value that starts at this byte offset. `form_urlencoded` would replace invalid UTF-8 with
/// U+FFFD. Here such values are rejected.
pub(super) fn decode(part: &str, begin: usize) -> Result<String, Error> {
    let spaced = part.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded.map(Cow::into_owned).map_err(|_| Error::from(UNREADABLE).at(begin))
}

/// Returns the byte offset of a syntax error. The parser reports lines and columns, starting at one.
fn offset(raw: &[u8], fault: &serde_json::Error) -> usize {
    if fault.is_eof() {
        return raw.len();
    }
    let lines = raw.split_inclusive(|byte| *byte == b'\n').take(fault.line().saturating_sub(1));
    let before: usize = lines.map(<[u8]>::len).sum();
    (before + fault.column().saturating_sub(1)).min(raw.len())
}

/// Parses the members of a JSON object.
struct FieldsVisitor<'a> {
    /// Set if the JSON is well-formed but a member is rejected, such as a repeated one.
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
                other => RawField::Json(RawJson(other)),
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
pub(in crate::http) struct Query(pub(in crate::http) Fields);

impl Query {
    /// Removes and returns the parameter with this name.
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

/// Token in the link of a page. A malformed or repeated token is treated as missing, so that the page shows its own
/// error. Other parameters are ignored, because email clients and trackers add some.
#[derive(Debug)]
pub(in crate::http) struct Link(pub(in crate::http) RawField);

impl FromRequestParts<AppState> for Link {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        let mut tokens = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "token");
        let token = match (tokens.next(), tokens.next()) {
            (Some((_, token)), None) if !token.contains('\u{FFFD}') => RawField::from(&*token),
            _ => RawField::Missing,
        };
        Ok(Self(token))
    }
}
