//! Lists and searches of users, and what auditors can see of them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Person, TestApp, json, problem};

fn ids(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_show_every_user_once_in_both_directions_while_others_come() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut known = BTreeSet::new();
    for number in 0..9 {
        known.insert(Person::new(&format!("user{number}@example.com")).join(&app).await.id);
        app.advance(std::time::Duration::from_secs(u64::from(number % 2 == 0)));
    }
    let page =
        async |query: String| json(owner.get(&app, &format!("/realms/User1/users?limit=4{query}")).await, 200).await;
    let first = page(String::new()).await;
    Person::new("late@example.com").join(&app).await;
    let cursor = |page: &Value, name: &str| format!("&cursor={}", page[name].as_str().unwrap());
    let second = page(cursor(&first, "next")).await;
    let third = page(cursor(&second, "next")).await;
    assert!(third["next"].is_null() && first["prev"].is_null());
    let seen: Vec<String> = [&first, &second, &third].into_iter().flat_map(ids).collect();
    assert_eq!(seen.len(), 9);
    assert_eq!(seen.iter().cloned().collect::<BTreeSet<_>>(), known);
    assert_eq!(ids(&page(cursor(&third, "prev")).await), ids(&second));
    let changed = format!("/realms/User1/users?two_step=true{}", cursor(&first, "next"));
    assert_eq!(problem(owner.get(&app, &changed).await, 400).await["code"], "cursor.invalid");
}

#[tokio::test]
async fn users_are_found_by_address_by_name_and_by_filters() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let person = async |email: &str, first: &str, last: &str| {
        let mut form = Person::new(email).form();
        form["first_name"] = first.into();
        form["last_name"] = last.into();
        let created = json(app.post_json("/User1/create", form).await, 200).await;
        Person::new(email).verify(&app).await;
        created["id"].as_str().unwrap().to_owned()
    };
    let zoe = person("zoe@example.com", "Zoë", "Müller").await;
    let max = person("max@example.org", "Max", "Mustermann").await;
    let search = async |body: Value| json(owner.post(&app, "/realms/User1/users/search", body).await, 200).await;
    assert_eq!(ids(&search(json!({"email": " ZOE@example.com"})).await), vec![zoe.clone()]);
    assert_eq!(ids(&search(json!({"email": "nobody@example.com"})).await), Vec::<String>::new());
    let found = search(json!({"q": "muller ZOE"})).await;
    assert_eq!((ids(&found), &found["complete"], &found["scanned"]), (vec![zoe.clone()], &json!(true), &json!(2)));
    assert_eq!(ids(&search(json!({"q": "example.org"})).await), vec![max.clone()]);
    assert_eq!(ids(&search(json!({"q": "muster zoe"})).await), Vec::<String>::new());
    assert_eq!(ids(&search(json!({"id": &zoe[..8]})).await), [zoe]);
    assert_eq!(ids(&search(json!({"two_step": true})).await), Vec::<String>::new());
    let page = search(json!({"q": "example", "limit": 1})).await;
    assert_eq!(page["complete"], false);
    let rest = search(json!({"q": "example", "limit": 1, "cursor": page["next"]})).await;
    assert_eq!(ids(&page).len() + ids(&rest).len(), 2);
    for (body, field) in [(json!({"q": "a"}), "q"), (json!({"limit": 0}), "limit"), (json!({"id": "abc"}), "id")] {
        let refused = problem(owner.post(&app, "/realms/User1/users/search", body).await, 422).await;
        assert_eq!(refused["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn an_auditor_does_not_see_masked_data() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let auditor = app.admin(&owner, "auditor@example.com", &["auditor@*"]).await;
    let mut form = Person::new("wolfgang@secret-domain.example").form();
    form["first_name"] = "Wolfgang".into();
    form["last_name"] = "Amadeus".into();
    form["attributes"] = json!({"tier": "platinum"});
    let id = json(app.post_json("/User1/create", form).await, 200).await["id"].as_str().unwrap().to_owned();
    Person::new("wolfgang@secret-domain.example").verify(&app).await;
    let path = format!("/realms/User1/users/{id}");
    let lock = json!({"reason": "Reported by Nannerl Mozart"});
    assert_eq!(owner.change(&app, reqwest::Method::POST, &format!("{path}/lock"), lock).await.status(), 200);
    let planted = ["olfgang", "secret-domain", "madeus", "234567", "platinum", "Nannerl"];
    let list = owner.get(&app, "/realms/User1/users").await.text().await.unwrap();
    let plain = owner.get(&app, &path).await.text().await.unwrap();
    assert!(planted.iter().all(|text| plain.contains(text)) && list.contains("secret-domain"), "{plain}");
    for path in ["/realms/User1/users", &*path] {
        let text = auditor.get(&app, path).await.text().await.unwrap();
        assert!(planted.iter().all(|planted| !text.contains(planted)), "{text}");
        assert!(text.contains("w•••@s•••.example"), "{text}");
    }
    for body in [json!({"email": "wolfgang@secret-domain.example"}), json!({"q": "wolfgang"})] {
        let refused = auditor.post(&app, "/realms/User1/users/search", body).await;
        assert_eq!(problem(refused, 403).await["code"], "admin.forbidden");
    }
    assert_eq!(auditor.post(&app, "/realms/User1/users/search", json!({"status": "locked"})).await.status(), 200);
    let realm = portcullis_core::id::RealmName::parse("User1").unwrap();
    let rows = app.store().await.audit_rows(&realm, 100).await.unwrap();
    let listed =
        rows.iter().filter(|row| row.event == "users_listed" && row.details.contains("\"filters\":[\"status\"]"));
    assert_eq!(listed.count(), 1, "the names of the filters, without their values");
    assert!(rows.iter().any(|row| row.event == "profile_read" && row.actor_kind == "admin"));
    assert!(rows.iter().all(|row| planted.iter().all(|planted| !row.details.contains(planted))));
}

#[tokio::test]
async fn filters_count_everywhere_and_are_never_ignored() {
    let app = TestApp::start().await;
    let (owner, john) = (app.owner().await, Person::new("john@example.com").join(&app).await);
    for (email, role) in [("ada@example.com", "editor"), ("bob@example.com", "reader")] {
        let body = json!({"email": email, "roles": [role]});
        assert_eq!(owner.post(&app, "/realms/User1/users", body).await.status(), 201);
        app.advance(std::time::Duration::from_secs(60));
    }
    let search = async |body: Value| json(owner.post(&app, "/realms/User1/users/search", body).await, 200).await;
    let invited = async |more: Value| {
        let mut body = json!({"status": "invited"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let found = search(body).await;
        found["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["email"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(invited(json!({})).await, ["bob@example.com", "ada@example.com"], "newest first");
    assert_eq!(invited(json!({"role": "editor"})).await, ["ada@example.com"]);
    assert_eq!(invited(json!({"created_after": "2026-01-01T00:00:30Z"})).await, ["bob@example.com"]);
    assert_eq!(invited(json!({"two_step": true})).await, Vec::<String>::new());
    let by_email = async |more: Value| {
        let mut body = json!({"email": "john@example.com"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        ids(&search(body).await)
    };
    assert_eq!(by_email(json!({"status": "active"})).await, std::slice::from_ref(&john.id));
    assert_eq!(by_email(json!({"status": "locked"})).await, Vec::<String>::new());
    assert_eq!(by_email(json!({"role": "editor"})).await, Vec::<String>::new());
    let both = owner.post(&app, "/realms/User1/users/search", json!({"email": "john@example.com", "q": "john"})).await;
    assert_eq!(problem(both, 422).await["errors"][0]["field"], "q");
    let unknown = owner.get(&app, "/realms/User1/users?statuss=locked").await;
    assert_eq!(problem(unknown, 422).await["errors"][0]["code"], "field.unknown");
}
