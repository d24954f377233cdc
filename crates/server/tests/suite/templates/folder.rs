//! A folder with custom templates, used by a server.

use serde_json::Value;
use tempfile::TempDir;

use super::lay;
use crate::support::{Person, TestApp, problem, process::Program};

/// Templates written for the original service, with its names and variables.
const ORIGINAL: &[(&str, &str)] = &[
    ("registration.html", "<h1>Welcome {{ name }} to {{ app_name }}</h1>"),
    ("mail_email_verify.html", "<p>Hi {{ name }}, <a href=\"{{ verification_url }}\">verify</a></p>"),
    ("mail_password_reset.html", "<p>{{ app_name }} {{ year }}: <a href=\"{{ reset_url }}\">reset</a></p>"),
    ("email_verified.html", "<h1>Verified, {{ name }}, in {{ realm }}</h1>"),
    (
        "reset.html",
        "<form action=\"{{ reset_url }}\" method=\"post\"><input name=password> {{ error }} {{ token }}</form>",
    ),
    ("reset_success.html", "<h1>Done</h1>"),
];

async fn app_with(files: &[(&str, &str)]) -> (TestApp, TempDir) {
    let dir = TempDir::new().unwrap();
    lay(dir.path(), files);
    let app = TestApp::with(&[("TEMPLATES_DIR", dir.path().to_str().unwrap())]).await;
    (app, dir)
}

fn part(mail: &Value, part: &str) -> String {
    mail[part].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn templates_of_the_original_service_still_work() {
    let (app, _dir) = app_with(ORIGINAL).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    assert_eq!(part(&app.mails().await[0], "html"), format!("<p>Hi , <a href=\"{link}\">verify</a></p>"));
    assert_eq!(app.open(&link).await.text().await.unwrap(), "<h1>Verified, , in User1</h1>");
    assert_eq!(part(&app.mails().await[0], "html"), "<h1>Welcome  to Portcullis</h1>");

    app.post_form("/User1/forget_password", &[("email", &john.email)]).await;
    let link = app.link(&john.email, "reset_password_form").await;
    let mail = &app.mails().await[0];
    assert_eq!(part(mail, "html"), format!("<p>Portcullis 2026: <a href=\"{link}\">reset</a></p>"));
    assert!(part(mail, "text").contains(&link), "the text that was not replaced stays");
    let token = link.split_once("token=").unwrap().1;
    let form = app.open(&link).await.text().await.unwrap();
    assert!(form.contains(&format!("action=\"reset_password?token={token}\"")) && form.contains(&format!(" {token}<")));
    let done =
        app.post_form(&format!("/User1/reset_password?token={token}"), &[("password", "a fine new phrase")]).await;
    assert_eq!(done.text().await.unwrap(), "<h1>Done</h1>");
}

#[tokio::test]
async fn a_layout_may_ask_for_a_link_that_only_some_mails_have() {
    let layout = "{% if verification_url %}Click {{ verification_url }}{% else %}No link{% endif %}";
    let (app, _dir) = app_with(&[("mail_base.html", layout)]).await;
    let john = Person::new("john@example.com").register(&app).await;
    let link = app.link(&john.email, "verify").await;
    assert_eq!(part(&app.mails().await[0], "html"), format!("Click {link}"));
    john.verify(&app).await;
    assert_eq!(part(&app.mails().await[0], "html"), "No link");
}

#[tokio::test]
async fn a_file_with_windows_line_endings_works() {
    let text = "\u{feff}Subject: Welcome,\r\n {{ realm }}\r\n\r\nGood to have you.\r\n";
    let (app, _dir) = app_with(&[("registration.txt", text)]).await;
    Person::new("john@example.com").join(&app).await;
    let mail = &app.mails().await[0];
    assert_eq!((part(mail, "subject"), part(mail, "text")), ("Welcome, User1".into(), "Good to have you.\n".into()));
}

#[tokio::test]
async fn the_stylesheet_is_replaced_like_any_other_file() {
    let (app, _dir) = app_with(&[("portcullis.css", "body { color: {{ #123 }")]).await;
    let style = app.get("/assets/portcullis.css").await;
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(style.text().await.unwrap(), "body { color: {{ #123 }");
}

#[tokio::test]
async fn a_file_may_also_have_the_path_of_the_built_in_one() {
    let files = [
        ("layout/base.html", "<main>{% block content %}{% endblock %}</main>"),
        ("pages/undo.html", "{% extends \"layout/base.html\" %}{% block content %}Sure?{% endblock %}"),
        ("mails/registration.html", "<p>Hello {{ realm }}</p>"),
        // If a template has two files, the one without a folder is used, as in older versions.
        ("reset_failed.html", "used"),
        ("pages/reset_failed.html", "not used"),
    ];
    let (app, _dir) = app_with(&files).await;
    let john = Person::new("john@example.com").register(&app).await;
    let undo = app.open(&app.link(&john.email, "undo").await).await.text().await.unwrap();
    assert_eq!(undo, "<main>Sure?</main>");
    john.verify(&app).await;
    assert_eq!(part(&app.mails().await[0], "html"), "<p>Hello User1</p>");
    let failed = app.open(&format!("{}/User1/reset_password_form?token=junk", app.base)).await;
    assert_eq!(failed.text().await.unwrap(), "used");
}

#[test]
fn startup_reports_all_template_problems() {
    let program = Program::new(&[("TEMPLATES_DIR", "mine")]);
    lay(&program.folder().join("mine"), &[("reset.html", "{{ reset_ulr }}"), ("undo.html", "{% if %}")]);
    let ended = program.run(&[]);
    assert!(!ended.status.success());
    let (reset, undo) = ("mine/reset.html:1: `reset_ulr` is undefined", "mine/undo.html:1: ");
    assert!(ended.stderr.contains(reset) && ended.stderr.contains(undo), "{}", ended.stderr);
}

#[tokio::test]
async fn developers_can_preview_every_mail_and_page() {
    let app = TestApp::start().await;
    let page = app.get("/dev/templates").await.text().await.unwrap();
    let mut samples = page.match_indices("src=\"templates/").map(|(at, mark)| &page[at + mark.len()..]);
    let mut count = 0;
    for sample in samples.by_ref().map(|rest| rest.split_once('"').unwrap().0) {
        let answer = app.get(&format!("/dev/templates/{sample}")).await;
        assert_eq!(answer.status(), 200, "{sample}");
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(!policy.contains("script-src") && policy.contains("form-action 'none'"), "{policy}");
        assert!(answer.text().await.unwrap().contains("Portcullis"), "{sample}");
        count += 1;
    }
    assert!(count >= 17, "{count}");
    let sample = app.get("/dev/templates/reset.html").await.text().await.unwrap();
    assert!(sample.contains("href=\"../../assets/portcullis.css\""));
    for nowhere in ["nothing.html", "..%2fmailbox", "%FF", "base.html"] {
        problem(app.get(&format!("/dev/templates/{nowhere}")).await, 404).await;
    }
}

#[tokio::test]
async fn other_clients_do_not_see_the_previews() {
    let app = TestApp::start().await;
    for path in ["/dev/templates", "/dev/templates/reset.html"] {
        for (name, value) in [("Host", "evil.example"), ("X-Forwarded-For", "192.0.2.1")] {
            let answer = app.request(reqwest::Method::GET, path).header(name, value).send().await.unwrap();
            problem(answer, 404).await;
        }
    }
}
