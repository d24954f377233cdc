//! User input is shown as entered, and is never interpreted as markup or template code.

use serde_json::json;
use tempfile::TempDir;

use super::lay;
use crate::support::{Person, TestApp, json, problem};

/// Starts a server whose last email contains the name everywhere, and returns the email to a signed-in user with this
/// name.
async fn farewell(name: &str) -> serde_json::Value {
    let dir = TempDir::new().unwrap();
    let text = "Subject: Bye {{ name }} from {{ app_name }}\n\nBye {{ name }}!\n";
    let html = "<p title=\"{{ name }}\">{{ name }}</p>";
    lay(dir.path(), &[("mail_account_deleted.txt", text), ("mail_account_deleted.html", html)]);
    let folder = dir.path().to_str().unwrap();
    let app = TestApp::with(&[("TEMPLATES_DIR", folder), ("APP_NAME", "Salt & <b>Pepper</b>")]).await;
    let mut john = Person::new("john@example.com");
    let mut form = john.form();
    form["first_name"] = json!(name);
    let created = json(app.post_json("/User1/create", form).await, 200).await;
    john.id = created["id"].as_str().unwrap().to_owned();
    let john = john.verify(&app).await;
    let delete = app.request(reqwest::Method::DELETE, "/User1/delete").bearer_auth(john.log_in(&app).await);
    json(delete.query(&[("id", &john.id), ("email", &john.email)]).send().await.unwrap(), 200).await;
    app.mails().await[0].clone()
}

#[tokio::test]
async fn a_name_is_escaped_in_html_and_nowhere_else() {
    let mail = farewell("Zoë O'Brien").await;
    let escaped = "Zoë O&#39;Brien";
    assert_eq!(mail["html"], format!("<p title=\"{escaped}\">{escaped}</p>"));
    assert_eq!(mail["text"], "Bye Zoë O'Brien!\n");
    assert_eq!(mail["subject"], "Bye Zoë O'Brien from Salt & <b>Pepper</b>");
}

#[tokio::test]
async fn text_that_does_not_look_like_a_name_is_in_no_mail() {
    for name in ["<script>alert('x')&\"", "{{7*7}} {% raw %} ${7*7} #{7*7}", "Your account is locked, call 112"] {
        let mail = farewell(name).await;
        assert_eq!(mail["html"], "<p title=\"\"></p>", "{name}");
        assert_eq!(mail["subject"], "Bye from Salt & <b>Pepper</b>", "{name}");
    }
}

#[tokio::test]
async fn a_name_with_a_line_break_is_rejected_before_it_can_reach_a_mail() {
    let app = TestApp::start().await;
    for name in ["John\r\nBcc: all@example.com", "John\nDoe", "John\u{85}Doe", "John\u{2028}Doe", "John\0"] {
        let mut form = Person::new("john@example.com").form();
        form["first_name"] = json!(name);
        problem(app.post_json("/User1/create", form).await, 422).await;
    }
    assert!(app.mails().await.is_empty());
}

#[tokio::test]
async fn a_subject_is_one_line_whatever_the_template_does() {
    let dir = TempDir::new().unwrap();
    lay(dir.path(), &[("registration.txt", "Subject: Welcome\nBcc: {{ realm }}\n{{ '\rX: y' }}\n\nHello!\n")]);
    let app = TestApp::with(&[("TEMPLATES_DIR", dir.path().to_str().unwrap())]).await;
    Person::new("john@example.com").join(&app).await;
    assert_eq!(app.mails().await[0]["subject"], "Welcome Bcc: User1 X: y");
}

#[tokio::test]
async fn the_name_of_the_app_is_escaped_on_pages() {
    let app = TestApp::with(&[("APP_NAME", "Salt & <b>Pepper</b>")]).await;
    for path in ["/", "/dev/mailbox", "/dev/templates", "/User1/verify?token=junk", "/User1/undo?token=junk"] {
        let html = app.open(&format!("{}{path}", app.base)).await.text().await.unwrap();
        assert!(html.contains("Salt &amp; &lt;b&gt;Pepper&lt;/b&gt;") && !html.contains("<b>Pepper"), "{path}");
    }
}

#[tokio::test]
async fn a_token_is_escaped_where_a_form_carries_it_on() {
    let app = TestApp::start().await;
    for page in ["verify", "undo", "reset_password_form"] {
        let html = app.open(&format!("{}/User1/{page}?token=%22%3E%3Cscript%3E", app.base)).await;
        assert!(!html.text().await.unwrap().contains("<script"), "{page}");
    }
}
