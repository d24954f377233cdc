//! Realms, administrators, API keys and servers.

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act,
    answer::{not_found, show},
    desk::Desk,
    form::Form,
    forms_client::NEW_CLIENT,
    forms_server::{ADMIN_FORMS, KEY_FORMS, NEW_ADMIN, NEW_KEY, REALM_FORMS, RETIRE, ROTATE, ROTATE_AUDIT},
    posted::Posted,
    subject::{Subject, segment},
    users::call_line,
};

/// Shows a page of a list returned by one API call.
pub(super) async fn show_list(desk: &Desk, call: &str, template: &'static str, section: &str) -> Response {
    let call = at_cursor(desk, call);
    match desk.get(&call).await {
        Ok(answer) => {
            let (before, after) = (place(&answer, "prev"), place(&answer, "next"));
            let values = json!({
                "answer": answer, "before": before, "after": after, "calls": [call_line(desk, &call)],
            });
            show(desk, template, section, values)
        }
        Err(page) => page,
    }
}

/// Returns the API call for the page of a list that the URL asks for.
fn at_cursor(desk: &Desk, call: &str) -> String {
    match desk.parameter("cursor") {
        Some(cursor) => format!("{call}?cursor={}", segment(cursor)),
        None => call.to_owned(),
    }
}

/// Returns the query of the page before or after an answer.
fn place(answer: &Value, name: &str) -> Option<String> {
    answer.get(name)?.as_str().map(|cursor| format!("cursor={}", segment(cursor)))
}

pub(super) async fn realms(desk: Desk) -> Response {
    show_list(&desk, "/realms", "dash_realms.html", "realms").await
}

pub(super) async fn nodes(desk: Desk) -> Response {
    show_list(&desk, "/nodes", "dash_nodes.html", "nodes").await
}

pub(super) async fn admins(desk: Desk) -> Response {
    show_list(&desk, "/admins", "dash_admins.html", "admins").await
}

/// Shows the keys of programs, and those that sign access tokens and the audit trail.
pub(super) async fn keys(desk: Desk) -> Response {
    let calls = [at_cursor(&desk, "/admin-keys"), "/signing-keys".to_owned(), "/audit/keys".to_owned()];
    let [programs, signing, audit] = calls.each_ref().map(|call| desk.get(call));
    match (programs.await, signing.await, audit.await) {
        (Ok(programs), Ok(signing), Ok(audit)) => {
            let (before, after) = (place(&programs, "prev"), place(&programs, "next"));
            let calls = calls.each_ref().map(|call| call_line(&desk, call));
            let values = json!({
                "answer": programs, "signing": signing, "audit": audit,
                "before": before, "after": after, "calls": calls,
            });
            show(&desk, "dash_keys.html", "keys", values)
        }
        (Err(page), ..) | (_, Err(page), _) | (.., Err(page)) => page,
    }
}

/// Shows an administrator.
pub(super) async fn admin(desk: Desk) -> Response {
    let subject = match desk.listed("/admins", "admins").await {
        Ok(subject) => subject,
        Err(page) => return page,
    };
    let status = subject.now.get("status").and_then(|status| status.as_str()).unwrap_or_default();
    let offered = |in_zone: bool| {
        let fits = |form: &&Form| form.is_for(status) && form.more.in_zone == in_zone;
        let button = |form: &Form| json!({ "name": form.name, "title": form.title, "is_danger": form.more.is_danger, "is_plain": false });
        ADMIN_FORMS.iter().filter(fits).map(button).collect::<Vec<_>>()
    };
    let values = json!({
        "admin": subject.now, "page": subject.page, "actions": offered(false), "zone": offered(true),
        "calls": [call_line(&desk, "/admins")],
    });
    show(&desk, "dash_admin.html", "admins", values)
}

/// Returns the form named in the path, and its subject.
async fn of_path(desk: &Desk) -> Result<(&'static Form, Subject), Response> {
    let find = |forms: &'static [Form]| forms.iter().find(|form| form.name == desk.part("form"));
    let page = desk.page.trim_start_matches('/');
    match page.split('/').next() {
        Some("realms") if desk.part("form") == NEW_CLIENT.name => {
            Ok((&NEW_CLIENT, desk.of_new_client().ok_or_else(not_found)?))
        }
        Some("realms") => Ok((find(REALM_FORMS).ok_or_else(not_found)?, desk.of_realm().ok_or_else(not_found)?)),
        Some("admins") if desk.part("id").is_empty() => Ok((&NEW_ADMIN, desk.of_list("/admins", "admins"))),
        Some("admins") => Ok((find(ADMIN_FORMS).ok_or_else(not_found)?, desk.listed("/admins", "admins").await?)),
        Some("keys") if page.ends_with("/rotate") => Ok((&ROTATE, desk.of_list("/signing-keys/rotate", "keys"))),
        Some("keys") if page.ends_with("/rotate-audit") => {
            Ok((&ROTATE_AUDIT, desk.of_list("/audit/keys/rotate", "keys")))
        }
        Some("keys") if desk.part("form") == RETIRE.name => Ok((&RETIRE, desk.of_signing_key())),
        Some("keys") if desk.part("id").is_empty() => Ok((&NEW_KEY, desk.of_list("/admin-keys", "keys"))),
        Some("keys") => Ok((find(KEY_FORMS).ok_or_else(not_found)?, desk.listed("/admin-keys", "keys").await?)),
        _ => Err(not_found()),
    }
}

/// Displays a form.
pub(super) async fn form(desk: Desk) -> Response {
    match of_path(&desk).await {
        Ok((form, subject)) => act::form(&desk, form, &subject),
        Err(page) => page,
    }
}

/// Submits a form.
pub(super) async fn act(Posted { desk, fields }: Posted) -> Response {
    match of_path(&desk).await {
        Ok((form, subject)) => act::act(&desk, form, &subject, fields).await,
        Err(page) => page,
    }
}
