//! `portcullis templates …`

use std::fs;

use portcullis_core::message::MessageKind;
use serde_json::Value;

use super::lay;
use crate::support::process::{Ended, Program};

fn good(ended: Ended) -> String {
    assert!(ended.status.success(), "{ended:?}");
    ended.stdout
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn list_shows_the_purpose_and_variables_of_each_template() {
    let program = Program::new(&[("TEMPLATES_DIR", "mine")]);
    lay(&program.folder().join("mine"), &[("undo.html", "<p>Sure?</p>")]);
    let text = good(program.run(&["templates", "list"]));
    assert!(
        text.contains("undo.html (replaced)\n")
            && text.contains("\nreset.html\n    The form for choosing a new password.\n")
    );

    let list = value(&good(program.run(&["templates", "list", "--json"])));
    let one = |name: &str| list.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap();
    assert_eq!((&one("undo.html")["is_replaced"], &one("reset.html")["is_replaced"]), (&true.into(), &false.into()));
    for kind in MessageKind::MAILS {
        for ending in ["html", "txt"] {
            assert_eq!(one(&format!("{}.{ending}", kind.spec().template))["kind"], "mail");
        }
    }
    let variables = one("mail_password_reset.html")["variables"].as_array().unwrap();
    let names: Vec<&str> = variables.iter().map(|variable| variable["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["app_name", "app_url", "name", "realm", "reset_url", "valid_for", "year"]);
    for row in list.as_array().unwrap() {
        assert!(!row["purpose"].as_str().unwrap().is_empty(), "{row}");
        for variable in row["variables"].as_array().unwrap() {
            assert!(!variable["meaning"].as_str().unwrap().is_empty(), "{variable} of {row}");
        }
    }
}

#[test]
fn check_reports_line_unknown_variable_and_suggestion() {
    let program = Program::new(&[]);
    let files = [
        ("mail_email_verify.html", "<p>\n  <a href=\"{{ verification_ulr }}\">\n</p>"),
        ("mail_email_verify.txt", "Hello!\n\n{{ verification_url }}\n"),
        // No sample reaches this branch.
        ("reset.html", "{% if 1 > 2 %}\n{{ passwort }}{% endif %}"),
        ("mail_base.html", "{{ app_nam }}{% block content %}{% endblock %}"),
        ("undo.html", "{% if token %}"),
        ("email_verified.html", "{{ name|shout }}"),
        ("resett.html", "?"),
        (".hidden", "?"),
    ];
    lay(&program.folder().join("mine"), &files);
    let ended = program.run(&["templates", "check", "mine"]);
    assert_eq!(ended.status.code(), Some(1));
    let lines: Vec<&str> = ended.stdout.lines().map(|line| line.rsplit_once("/mine/").unwrap().1).collect();
    let beginnings = [
        "email_verified.html:1: ",
        "mail_base.html:1: `app_nam` is undefined: did you mean `app_name`?",
        "mail_email_verify.html:2: `verification_ulr` is undefined: did you mean `verification_url`?",
        "mail_email_verify.txt:1: must begin with a line `Subject: …`",
        "reset.html:2: `passwort` is undefined: defined are app_name, ",
        "resett.html: no template has this name: did you mean reset.html?",
        "undo.html:1: ",
    ];
    assert_eq!(lines.len(), beginnings.len(), "{lines:#?}");
    for (line, beginning) in lines.iter().zip(beginnings) {
        assert!(line.starts_with(beginning), "{line} does not begin with {beginning}");
    }

    let ended = program.run(&["templates", "check", "mine", "--json"]);
    assert_eq!(ended.status.code(), Some(1));
    let verdict = value(&ended.stdout);
    assert_eq!((&verdict["valid"], verdict["faults"].as_array().unwrap().len()), (&false.into(), beginnings.len()));
    assert_eq!(verdict["faults"][2]["line"], 2);
}

#[test]
fn check_names_files_in_folders_that_replace_nothing() {
    let program = Program::new(&[]);
    let files = [
        ("undo.html", "Sure?"),
        ("pages/undo.html", "Sure?"),
        ("pages/resett.html", "?"),
        ("mails/reset.html", "?"),
        ("layout/base.html", "{% block content %}{% endblock %}"),
        ("drafts/anything.html", "?"),
    ];
    lay(&program.folder().join("mine"), &files);
    let ended = program.run(&["templates", "check", "mine"]);
    assert_eq!(ended.status.code(), Some(1));
    let lines: Vec<&str> = ended.stdout.lines().map(|line| line.rsplit_once("/mine/").unwrap().1).collect();
    let expected = [
        "mails/reset.html: no template has this name: did you mean pages/reset.html?",
        "pages/resett.html: no template has this name: did you mean pages/reset.html?",
        "pages/undo.html: undo.html also exists and is used instead: remove one of them",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn check_reads_templates_dir_even_if_other_settings_are_invalid() {
    let program = Program::new(&[("TEMPLATES_DIR", "mine"), ("ENVIRONMENT", "production")]);
    lay(&program.folder().join("mine"), &[("undo.html", "{{ tokn }}")]);
    let ended = program.run(&["templates", "check"]);
    assert!(ended.stdout.contains("did you mean `token`?"), "{ended:?}");
    lay(&program.folder().join("mine"), &[("undo.html", "{{ token }}")]);
    assert!(good(program.run(&["templates", "check"])).contains(", 1 of them from "));
    let bad = program.run(&["templates", "check", "--password-min-length", "many"]);
    assert!(bad.status.code() == Some(1) && bad.stdout.contains("PASSWORD_MIN_LENGTH"), "{bad:?}");
    let nowhere = program.run(&["templates", "check", "nowhere"]);
    assert!(nowhere.status.code() == Some(1) && nowhere.stdout.contains("cannot be read"), "{nowhere:?}");
}

#[test]
fn exported_templates_are_valid_and_overwritten_only_with_force() {
    let program = Program::new(&[]);
    let mine = program.folder().join("a/mine");
    good(program.run(&["templates", "export", "a/mine"]));
    good(program.run(&["templates", "check", "a/mine"]));
    let built_in = fs::read(mine.join("reset.html")).unwrap();

    lay(&mine, &[("reset.html", "my own")]);
    fs::remove_file(mine.join("undo.html")).unwrap();
    let refused = program.run(&["templates", "export", "a/mine"]);
    assert!(!refused.status.success() && refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(fs::read_to_string(mine.join("reset.html")).unwrap(), "my own");
    assert!(!mine.join("undo.html").exists(), "all or nothing");

    good(program.run(&["templates", "export", "a/mine", "--force"]));
    assert_eq!(fs::read(mine.join("reset.html")).unwrap(), built_in);
}

#[test]
fn preview_writes_all_samples_and_rejects_other_folders() {
    let program = Program::new(&[("TEMPLATES_DIR", "mine"), ("APP_NAME", "Shop")]);
    lay(&program.folder().join("mine"), &[("undo.html", "<p>{{ app_name }}, sure?</p>")]);
    let said = good(program.run(&["templates", "preview"]));
    let dir = program.folder().join("templates-preview");
    assert!(said.contains("templates-preview/index.html"));
    assert_eq!(fs::read_to_string(dir.join("templates/undo.html")).unwrap(), "<p>Shop, sure?</p>");
    let index = fs::read_to_string(dir.join("index.html")).unwrap();
    for (at, mark) in index.match_indices("src=\"") {
        let file = index[at + mark.len()..].split_once('"').unwrap().0;
        assert!(dir.join(file).is_file(), "{file}");
    }
    // Its own files are overwritten, others are not.
    good(program.run(&["templates", "preview"]));
    let refused = program.run(&["templates", "preview", "mine"]);
    assert!(!refused.status.success() && !program.folder().join("mine/index.html").exists(), "{refused:?}");
}

#[test]
fn a_preview_contains_the_files_of_the_brand() {
    let program = Program::new(&[("BRAND_COLOR", "#6d28d9")]);
    good(program.run(&["templates", "preview"]));
    let samples = program.folder().join("templates-preview/templates");
    let page = fs::read_to_string(samples.join("signin.html")).unwrap().replace("&#x2f;", "/");
    let style = page.split_once("rel=\"stylesheet\" href=\"").unwrap().1.split_once('"').unwrap().0;
    let style = fs::read_to_string(samples.join(style)).unwrap();
    assert!(style.contains("main.card {") && style.contains("--accent:#6d28d9;"), "{style}");
}

#[test]
fn every_page_and_every_email_links_to_the_application() {
    let program = Program::new(&[("APP_URL", "https://app.example.org")]);
    good(program.run(&["templates", "preview"]));
    let folder = program.folder().join("templates-preview/templates");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap().replace("&#x2f;", "/");
        assert!(text.contains("href=\"https://app.example.org\""), "{}", file.display());
        seen += 1;
    }
    assert!(seen > 12, "{seen}");
    let mut texts_seen = 0;
    good(program.run(&["templates", "export", "mine"]));
    let texts = fs::read_dir(program.folder().join("mine")).unwrap().map(|file| file.unwrap().path());
    for file in texts.filter(|file| file.extension().is_some_and(|end| end == "txt")) {
        let is_sms = file.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("sms_"));
        texts_seen += 1;
        assert_eq!(fs::read_to_string(&file).unwrap().contains("{{ app_url }}"), !is_sms, "{}", file.display());
    }
    assert!(texts_seen > 6, "{texts_seen}");
}
