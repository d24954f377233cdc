use std::time::Duration;

use super::{Browser, desk};
use crate::support::{
    Person, TestApp,
    admin::{PASSWORD, REASON},
};

#[tokio::test]
async fn an_owner_finds_helps_locks_and_erases_a_user() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let john = Person::new("john@example.com").join(&app).await;
    for number in 0..3 {
        Person::new(&format!("ada{number}@example.com")).join(&app).await;
    }
    john.log_in(&app).await;
    let mut browser = desk(&app, &owner);
    finds(&app, &mut browser, &john.id).await;
    let page = format!("/admin/realms/User1/users/{}", john.id);
    helps(&app, &mut browser, &page).await;
    locks_and_edits(&mut browser, &page).await;
    erases(&app, &mut browser, &page).await;
}

async fn finds(app: &TestApp, browser: &mut Browser<'_>, john: &str) {
    let list = browser.get("/admin/realms/User1/users").await;
    assert!(list.shows("john@example.com") && list.shows("ada2@example.com"));
    assert!(
        list.shows(&format!(
            "curl -H &quot;Authorization: Bearer $ADMIN_KEY&quot; '{}/v1/admin/realms/User1/users?limit=50'",
            app.base
        )),
        "{}",
        list.body
    );
    let found = browser.send(&list, "/admin/realms/User1/users", &[("q", "john@example.com")]).await;
    assert_eq!(found.status, 200);
    assert!(
        found.body.contains(john)
            && !found.body.contains("ada2@")
            && found.shows("Searched for the whole email address.")
    );
    let words = browser.send(&list, "/admin/realms/User1/users", &[("q", "ada")]).await;
    assert!(words.body.contains("ada2@") && words.shows("Looked through all 4 users."), "{}", words.body);
    let none = browser.send(&list, "/admin/realms/User1/users", &[("q", "nobody@example.com")]).await;
    assert!(none.shows("No user matches."));
    assert_eq!(
        browser.send(&list, "/admin/realms/User1/users", &[("q", john)]).await.location,
        format!("/admin/realms/User1/users?id={john}")
    );
    let locked = browser.get("/admin/realms/User1/users?status=locked&two_step=&created=7d").await;
    assert!(locked.shows("No user matches."), "{}", locked.body);
}

async fn helps(app: &TestApp, browser: &mut Browser<'_>, page: &str) {
    let user = browser.get(page).await;
    for words in [
        "Active",
        "Send password reset",
        "End all sessions",
        "Lock account",
        "Erase account",
        "Danger zone",
        "argon2id",
    ] {
        assert!(user.shows(words), "{words}");
    }
    assert!(!user.shows("Unlock<"), "what does not fit the state is absent");
    let session = user.body.split("/end-session/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let ended = browser.send(&user, &format!("{page}/end-session/{session}"), &[]).await;
    assert_eq!((ended.status, ended.location), (303, format!("{page}?done=ended")));
    assert!(browser.get(&format!("{page}?done=ended")).await.shows("Session ended."));
    let reset = browser.send(&user, &format!("{page}/reset"), &[]).await;
    assert_eq!(reset.status, 303, "{}", reset.body);
    app.link("john@example.com", "reset_password_form").await;
}

async fn locks_and_edits(browser: &mut Browser<'_>, page: &str) {
    let refused = browser.fill(&format!("{page}/lock"), &[("reason", "short")]).await;
    assert_eq!(refused.status, 422);
    assert!(
        refused.shows("Enter a reason of 10 to 500 characters") && refused.body.contains(">short</textarea>"),
        "{}",
        refused.body
    );
    assert_eq!(browser.fill(&format!("{page}/lock"), &[("reason", REASON)]).await.status, 303);
    let user = browser.get(page).await;
    assert!(user.shows("Locked") && user.shows(REASON) && user.shows("Unlock"));
    let edit = browser.get(&format!("{page}/edit")).await;
    assert!(edit.body.contains("value=\"John\""));
    assert_eq!(browser.fill(&format!("{page}/unlock"), &[("reason", REASON)]).await.status, 303);
    let stale = browser
        .send(
            &edit,
            &format!("{page}/edit"),
            &[("first_name", "Jo"), ("roles", "editor, author"), ("attributes", "{}")],
        )
        .await;
    assert_eq!(stale.status, 412);
    assert!(stale.shows("It was changed by someone else.") && stale.body.contains("value=\"Jo\""));
    let saved = browser
        .send(
            &stale,
            &format!("{page}/edit"),
            &[("first_name", "Jo"), ("roles", "editor, author"), ("attributes", "{}")],
        )
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert!(browser.get(page).await.shows("author, editor"));
}

async fn erases(app: &TestApp, browser: &mut Browser<'_>, page: &str) {
    // Actions that require recent authentication ask for it in the same form and keep the submitted values.
    app.advance(Duration::from_secs(11 * 60));
    let asked = browser.fill(&format!("{page}/erase"), &[("reason", REASON), ("notify", "true")]).await;
    assert_eq!(asked.status, 422);
    assert!(asked.shows("Confirm your identity") && asked.shows(REASON), "{}", asked.body);
    let fields = [("reason", REASON), ("notify", "true"), ("current_password", "wrong-password")];
    let wrong = browser.send(&asked, &format!("{page}/erase"), &fields).await;
    assert!(wrong.status == 422 && wrong.shows("Your current password is incorrect"));
    let fields = [("reason", REASON), ("notify", "true"), ("current_password", PASSWORD)];
    let erased = browser.send(&wrong, &format!("{page}/erase"), &fields).await;
    assert_eq!(
        (erased.status, erased.location.as_str()),
        (303, "/admin/realms/User1/users?done=erased"),
        "{}",
        erased.body
    );
    assert_eq!(browser.get(page).await.status, 404);
}

#[tokio::test]
async fn pages_of_a_list_lead_to_each_other() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for number in 0..52 {
        let body =
            serde_json::json!({"email": format!("p{number}@example.com"), "email_verified": true, "send": "nothing"});
        assert_eq!(owner.post(&app, "/realms/User1/users", body).await.status(), 201);
        app.advance(Duration::from_secs(1));
    }
    let mut browser = desk(&app, &owner);
    let first = browser.get("/admin/realms/User1/users?created=7d").await;
    assert!(first.shows("p51@") && !first.shows("p1@") && !first.shows(">Newer<"));
    let link = |body: &str, label: &str| {
        let before = body.split_once(&format!("\">{label}</a>")).unwrap().0;
        before.rsplit_once("href=\"").unwrap().1.replace("&amp;", "&")
    };
    let older = browser.get(&format!("/admin/realms/User1/users{}", link(&first.body, "Older"))).await;
    assert!(
        older.shows("p1@") && older.shows("p0@") && !older.shows("p51@") && !older.shows(">Older<"),
        "{}",
        older.body
    );
    let newer = browser.get(&format!("/admin/realms/User1/users{}", link(&older.body, "Newer"))).await;
    assert!(newer.shows("p51@") && !newer.shows("p1@"));
    assert_eq!(browser.get("/admin/realms/User1/users?cursor=wrong").await.status, 400);
}

#[tokio::test]
async fn an_owner_manages_administrators_and_keys() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut browser = desk(&app, &owner);
    let none = browser.fill("/admin/admins/new", &[("email", "sam@example.com")]).await;
    assert!(none.status == 422 && none.shows("Choose at least one role"), "{}", none.body);
    let fields = [("email", "sam@example.com"), ("grants:support@User1", "true")];
    assert_eq!(browser.fill("/admin/admins/new", &fields).await.location, "/admin/admins?done=invited");
    let list = browser.get("/admin/admins").await;
    assert!(list.shows("sam@example.com") && list.shows("support@User1") && list.shows("Invited"));
    let last = browser.fill(&format!("/admin/admins/{}/grants", owner.id), &[("grants:auditor@*", "true")]).await;
    assert!(last.status == 409 && last.shows("This is the last owner."), "{}", last.body);
    let kept = browser.get(&format!("/admin/admins/{}/grants", owner.id)).await;
    assert!(kept.body.contains("aria-label=\"owner of all realms\" checked"), "{}", kept.body);

    let fields =
        [("name", "billing"), ("grants:support@User1", "true"), ("allow:erase", "true"), ("networks", "10.0.0.0/8")];
    let made = browser.fill("/admin/keys/new", &fields).await;
    assert!(made.status == 200 && made.shows("pck_") && made.shows("only once"), "{}", made.body);
    let keys = browser.get("/admin/keys").await;
    assert!(keys.shows("billing") && keys.shows("10.0.0.0/8") && !keys.shows("pck_"));
    let revoke =
        keys.body.split("href=\"").find(|href| href.contains("/revoke")).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(browser.fill(&revoke, &[]).await.location, "/admin/keys?done=key_revoked");
}
