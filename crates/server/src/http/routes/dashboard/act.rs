//! Displays forms and submits them to the API.

use axum::{http::StatusCode, response::Response};
use serde_json::{Map, Value, json};

use super::{
    answer::{go, not_for_this_role, refused, show, show_with},
    desk::Desk,
    form::{Form, More, Typed},
    proof,
    subject::{Subject, segment},
    words,
};
use crate::http::{
    admin_api::{Answer, Call},
    extract::Fields,
    problem::REFUSED_FORM,
};

/// Validation errors of a form.
#[derive(Default)]
pub(super) struct Wrong {
    pub(super) fields: Vec<(String, String)>,
    pub(super) problem: String,
    /// Whether the administrator must authenticate again.
    pub(super) needs_proof: bool,
}

impl Wrong {
    fn of(answer: &Answer) -> Self {
        let faults =
            answer.faults().map(|(field, code, detail)| (field.to_owned(), words::fault(code, detail).to_owned()));
        let fields: Vec<(String, String)> = faults.collect();
        let problem = if fields.is_empty() {
            words::problem(answer.code(), answer.text("detail")).to_owned()
        } else {
            String::new()
        };
        Self { fields, problem, needs_proof: false }
    }

    /// Returns the error of a form whose subject was changed in the meantime, with the values that differ, so that they
    /// are not replaced unseen when the form is submitted again.
    fn outdated(form: &Form, typed: &Typed, now: &Value, answer: &Answer) -> Self {
        let saved = form.differing(now, typed).into_iter().map(|(name, value)| {
            let value = if value.is_empty() { "(empty)" } else { value.as_str() };
            (name.to_owned(), format!("Saved value: {value}"))
        });
        Self { fields: saved.collect(), ..Self::of(answer) }
    }

    fn field(&self, name: &str) -> String {
        let found = self.fields.iter().find(|(field, _)| field == name || field.starts_with(&format!("{name}.")));
        found.map(|(_, error)| error.clone()).unwrap_or_default()
    }
}

/// Displays a form.
pub(super) fn form(desk: &Desk, form: &Form, subject: &Subject) -> Response {
    if !desk.can().meet(form.need) {
        return not_for_this_role(desk);
    }
    show(desk, "dash_form.html", subject.section, values(desk, form, subject, (None, &Wrong::default())))
}

/// Calls the API for a form, after authenticating again if a password or code was entered. The API checks the role, and
/// records a rejection in the audit trail.
pub(super) async fn act(desk: &Desk, form: &Form, subject: &Subject, mut fields: Fields) -> Response {
    let is_offered = desk.can().meet(form.need);
    let typed = form.read(&mut fields, &places(desk, subject));
    let again = |status: StatusCode, wrong: &Wrong| {
        let values = values(desk, form, subject, (Some(&typed), wrong));
        show_with(desk, status, "dash_form.html", (subject.section, values))
    };
    if is_offered && let Err(wrong) = proof::take(desk, &mut fields).await {
        return again(REFUSED_FORM, &wrong);
    }
    let revision = form.more.has_revision.then(|| fields.take("revision").text().unwrap_or_default().to_owned());
    let path = format!("{}{}", subject.api, form.call.replace("{item}", &segment(desk.part("item"))));
    let has_body = !(form.inputs.is_empty() && form.always.is_empty());
    let body = has_body.then(|| Value::Object(typed.body.clone()));
    match desk.call(Call::of(form.method.into(), path, body).at(revision)).await {
        Ok(answer) => done(desk, form, subject, &answer),
        Err(answer) if answer.code() == "auth.stale" => {
            again(REFUSED_FORM, &Wrong { needs_proof: true, ..Wrong::default() })
        }
        Err(answer) if !is_offered || ["admin.sign_in", "not_found"].contains(&answer.code()) => refused(desk, &answer),
        Err(answer) if answer.code() == "revision.stale" => {
            again(answer.status, &Wrong::outdated(form, &typed, &subject.now, &answer))
        }
        Err(answer) => again(answer.status, &Wrong::of(&answer)),
    }
}

/// Redirects to the page of the subject, or displays a result that is shown only once.
fn done(desk: &Desk, form: &Form, subject: &Subject, answer: &Answer) -> Response {
    let id = answer.text("id");
    let page = match form.more {
        More { opens: true, .. } if !id.is_empty() => format!("{}/{id}", subject.list),
        More { removes: true, .. } => subject.list.clone(),
        _ => subject.page.clone(),
    };
    if let Some((member, label)) = form.more.once
        && !answer.text(member).is_empty()
    {
        let values = json!({ "title": form.title, "label": label, "secret": answer.text(member), "next": page });
        return show(desk, "dash_once.html", subject.section, values);
    }
    go(&desk.state, &format!("{page}?done={}", form.done))
}

/// Returns the places of grants: all realms, those within reach, and those of existing grants for realms that are no
/// longer configured. The latter are shown, so that changing other grants does not remove them.
fn places(desk: &Desk, subject: &Subject) -> Vec<String> {
    let held = subject.now.get("grants").and_then(Value::as_array).into_iter().flatten();
    let held = held.filter_map(|grant| grant.as_str()?.split_once('@').map(|(_, realm)| realm.to_owned()));
    let mut places: Vec<String> = Vec::new();
    for place in std::iter::once("*".to_owned()).chain(desk.realms.iter().cloned()).chain(held) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

fn values(desk: &Desk, form: &Form, subject: &Subject, (typed, wrong): (Option<&Typed>, &Wrong)) -> Value {
    let fields = form.fields(&subject.now, typed, |name| wrong.field(name));
    let inputs = form.inputs.iter().map(|input| input.name).filter(|name| !name.is_empty());
    let known: Vec<&str> = inputs.chain(proof::FIELDS).collect();
    // Errors of fields that the form does not contain.
    let others = wrong.fields.iter().filter(|(field, _)| !known.iter().any(|name| field.starts_with(name)));
    let others: Vec<String> = others.map(|(field, error)| format!("{field}: {error}")).collect();
    let problem = if others.is_empty() { wrong.problem.clone() } else { others.join(" ") };
    let faults: Map<String, Value> =
        proof::FIELDS.map(|name| (name.to_owned(), json!(wrong.field(name)))).into_iter().collect();
    let is_wrong = !problem.is_empty() || !wrong.fields.is_empty() || wrong.needs_proof;
    json!({
        "title": form.title, "lead": form.lead, "button": form.button, "is_danger": form.more.is_danger,
        "fields": fields, "roles": super::form::roles(), "scopes": places(desk, subject), "name": subject.name, "back": subject.page,
        "revision": subject.now.get("revision").filter(|_| form.more.has_revision),
        "problem": problem, "is_wrong": is_wrong, "proof": wrong.needs_proof, "proof_errors": faults,
    })
}
