//! Users' input is shown as typed, and never becomes markup or template code.

use serde_json::json;
use tempfile::TempDir;

use super::lay;
use crate::support::{Person, TestApp, json, problem};

/// Starts a server whose welcome mail has the name everywhere, and returns the mail to a person with this name.
async fn welcome(name: &str) -> serde_json::Value {
    let dir = TempDir::new().unwrap();
    let text = "Subject: Welcome {{ name }} to {{ app_name }}\n\nHello {{ name }}!\n";
    lay(dir.path(), &[("registration.txt", text), ("registration.html", "<p title=\"{{ name }}\">{{ name }}</p>")]);
    let folder = dir.path().to_str().unwrap();
    let app = TestApp::with(&[("TEMPLATES_DIR", folder), ("APP_NAME", "Salt & <b>Pepper</b>")]).await;
    let john = Person::new("john@example.com");
    let mut form = john.form();
    form["first_name"] = json!(name);
    json(app.post_json("/User1/create", form).await, 200).await;
    john.verify(&app).await;
    app.mails().await[0].clone()
}

#[tokio::test]
async fn a_name_with_marks_of_html_is_escaped_in_html_and_nowhere_else() {
    let mail = welcome("<script>alert('x')&\"").await;
    let escaped = "&lt;script&gt;alert(&#39;x&#39;)&amp;&quot;";
    assert_eq!(mail["html"], format!("<p title=\"{escaped}\">{escaped}</p>"));
    assert_eq!(mail["text"], "Hello <script>alert('x')&\"!\n");
    assert_eq!(mail["subject"], "Welcome <script>alert('x')&\" to Salt & <b>Pepper</b>");
}

#[tokio::test]
async fn a_name_with_marks_of_templates_is_not_filled_again() {
    let name = "{{7*7}} {% raw %} ${7*7} #{7*7}";
    let mail = welcome(name).await;
    assert_eq!(mail["html"], format!("<p title=\"{name}\">{name}</p>"));
    assert_eq!(mail["text"], format!("Hello {name}!\n"));
    assert_eq!(mail["subject"], format!("Welcome {name} to Salt & <b>Pepper</b>"));
}

#[tokio::test]
async fn a_name_with_a_line_break_is_refused_before_it_can_reach_a_mail() {
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
    lay(dir.path(), &[("registration.txt", "Subject: Welcome\nBcc: {{ name }}\n{{ '\rX: y' }}\n\nHello!\n")]);
    let app = TestApp::with(&[("TEMPLATES_DIR", dir.path().to_str().unwrap())]).await;
    Person::new("john@example.com").join(&app).await;
    assert_eq!(app.mails().await[0]["subject"], "Welcome Bcc: John X: y");
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
