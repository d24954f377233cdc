//! Forms. Each is described by its fields and submitted as one API call.

use axum::http::Method;
use portcullis_core::admin::AdminRole;
use serde_json::{Map, Value, json};

use super::can::Need;
use crate::http::extract::Fields;

/// A form of the dashboard.
#[derive(Debug)]
pub(super) struct Form {
    /// Last segment of the page's path.
    pub(super) name: &'static str,
    pub(super) need: Need,
    pub(super) method: Verb,
    /// Path of the API call relative to its subject. `{item}` is replaced by the last segment of the page's path.
    pub(super) call: &'static str,
    pub(super) title: &'static str,
    /// Description of the effect.
    pub(super) lead: &'static str,
    pub(super) button: &'static str,
    pub(super) inputs: &'static [Input],
    /// Members added to every call.
    pub(super) always: &'static [(&'static str, Fixed)],
    pub(super) more: More,
    /// Code of the success message.
    pub(super) done: &'static str,
}

/// HTTP method of a state-changing call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verb {
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// Further properties of a form.
#[derive(Clone, Copy, Debug)]
pub(super) struct More {
    /// Whether the action cannot be undone.
    pub(super) is_danger: bool,
    /// Whether the call requires the revision of the displayed state.
    pub(super) has_revision: bool,
    /// Whether the subject no longer exists afterwards.
    pub(super) removes: bool,
    /// Member of the response that is shown only once, with its label.
    pub(super) once: Option<(&'static str, &'static str)>,
    /// Statuses of a user for which the form is offered. Empty means all.
    pub(super) statuses: &'static [&'static str],
    /// Whether the form is in the danger zone of the page.
    pub(super) in_zone: bool,
    /// Whether the form adds an entry that has a page.
    pub(super) opens: bool,
}

impl More {
    /// No further properties.
    pub(super) const NONE: Self = Self {
        is_danger: false,
        has_revision: false,
        removes: false,
        once: None,
        statuses: &[],
        in_zone: false,
        opens: false,
    };
}

/// A constant JSON field that a form always sends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fixed {
    Yes,
    Word(&'static str),
}

/// A field of a form.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) hint: &'static str,
    pub(super) kind: Kind,
}

/// Type of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Omitted if empty.
    Text,
    /// Sent as `null` if empty.
    Clearable,
    Email,
    Phone,
    /// Reason for the action. Sent even if it is empty, so that the API reports the error.
    Reason,
    /// Words separated by spaces or commas.
    Words,
    /// A time in UTC, to the minute.
    Time,
    Number,
    /// Checkbox. Sent as `false` if it is not checked.
    Switch,
    /// A JSON object.
    Json,
    /// A JSON object. Sent as `null` if empty.
    ClearableJson,
    /// Entries on a line each.
    Lines,
    /// One of a list. The empty word is sent as `null`.
    Choice(&'static [(&'static str, &'static str)]),
    /// No field, but the heading of those that follow.
    Group,
    /// Grants, chosen in a table of roles and realms.
    Grants,
    /// Multiple choice from a list.
    Several(&'static [(&'static str, &'static str)]),
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Text | Self::Clearable | Self::Words => "text",
            Self::Email => "email",
            Self::Phone => "tel",
            Self::Reason => "reason",
            Self::Time => "datetime-local",
            Self::Number => "number",
            Self::Switch => "tick",
            Self::Json | Self::ClearableJson => "json",
            Self::Lines => "lines",
            Self::Choice(_) => "choice",
            Self::Group => "group",
            Self::Grants => "grants",
            Self::Several(_) => "several",
        }
    }
}

/// Returns the roles of a grant, lowest first. Impersonation is a separate right, listed last.
pub(super) fn roles() -> Vec<&'static str> {
    let (beside, ranks): (Vec<AdminRole>, _) =
        AdminRole::ALL.into_iter().partition(|role| *role == AdminRole::Impersonate);
    ranks.into_iter().chain(beside).map(AdminRole::as_str).collect()
}

/// Submitted form fields, converted for the API call.
pub(super) struct Typed {
    pub(super) body: Map<String, Value>,
    /// Values to redisplay in each field.
    shown: Map<String, Value>,
}

impl Form {
    /// Parses the submitted fields, with grants for these places. Fields that the form does not define are not sent to
    /// the API.
    pub(super) fn read(&self, fields: &mut Fields, places: &[String]) -> Typed {
        let mut typed = Typed { body: Map::new(), shown: Map::new() };
        for (name, fixed) in self.always {
            let value = match fixed {
                Fixed::Yes => json!(true),
                Fixed::Word(word) => json!(word),
            };
            typed.body.insert((*name).to_owned(), value);
        }
        for input in self.inputs {
            let (shown, sent) = input.read(fields, places);
            typed.shown.insert(input.name.to_owned(), shown);
            if let Some(sent) = sent {
                typed.body.insert(input.name.to_owned(), sent);
            }
        }
        typed
    }

    /// Returns the fields for the template, with their submitted or current values and their errors.
    pub(super) fn fields(&self, now: &Value, typed: Option<&Typed>, wrong: impl Fn(&str) -> String) -> Vec<Value> {
        let field = |input: &Input| {
            let shown = typed.and_then(|typed| typed.shown.get(input.name).cloned());
            let options = match input.kind {
                Kind::Several(options) | Kind::Choice(options) => {
                    options.iter().map(|(word, label)| json!([word, label])).collect()
                }
                _ => Vec::new(),
            };
            json!({
                "name": input.name, "label": input.label, "hint": input.hint, "kind": input.kind.as_str(), "options": options,
                "value": shown.unwrap_or_else(|| input.present(now)), "error": wrong(input.name),
            })
        };
        self.inputs.iter().map(field).collect()
    }

    /// Returns the text fields whose current value is another one than the submitted one, with the current value.
    pub(super) fn differing(&self, now: &Value, typed: &Typed) -> Vec<(&'static str, String)> {
        let differing = |input: &Input| {
            now.get(input.name).filter(|value| value.is_boolean() || !matches!(input.kind, Kind::Switch))?;
            let (saved, shown) = (input.present(now), typed.shown.get(input.name)?.as_str()?.lines());
            let saved = saved.as_str()?;
            let is_same = saved.lines().map(str::trim).eq(shown.map(str::trim));
            (!is_same).then(|| (input.name, saved.lines().collect::<Vec<_>>().join(", ")))
        };
        self.inputs.iter().filter_map(differing).collect()
    }

    /// Returns whether the form is offered for a user status.
    pub(super) fn is_for(&self, status: &str) -> bool {
        self.more.statuses.is_empty() || self.more.statuses.contains(&status)
    }
}

impl Input {
    pub(super) const fn new(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Self {
        Self { name, label, hint, kind }
    }

    /// Returns the value to redisplay and the value for the API call.
    fn read(&self, fields: &mut Fields, places: &[String]) -> (Value, Option<Value>) {
        let ticked = |fields: &mut Fields, words: Vec<String>| {
            let is_ticked = |word: &String| fields.take(&format!("{}:{word}", self.name)).text().is_some();
            let ticked: Vec<String> = words.into_iter().filter(is_ticked).collect();
            (json!(ticked), Some(json!(ticked)))
        };
        match self.kind {
            Kind::Grants => return ticked(fields, all_grants(places)),
            Kind::Several(options) => {
                return ticked(fields, options.iter().map(|(word, _)| (*word).to_owned()).collect());
            }
            _ => {}
        }
        let field = match self.kind {
            Kind::Email => fields.take_address(self.name),
            _ => fields.take(self.name),
        };
        let text = field.text().map(str::trim).unwrap_or_default();
        let filled = Some(text).filter(|text| !text.is_empty());
        let sent = match self.kind {
            Kind::Text | Kind::Email | Kind::Phone => filled.map(|text| json!(text)),
            Kind::Clearable | Kind::Choice(_) => Some(filled.map_or(Value::Null, |text| json!(text))),
            Kind::Reason => Some(json!(text)),
            Kind::Words => Some(json!(words(text))),
            Kind::Time => filled.map(|text| json!(format!("{text}:00Z"))),
            Kind::Number => filled.map(|text| text.parse::<u32>().map_or_else(|_| json!(text), |number| json!(number))),
            Kind::Switch => Some(json!(filled.is_some())),
            Kind::Lines => Some(json!(lines(text))),
            Kind::ClearableJson if filled.is_none() => Some(Value::Null),
            // Invalid JSON is passed on, so that the API reports the error.
            Kind::Json | Kind::ClearableJson => Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
            Kind::Grants | Kind::Several(_) | Kind::Group => None,
        };
        (json!(text), sent)
    }

    /// Returns the displayed form of the current value.
    fn present(&self, now: &Value) -> Value {
        let value = now.get(self.name).unwrap_or(&Value::Null);
        match (self.kind, value) {
            (Kind::Grants | Kind::Several(_), list) => list.clone(),
            (Kind::Json | Kind::ClearableJson, Value::Object(_)) => {
                json!(serde_json::to_string_pretty(value).unwrap_or_default())
            }
            (Kind::Words, Value::Array(words)) => {
                json!(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
            }
            (Kind::Lines, Value::Array(lines)) => {
                json!(lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n"))
            }
            (Kind::Switch, Value::Null | Value::Bool(true)) => json!("true"),
            (_, Value::String(_)) => value.clone(),
            _ => json!(""),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split([' ', ',', '\n', '\r']).filter(|word| !word.is_empty()).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

fn all_grants(places: &[String]) -> Vec<String> {
    let of = |place: &String| roles().into_iter().map(|role| format!("{role}@{place}")).collect::<Vec<_>>();
    places.iter().flat_map(of).collect()
}
