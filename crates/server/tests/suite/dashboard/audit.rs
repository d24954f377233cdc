use super::desk;
use crate::support::{Person, TestApp};

#[tokio::test]
async fn an_owner_reads_why_a_login_failed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    let refused = app.login("User1", "john@example.com", "wrong-password").await;
    let request = refused.headers()["x-request-id"].to_str().unwrap().to_owned();
    let mut browser = desk(&app, &owner);
    let overview = browser.get("/admin").await;
    assert!(overview.shows("Recent events") && overview.shows("Login refused"), "{}", overview.body);
    let list = browser.get("/admin/audit?realm=User1&event=login_refused&time=24h").await;
    assert!(list.shows("Login refused: wrong password") && list.shows("Clear filters"), "{}", list.body);
    let open = list.body.split("href=\"").find(|href| href.contains("open=")).unwrap().split('"').next().unwrap();
    let opened = browser.get(&open.replace("&amp;", "&")).await;
    assert!(opened.body.contains(&format!("/admin/why/{request}")), "{}", opened.body);
    let why = browser.get(&format!("/admin/why/{request}")).await;
    assert!(why.status == 200 && why.shows("Wrong password"), "{}", why.body);
    assert_eq!(browser.get("/admin/why/unknown").await.status, 404);
    let user = browser.get(&format!("/admin/realms/User1/users/{}", john.id)).await;
    assert!(user.shows("Activity"), "{}", user.body);

    let found =
        browser.send(&list, "/admin/audit", &[("realm", "User1"), ("kind", "email"), ("q", "john@example.com")]).await;
    assert!(found.status == 200 && found.shows("login_refused"), "{}", found.body);
    let by_id = browser.send(&list, "/admin/audit", &[("kind", "request_id"), ("q", &request)]).await;
    assert_eq!(by_id.location, format!("/admin/audit?request_id={request}"));

    // An address never appears in a URL, regardless of the selected kind.
    for kind in ["user", "request_id"] {
        let fields = [("realm", "User1"), ("kind", kind), ("q", "john@example.com")];
        let found = browser.send(&list, "/admin/audit", &fields).await;
        assert!(found.status == 200 && found.shows("login_refused") && found.location.is_empty(), "{}", found.body);
        let unknown = browser.send(&list, "/admin/audit", &[("kind", kind), ("q", "John Doe")]).await;
        assert!(unknown.status == 422 && unknown.shows("Invalid identifier."), "{}", unknown.body);
    }

    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@User1"]).await;
    let masked = desk(&app, &auditor).get("/admin/audit?event=login_refused").await;
    // The API call contains the server's URL, which is also this address.
    assert!(masked.shows("Login refused") && !masked.body.contains(">127.0.0.1<"), "{}", masked.body);
    let support = app.admin(&owner, "support@example.com", &["support@User1"]).await;
    let mut helper = desk(&app, &support);
    let all = helper.get("/admin/audit").await;
    assert!(all.status == 422 && all.shows("Your role can see the events of one user"), "{}", all.body);
    let of_one = helper.get(&format!("/admin/audit?realm=User1&user={}", john.id)).await;
    assert!(of_one.status == 200 && of_one.shows("Login refused"), "{}", of_one.body);
}
