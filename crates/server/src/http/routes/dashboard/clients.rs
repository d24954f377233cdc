//! Clients: applications that sign users in through the server.

use axum::response::Response;
use serde_json::{Value, json};

use super::{
    act,
    answer::{not_found, show},
    desk::Desk,
    form::Form,
    forms_client::{CLIENT_FORMS, ROTATE_SECRET},
    posted::Posted,
    server::show_list,
    subject::{Subject, segment},
    users::call_line,
};

/// Shows a page of clients.
pub(super) async fn list(desk: Desk) -> Response {
    let Some(realm) = desk.realm() else { return not_found() };
    show_list(&desk, &format!("/realms/{}/clients", segment(realm)), "dash_clients.html", "clients").await
}

/// Returns whether the form is offered for the client. A client of the settings is changed there.
fn is_offered(form: &Form, client: &Value) -> bool {
    let has_secret = client.get("auth").and_then(Value::as_str).is_some_and(|auth| auth.starts_with("client_secret"));
    client.get("declared") != Some(&json!(true)) && (form.name != ROTATE_SECRET || has_secret)
}

/// Shows a client.
pub(super) async fn page(desk: Desk) -> Response {
    let subject = match desk.client().await {
        Ok(subject) => subject,
        Err(page) => return page,
    };
    let offered = |in_zone: bool| {
        let fits = |form: &&Form| form.more.in_zone == in_zone && is_offered(form, &subject.now);
        let button = |form: &Form| json!({ "name": form.name, "title": form.title, "is_danger": form.more.is_danger, "is_plain": false });
        CLIENT_FORMS.iter().filter(fits).map(button).collect::<Vec<_>>()
    };
    let values = json!({
        "client": subject.now, "page": subject.page, "actions": offered(false), "zone": offered(true),
        "calls": [call_line(&desk, &subject.api)],
    });
    show(&desk, "dash_client.html", subject.section, values)
}

/// Returns the form named in the path, and the client.
async fn of_path(desk: &Desk) -> Result<(&'static Form, Subject), Response> {
    let form = CLIENT_FORMS.iter().find(|form| form.name == desk.part("form")).ok_or_else(not_found)?;
    let mut subject = desk.client().await?;
    if !is_offered(form, &subject.now) {
        return Err(not_found());
    }
    if let Some(now) = subject.now.as_object_mut() {
        // The box is not ticked at first.
        now.insert("now".to_owned(), json!(""));
    }
    Ok((form, subject))
}

/// Displays a form for a client.
pub(super) async fn form(desk: Desk) -> Response {
    match of_path(&desk).await {
        Ok((form, subject)) => act::form(&desk, form, &subject),
        Err(page) => page,
    }
}

/// Submits a form for a client.
pub(super) async fn act(Posted { desk, fields }: Posted) -> Response {
    match of_path(&desk).await {
        Ok((form, subject)) => act::act(&desk, form, &subject, fields).await,
        Err(page) => page,
    }
}
