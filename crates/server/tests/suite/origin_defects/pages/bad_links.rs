//! Rows D19 and D20: all invalid links get the same response, a page for browsers and a problem document for programs.

use std::time::Duration;

use reqwest::Method;

use super::{BROWSER, send, uses};
use crate::{
    origin_defects::{
        UNLIMITED,
        answer::{Answer, assert_alike},
        contested, mailed_reset, reset_path, token_of,
    },
    support::{Person, TestApp, json, problem},
};

#[tokio::test]
async fn d19_no_form_is_shown_for_junk() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (method, page) in uses() {
        for token in ["junk", "", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "%3Cform%3E"] {
            let answer = send(&app, method.clone(), page, token, BROWSER).await;
            assert_eq!(answer.status(), 400);
            assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
            let html = answer.text().await.unwrap();
            assert!(!html.contains("<form") && !html.contains("<input"), "{method} {page}?token={token}");
        }
    }
    for page in ["verify", "undo", "reset_password_form"] {
        let none = app.request(Method::GET, &format!("/User1/{page}")).header("Accept", BROWSER).send().await.unwrap();
        assert_eq!(none.status(), 400);
    }
}

#[tokio::test]
async fn d20_a_bad_link_is_a_page_for_people_and_a_problem_for_programs() {
    let app = TestApp::with(&[UNLIMITED]).await;
    for (method, page) in uses() {
        for accept in [BROWSER, "text/html", "*/*", "text/html, application/json"] {
            let answer = send(&app, method.clone(), page, "junk", accept).await;
            assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8", "{method} {page} for {accept}");
        }
        for accept in ["application/json", "application/problem+json", "application/json, text/html;q=0.5"] {
            let problem = problem(send(&app, method.clone(), page, "junk", accept).await, 400).await;
            assert_eq!(problem["detail"], "Invalid or expired link");
        }
    }
}

#[tokio::test]
async fn d20_all_invalid_links_get_the_same_response() {
    let app = TestApp::with(&[UNLIMITED]).await;
    let bad = bad_tokens(&app).await;
    for (method, page) in uses() {
        for accept in [BROWSER, "application/json"] {
            let mut answers = Vec::new();
            for (what, token) in &bad {
                let answer = Answer::of(send(&app, method.clone(), page, token, accept).await).await;
                answers.push((format!("{method} {page}: {what}"), answer));
            }
            assert_alike(&answers);
            assert_eq!(answers[0].1.status, 400);
        }
    }
}

/// Returns an invalid token of each kind: used, expired, replaced or forged.
async fn bad_tokens(app: &TestApp) -> Vec<(&'static str, String)> {
    let token = async |email: &str, page: &str| token_of(&app.link(email, page).await).to_owned();
    let lapsed = Person::new("lapsed@example.com").register(app).await;
    let (lapsed_verify, lapsed_undo) = (token(&lapsed.email, "verify").await, token(&lapsed.email, "undo").await);
    app.advance(Duration::from_secs(24 * 3600));

    let elsewhere = Person::new("elsewhere@example.com").of("User2").register(app).await;
    let elsewhere = token(&elsewhere.email, "verify").await;
    let replaced = Person::new("replaced@example.com").register(app).await;
    let (replaced_verify, replaced_undo) =
        (token(&replaced.email, "verify").await, token(&replaced.email, "undo").await);
    replaced.with_password("another good phrase").register(app).await;
    let discarded = Person::new("discarded@example.com").register(app).await;
    let (discarded_verify, discarded_undo) =
        (token(&discarded.email, "verify").await, token(&discarded.email, "undo").await);
    assert_eq!(app.post_form("/User1/undo", &[("token", &discarded_undo)]).await.status(), 200);
    let (_, victim) = contested(app).await;
    let used = reset_path(app, &victim.email).await;
    assert_eq!(app.post_form(&used, &[("password", "chosen by the owner")]).await.status(), 200);

    let resets = bad_resets(app).await;

    let mut forged = lapsed_verify.clone();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    let of_registrations = vec![
        ("junk", "junk".to_owned()),
        ("nothing", String::new()),
        ("a long text", "A".repeat(5000)),
        ("cut short", lapsed_verify[..20].to_owned()),
        ("forged", forged),
        ("a lapsed link", lapsed_verify),
        ("a lapsed link of another kind", lapsed_undo),
        ("a link of another realm", elsewhere),
        ("a replaced link", replaced_verify),
        ("a replaced link of another kind", replaced_undo),
        ("a link to what was discarded", discarded_verify),
        ("a link that discarded", discarded_undo),
        ("a used form", token_of(&used).to_owned()),
    ];
    [of_registrations, resets].concat()
}

/// Returns invalid password reset tokens.
async fn bad_resets(app: &TestApp) -> Vec<(&'static str, String)> {
    let token = async |person: &Person| token_of(&mailed_reset(app, &person.email).await).to_owned();
    let lapsed = token(&Person::new("slow@example.com").join(app).await).await;
    app.advance(Duration::from_secs(30 * 60));

    let john = Person::new("forgetful@example.com").join(app).await;
    let replaced = token(&john).await;
    let used = token(&john).await;
    let path = format!("/User1/reset_password?token={used}");
    assert_eq!(app.post_form(&path, &[("password", "chosen by the owner")]).await.status(), 200);

    let pending = Person::new("replacing@example.com").register(app).await;
    let of_replaced = token(&pending).await;
    pending.with_password("another good phrase").register(app).await;

    let gone = Person::new("gone@example.com").join(app).await;
    let of_gone = token(&gone).await;
    let access = gone.log_in(app).await;
    let path = format!("/User1/delete?id={}&email={}", gone.id, gone.email);
    json(app.request(Method::DELETE, &path).bearer_auth(&access).send().await.unwrap(), 200).await;

    let neighbour = Person::new("neighbour@example.com").of("User2").join(app).await;
    json(app.post_form("/User2/forget_password", &[("email", &neighbour.email)]).await, 200).await;
    let elsewhere = token_of(&app.link(&neighbour.email, "reset_password_form").await).to_owned();
    let asked = serde_json::json!({ "id": john.id, "phone": "+1234567890" });
    let handle = json(app.post_json("/User1/otp_phone", asked).await, 200).await["otp"].as_str().unwrap().to_owned();
    vec![
        ("a lapsed reset link", lapsed),
        ("a replaced reset link", replaced),
        ("a used reset link", used),
        ("a reset link of what was replaced", of_replaced),
        ("a reset link of a deleted account", of_gone),
        ("a reset link of another realm", elsewhere),
        ("a handle", handle),
    ]
}
