//! Invalid links are limited per client, refreshes per session.

use reqwest::Method;

use super::{MINUTE, enforced, from, retry_after, try_login};
use crate::support::{Person, json, problem};

#[tokio::test]
async fn a_client_may_try_thirty_invalid_links_a_minute() {
    let app = enforced().await;
    let john = Person::new("john@example.com").register(&app).await;
    app.pump().await;
    let good = app.link(&john.email, "verify").await;
    let paths =
        ["verify?token=x", "reset_password_form?token=x", "undo?token=x", "verify_otp_phone?token=x&otp=123456"];
    for path in paths.iter().cycle().take(30) {
        let request = app.request(Method::GET, &format!("/User1/{path}")).header("Accept", "application/json");
        assert_eq!(from("192.0.2.1", request).send().await.unwrap().status(), 400);
    }
    for path in paths {
        let request = app.request(Method::GET, &format!("/v1/User1/{path}")).header("Accept", "application/json");
        problem(from("192.0.2.1", request).send().await.unwrap(), 429).await;
    }
    // Browsers get a page.
    let request = app.request(Method::GET, "/User1/verify?token=x").header("Accept", "text/html");
    let page = from("192.0.2.1", request).send().await.unwrap();
    assert_eq!((page.status().as_u16(), retry_after(&page)), (429, 60));
    assert!(page.text().await.unwrap().contains("Too many requests"));
    let open = app.http.get(&good).header("X-Forwarded-For", "192.0.2.2");
    assert_eq!(open.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_session_may_be_refreshed_sixty_times_a_minute() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    let mut token = entered["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        app.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    for _ in 0..60 {
        token = json(refresh(&token).await, 200).await["refresh_token"].as_str().unwrap().to_owned();
    }
    let refused = refresh(&token).await;
    assert_eq!((refused.status().as_u16(), retry_after(&refused)), (429, 60));
    app.advance(MINUTE);
    json(refresh(&token).await, 200).await;
}

/// Otherwise a thief could prevent the detection of reuse by refreshing until the limit is reached.
#[tokio::test]
async fn a_used_refresh_token_ends_its_session_also_beyond_the_limit() {
    let app = enforced().await;
    let john = Person::new("john@example.com").join(&app).await;
    let entered = json(try_login(&app, 1, &john.email, &john.password).await, 200).await;
    let first = entered["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        app.post_form("/User1/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    let mut newest = first.clone();
    for _ in 0..60 {
        newest = json(refresh(&newest).await, 200).await["refresh_token"].as_str().unwrap().to_owned();
    }
    assert_eq!(refresh(&newest).await.status(), 429);
    assert_eq!(json(refresh(&first).await, 400).await["error"], "invalid_grant");
    app.advance(MINUTE);
    assert_eq!(json(refresh(&newest).await, 400).await["error"], "invalid_grant");
}
