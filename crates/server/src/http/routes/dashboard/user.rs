//! Details page of a user.

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act,
    answer::{not_found, show},
    desk::Desk,
    form::Form,
    forms_user::{FORMS, ITEM_FORMS},
    posted::Posted,
    subject::segment,
    users::call_line,
};

/// Shows a user, limited to what the administrator's role permits.
pub(super) async fn page(desk: Desk) -> Response {
    let subject = match desk.user().await {
        Ok(subject) => subject,
        Err(page) => return page,
    };
    let status = subject.now.get("status").and_then(Value::as_str).unwrap_or_default();
    let is_user = ["active", "locked"].contains(&status);
    let (can, call) = (desk.can(), desk.user_call());
    let sessions = match is_user && can.meet(super::can::Need::Assist) {
        true => desk.get_if_allowed(&format!("{call}/sessions")).await,
        false => None,
    };
    let of_user = format!("realm={}&user={}&limit=10", segment(desk.part("realm")), segment(desk.part("id")));
    let audit = format!("/audit?{of_user}");
    let activity = if is_user { desk.get_if_allowed(&audit).await } else { None };
    let offered = |in_zone: bool| {
        let fits = |form: &&Form| can.meet(form.need) && form.is_for(status) && form.more.in_zone == in_zone;
        let button = |form: &Form| json!({ "name": form.name, "title": form.title, "is_danger": form.more.is_danger, "is_plain": form.inputs.is_empty() });
        FORMS.iter().filter(fits).map(button).collect::<Vec<_>>()
    };
    let mut calls = vec![call_line(&desk, &call)];
    let parts = [(sessions.is_some(), format!("{call}/sessions")), (activity.is_some(), audit)];
    calls.extend(parts.into_iter().filter(|(is_shown, _)| *is_shown).map(|(_, path)| call_line(&desk, &path)));
    let values = json!({
        "user": subject.now, "page": subject.page, "sessions": sessions, "activity": activity,
        "actions": offered(false), "zone": offered(true), "calls": calls,
    });
    show(&desk, "dash_user.html", "users", values)
}

/// Shows the applications that may use the account.
pub(super) async fn apps(desk: Desk) -> Response {
    let subject = match desk.user().await {
        Ok(subject) => subject,
        Err(page) => return page,
    };
    let call = format!("{}/grants", desk.user_call());
    match desk.get(&call).await {
        Ok(answer) => {
            let values = json!({
                "user": subject.now, "page": subject.page, "answer": answer, "calls": [call_line(&desk, &call)],
            });
            show(&desk, "dash_user_apps.html", "users", values)
        }
        Err(page) => page,
    }
}

fn of_path(desk: &Desk) -> Option<&'static Form> {
    let forms = if desk.part("item").is_empty() { FORMS } else { ITEM_FORMS };
    forms.iter().find(|form| form.name == desk.part("form"))
}

/// Displays a form for a user.
pub(super) async fn form(desk: Desk) -> Response {
    let Some(form) = of_path(&desk) else { return not_found() };
    match desk.user().await {
        Ok(subject) => act::form(&desk, form, &subject),
        Err(page) => page,
    }
}

/// Submits a form for a user.
pub(super) async fn act(Posted { desk, fields }: Posted) -> Response {
    let Some(form) = of_path(&desk) else { return not_found() };
    match desk.user().await {
        Ok(subject) => act::act(&desk, form, &subject, fields).await,
        Err(page) => page,
    }
}
