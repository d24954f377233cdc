//! Forms: each is a call of the API, described by its fields.

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::can::Need;
use crate::http::extract::Fields;

/// A form of the dashboard.
#[derive(Debug)]
pub(super) struct Form {
    /// Last part of the page's path.
    pub(super) name: &'static str,
    pub(super) need: Need,
    pub(super) method: Verb,
    /// Path of the call below that of its noun; `{item}` stands for the last part of the page's path.
    pub(super) call: &'static str,
    pub(super) title: &'static str,
    /// What happens.
    pub(super) lead: &'static str,
    pub(super) button: &'static str,
    pub(super) inputs: &'static [Input],
    /// Members that the call always has.
    pub(super) always: &'static [(&'static str, Fixed)],
    pub(super) more: More,
    /// Word for what was done.
    pub(super) done: &'static str,
}

/// Method of a call that changes something.
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

/// What else a form has.
#[derive(Clone, Copy, Debug)]
pub(super) struct More {
    /// Whether it cannot be undone.
    pub(super) is_danger: bool,
    /// Whether the call needs the revision that was seen.
    pub(super) has_revision: bool,
    /// Whether the noun is gone afterwards.
    pub(super) removes: bool,
    /// Member of the answer that is shown once, and what it is.
    pub(super) once: Option<(&'static str, &'static str)>,
    /// Statuses of a user in which it is offered; all, if there are none.
    pub(super) statuses: &'static [&'static str],
    /// Whether it waits in the zone of dangerous actions.
    pub(super) in_zone: bool,
}

impl More {
    /// Nothing else.
    pub(super) const NONE: Self =
        Self { is_danger: false, has_revision: false, removes: false, once: None, statuses: &[], in_zone: false };
}

/// A member that is always the same.
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

/// What a field takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Left out if it is empty.
    Text,
    /// `null` if it is empty.
    Clearable,
    Email,
    Phone,
    /// Always sent.
    Reason,
    /// Words between spaces or commas.
    Words,
    /// A minute in UTC.
    Time,
    Number,
    /// Sent as `false` if it is not ticked.
    Switch,
    /// A JSON object.
    Json,
    /// Roles in realms, ticked in a table.
    Grants,
    /// Words of a list, each ticked.
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
            Self::Json => "json",
            Self::Grants => "grants",
            Self::Several(_) => "several",
        }
    }
}

/// Roles of a grant, the least first.
pub(super) const ROLES: [&str; 5] = ["auditor", "support", "manager", "owner", "impersonate"];

/// What was typed into a form, in the form of the call.
pub(super) struct Typed {
    pub(super) body: Map<String, Value>,
    /// What each field shows again.
    shown: Map<String, Value>,
}

impl Form {
    /// Reads the fields. Only those of the form reach the API.
    pub(super) fn read(&self, fields: &mut Fields, realms: &[String]) -> Typed {
        let mut typed = Typed { body: Map::new(), shown: Map::new() };
        for (name, fixed) in self.always {
            let value = match fixed {
                Fixed::Yes => json!(true),
                Fixed::Word(word) => json!(word),
            };
            typed.body.insert((*name).to_owned(), value);
        }
        for input in self.inputs {
            let (shown, sent) = input.read(fields, realms);
            typed.shown.insert(input.name.to_owned(), shown);
            if let Some(sent) = sent {
                typed.body.insert(input.name.to_owned(), sent);
            }
        }
        typed
    }

    /// Returns the fields as the page shows them, with what was typed or what is there now, and what is wrong.
    pub(super) fn fields(&self, now: &Value, typed: Option<&Typed>, wrong: impl Fn(&str) -> String) -> Vec<Value> {
        let field = |input: &Input| {
            let shown = typed.and_then(|typed| typed.shown.get(input.name).cloned());
            let options = match input.kind {
                Kind::Several(options) => options.iter().map(|(word, label)| json!([word, label])).collect(),
                _ => Vec::new(),
            };
            json!({
                "name": input.name, "label": input.label, "hint": input.hint, "kind": input.kind.as_str(), "options": options,
                "value": shown.unwrap_or_else(|| input.present(now)), "error": wrong(input.name),
            })
        };
        self.inputs.iter().map(field).collect()
    }

    /// Returns whether it is offered for a status of a user.
    pub(super) fn is_for(&self, status: &str) -> bool {
        self.more.statuses.is_empty() || self.more.statuses.contains(&status)
    }
}

impl Input {
    pub(super) const fn new(name: &'static str, label: &'static str, hint: &'static str, kind: Kind) -> Self {
        Self { name, label, hint, kind }
    }

    /// Returns what the field shows again, and what the call has.
    fn read(&self, fields: &mut Fields, realms: &[String]) -> (Value, Option<Value>) {
        let ticked = |fields: &mut Fields, words: Vec<String>| {
            let is_ticked = |word: &String| fields.take(&format!("{}:{word}", self.name)).text().is_some();
            let ticked: Vec<String> = words.into_iter().filter(is_ticked).collect();
            (json!(ticked), Some(json!(ticked)))
        };
        match self.kind {
            Kind::Grants => return ticked(fields, all_grants(realms)),
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
            Kind::Clearable => Some(filled.map_or(Value::Null, |text| json!(text))),
            Kind::Reason => Some(json!(text)),
            Kind::Words => Some(json!(words(text))),
            Kind::Time => filled.map(|text| json!(format!("{text}:00Z"))),
            Kind::Number => filled.map(|text| text.parse::<u32>().map_or_else(|_| json!(text), |number| json!(number))),
            Kind::Switch => Some(json!(filled.is_some())),
            // What is no JSON is refused by the API, in its words.
            Kind::Json => Some(serde_json::from_str(text).unwrap_or_else(|_| json!(text))),
            Kind::Grants | Kind::Several(_) => None,
        };
        (json!(text), sent)
    }

    /// Returns what the field shows of what is there now.
    fn present(&self, now: &Value) -> Value {
        let value = now.get(self.name).unwrap_or(&Value::Null);
        match (self.kind, value) {
            (Kind::Grants | Kind::Several(_), list) => list.clone(),
            (Kind::Json, Value::Object(_)) => json!(serde_json::to_string_pretty(value).unwrap_or_default()),
            (Kind::Words, Value::Array(words)) => {
                json!(words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "))
            }
            (Kind::Switch, Value::Null) => json!("true"),
            (_, Value::String(_)) => value.clone(),
            _ => json!(""),
        }
    }
}

fn words(text: &str) -> Vec<&str> {
    text.split([' ', ',', '\n', '\r']).filter(|word| !word.is_empty()).collect()
}

fn all_grants(realms: &[String]) -> Vec<String> {
    let places = std::iter::once("*").chain(realms.iter().map(String::as_str));
    places.flat_map(|realm| ROLES.map(|role| format!("{role}@{realm}"))).collect()
}
