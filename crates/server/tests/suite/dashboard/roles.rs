//! Which role can see which page: compares the golden file with actual responses.

use std::{fmt::Write as _, fs};

use super::desk;
use crate::support::{Person, TestApp};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/dashboard_pages.txt");
const ROLES: [(&str, &[&str]); 7] = [
    ("auditor", &["auditor@User1"]),
    ("support", &["support@User1"]),
    ("manager", &["manager@User1"]),
    ("owner", &["owner@User1"]),
    ("impersonate", &["auditor@User1", "impersonate@User1"]),
    ("elsewhere", &["owner@User2"]),
    ("owner@*", &["owner@*"]),
];
const PAGES: &[&str] = &[
    "",
    "/menu",
    "/account",
    "/account/two-step",
    "/users",
    "/realms",
    "/realms/User1",
    "/realms/User1/users",
    "/realms/User1/invitations",
    "/realms/User1/invite",
    "/realms/User1/new-user",
    "/realms/User1/end-sessions",
    "/realms/User1/clients",
    "/realms/User1/new-client",
    "/realms/User1/clients/shop",
    "/realms/User1/clients/shop/edit",
    "/realms/User1/clients/shop/rotate",
    "/realms/User1/clients/shop/remove",
    "/realms/admin/users",
    "/realms/User1/users/{id}",
    "/realms/User1/users/{id}/reset",
    "/realms/User1/users/{id}/end-sessions",
    "/realms/User1/users/{id}/unthrottle",
    "/realms/User1/users/{id}/edit",
    "/realms/User1/users/{id}/contact",
    "/realms/User1/users/{id}/reset-link",
    "/realms/User1/users/{id}/lock",
    "/realms/User1/users/{id}/compromised",
    "/realms/User1/users/{id}/impersonate",
    "/realms/User1/users/{id}/erase",
    "/realms/User1/users/{id}/remove-factor/x",
    "/realms/User1/users/{id}/apps",
    "/realms/User1/users/{id}/nonsense",
    "/admins",
    "/admins/new",
    "/admins/{admin}",
    "/admins/{admin}/grants",
    "/admins/{admin}/remove",
    "/keys",
    "/keys/new",
    "/keys/rotate",
    "/keys/rotate-audit",
    "/keys/x/retire",
    "/settings",
    "/settings?realm=User1",
    "/nodes",
    "/deliveries",
    "/deliveries?realm=User1&state=dead",
    "/deliveries/x/drop",
    "/nonsense",
];

#[tokio::test]
async fn each_role_sees_the_pages_of_the_golden_file() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let client = ["clients", "add", "shop", "--redirect-uri", "https://shop.example.com/callback", "--realm", "User1"];
    assert_eq!(app.command(&client).await.0, 0);
    let mut table = String::from("page");
    let mut desks = Vec::new();
    for (number, (name, grants)) in ROLES.iter().enumerate() {
        write!(table, " | {name}").unwrap();
        let admin = app.admin(&owner, &format!("admin{number}@example.com"), grants).await;
        desks.push((*name, desk(&app, &admin)));
    }
    table.push('\n');
    for page in PAGES {
        write!(table, "/admin{page}").unwrap();
        let path = format!("/admin{}", page.replace("{id}", &john.id).replace("{admin}", &owner.id));
        for (role, desk) in &mut desks {
            let shown = desk.get(&path).await;
            write!(table, " | {}", shown.status).unwrap();
            if shown.status != 303 {
                assert!(shown.body.contains("<h1>"), "{role} {path}: {}", shown.body);
            }
            let is_masked = ["auditor", "impersonate"].contains(role);
            assert!(!is_masked || !shown.shows("john@example.com"), "{role} {path}");
        }
        table.push('\n');
    }
    #[allow(clippy::disallowed_methods, reason = "a test that writes its golden file on demand")]
    let is_updated = std::env::var_os("UPDATE").is_some();
    if is_updated {
        fs::write(GOLDEN, &table).unwrap();
    }
    assert_eq!(fs::read_to_string(GOLDEN).unwrap_or_default(), table);
}

#[tokio::test]
async fn what_a_role_may_not_do_is_absent() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    john.log_in(&app).await;
    let page = format!("/admin/realms/User1/users/{}", john.id);
    let cases: [(&[&str], &[&str], &[&str]); 3] = [
        (
            &["auditor@User1"],
            &["j•••@e•••.com", "Two-step"],
            &["Send password reset", "Sessions</h2>", "Lock account", "id=\"top-q\"", "/admin/admins"],
        ),
        (
            &["support@User1"],
            &["john@example.com", "Send password reset", "Sessions</h2>", "id=\"top-q\""],
            &["Lock account", "Erase account", "Edit details", "/admin/keys"],
        ),
        (
            &["manager@User1"],
            &["Lock account", "Erase account", "Edit details"],
            &["Get a reset link", "Change email or phone", "Sign in as the user", "/admin/admins"],
        ),
    ];
    for (number, (grants, there, absent)) in cases.into_iter().enumerate() {
        let admin = app.admin(&owner, &format!("admin{number}@example.com"), grants).await;
        let shown = desk(&app, &admin).get(&page).await;
        for words in there {
            assert!(shown.shows(words), "{grants:?}: {words}: {}", shown.body);
        }
        for words in absent {
            assert!(!shown.shows(words), "{grants:?}: {words}");
        }
        // The API also rejects the form of a missing object.
        let token = super::hidden(&desk(&app, &admin).get("/admin/account").await, "token");
        let sent = desk(&app, &admin)
            .post(&format!("{page}/reset-link"), &[("token", &token), ("reason", "A long enough reason")])
            .await;
        assert_eq!(sent.status, 403, "{grants:?}");
    }
}
