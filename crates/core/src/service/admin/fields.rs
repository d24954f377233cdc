//! Fields of administrative requests.

use crate::{
    account::Role,
    admin::{FreshVerb, Grant, Grants},
    clock::Timestamp,
    error::catalogue::{
        FIELD_MISSING, FIELD_NOT_BOOLEAN, GRANT_INVALID, REASON_MISSING, ROLE_INVALID, TIME_INVALID, VALUE_INVALID,
    },
    service::{FieldErrors, RawField, RawJson},
};

/// Allowed length of a reason, in characters.
const REASON: std::ops::RangeInclusive<usize> = 10..=500;
/// Maximum number of roles per user.
const MAX_ROLES: usize = 50;

impl FieldErrors {
    /// Parses the reason for a change.
    pub(super) fn reason(&mut self, given: &RawField) -> Option<String> {
        let reason = given.text().map(str::trim).filter(|text| REASON.contains(&text.chars().count()));
        if reason.is_none() {
            self.add(REASON_MISSING.of("reason"));
        }
        reason.map(str::to_owned)
    }

    /// Parses a list of roles. Duplicates are removed.
    pub(super) fn roles(&mut self, given: &RawField) -> Option<Vec<Role>> {
        let mut roles: Option<Vec<Role>> = match given {
            RawField::Missing => Some(Vec::new()),
            RawField::Json(RawJson(list)) => {
                list.as_array().and_then(|list| list.iter().map(|word| Role::parse(word.as_str()?)).collect())
            }
            RawField::NotText | RawField::Text(_) => None,
        };
        if let Some(roles) = &mut roles {
            roles.sort();
            roles.dedup();
        }
        let roles = roles.filter(|roles| roles.len() <= MAX_ROLES);
        if roles.is_none() {
            self.add(ROLE_INVALID.of("roles"));
        }
        roles
    }

    /// Parses a non-empty list of grants.
    pub(super) fn grants(&mut self, given: &RawField) -> Option<Grants> {
        let grants: Option<Vec<Grant>> = match given {
            RawField::Json(RawJson(list)) => {
                list.as_array().and_then(|list| list.iter().map(|word| Grant::parse(word.as_str()?)).collect())
            }
            RawField::Missing | RawField::NotText | RawField::Text(_) => None,
        };
        let grants = grants.filter(|grants| !grants.is_empty());
        if grants.is_none() {
            self.add(GRANT_INVALID.of("grants"));
        }
        grants.map(Grants::of)
    }

    /// Parses the actions that an API key may perform without recent authentication.
    pub(super) fn allow(&mut self, given: &RawField) -> Option<Vec<FreshVerb>> {
        let verbs = match given {
            RawField::Missing => Some(Vec::new()),
            RawField::Json(RawJson(list)) => {
                list.as_array().and_then(|list| list.iter().map(|word| FreshVerb::parse(word.as_str()?)).collect())
            }
            RawField::NotText | RawField::Text(_) => None,
        };
        if verbs.is_none() {
            self.add(VALUE_INVALID.of("allow"));
        }
        verbs
    }

    /// Parses a list of networks.
    pub(super) fn networks(&mut self, given: &RawField) -> Option<Vec<String>> {
        let networks = match given {
            RawField::Missing => Some(Vec::new()),
            RawField::Json(RawJson(list)) => {
                let network =
                    |word: &serde_json::Value| word.as_str().filter(|text| is_network(text)).map(str::to_owned);
                list.as_array().and_then(|list| list.iter().map(network).collect())
            }
            RawField::NotText | RawField::Text(_) => None,
        };
        if networks.is_none() {
            self.add(VALUE_INVALID.of("networks"));
        }
        networks
    }

    /// Parses a boolean. Defaults to `false`.
    pub(super) fn flag(&mut self, field: &'static str, given: &RawField) -> Option<bool> {
        let flag = match given {
            RawField::Missing => Some(false),
            RawField::Json(RawJson(value)) => value.as_bool(),
            RawField::Text(_) => given.text().and_then(|text| text.parse().ok()),
            RawField::NotText => None,
        };
        if flag.is_none() {
            self.add(FIELD_NOT_BOOLEAN.of(field));
        }
        flag
    }

    /// Parses one of the given values. Defaults to the first.
    pub(super) fn one_of<'w>(
        &mut self,
        field: &'static str,
        given: &RawField,
        words: &'w [&'static str],
    ) -> Option<&'w str> {
        let word = match given {
            RawField::Missing => words.first(),
            given => given.text().and_then(|text| words.iter().find(|word| **word == text)),
        };
        if word.is_none() {
            self.add(VALUE_INVALID.of(field));
        }
        word.copied()
    }

    /// Parses an optional time. The outer `None` means that it is malformed.
    pub(super) fn time(&mut self, field: &'static str, given: &RawField) -> Option<Option<Timestamp>> {
        match given {
            RawField::Missing => Some(None),
            given => {
                let time = given.text().and_then(Timestamp::parse);
                if time.is_none() {
                    self.add(TIME_INVALID.of(field));
                }
                time.map(Some)
            }
        }
    }

    /// Parses an optional time in the future.
    pub(super) fn later(&mut self, field: &'static str, given: &RawField, now: Timestamp) -> Option<Option<Timestamp>> {
        let time = self.time(field, given)?;
        if time.is_some_and(|time| time <= now) {
            self.add(TIME_INVALID.of(field));
            return None;
        }
        Some(time)
    }

    /// Parses a name of 1 to 64 characters.
    pub(super) fn title(&mut self, field: &'static str, given: &RawField) -> Option<String> {
        let text = self.text(field, given)?.trim();
        let is_fit = (1..=64).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        if !is_fit {
            self.add(FIELD_MISSING.of(field));
        }
        is_fit.then(|| text.to_owned())
    }
}

fn is_network(text: &str) -> bool {
    let (base, length) = text.split_once('/').map_or((text, None), |(base, length)| (base, Some(length)));
    let Ok(base) = base.parse::<std::net::IpAddr>() else { return false };
    let most = if base.is_ipv4() { 32 } else { 128 };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}
