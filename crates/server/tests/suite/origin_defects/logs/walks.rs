//! User journeys through the server, each with a token or code that must not be logged.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{PHONE, create, jane, keep};
use crate::{
    origin_defects::{
        program::{Visitor, link_in},
        token_of,
    },
    sms::{code_in, twilio::Twilio},
    support::{Person, json, smtp::SmtpServer},
};

/// Performs all steps from registration to logout without errors.
pub async fn walk(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane("");
    json(create(visitor, &jane).await, 200).await;
    let links = smtp.wait_for(1).await[0].links();
    for page in ["verify", "undo"] {
        keep(secrets, token_of(&link_in(&links, page)));
    }
    assert_eq!(visitor.try_login(&jane).await.status(), 403);
    assert_eq!(visitor.get(&link_in(&links, "undo")).await.status(), 200);
    assert_eq!(visitor.get(&link_in(&links, "verify")).await.status(), 200);
    smtp.wait_for(2).await;
    let token = visitor.log_in(&jane).await;
    keep(secrets, &token);
    json(visitor.get_as(&token, "/User1/me").await, 200).await;
    // The address is taken, so the owner gets an email.
    json(create(visitor, &jane).await, 200).await;
    smtp.wait_for(3).await;
    let again = [("email", jane.email.as_str())];
    json(visitor.post_form("/User1/verify/resend", &again).await, 200).await;
    smtp.wait_for(4).await;
    json(visitor.get_as(&token, "/User1/logout").await, 200).await;
}

/// Registers an address with two passwords.
pub async fn contest(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane(".Contested");
    json(create(visitor, &jane).await, 200).await;
    // A superseded email is not sent.
    smtp.wait_for(5).await;
    json(create(visitor, &jane.clone().with_password("crimson-planted-kettle")).await, 200).await;
    let links = smtp.wait_for(6).await[5].links();
    let verify = link_in(&links, "verify");
    keep(secrets, token_of(&verify));
    let page = visitor.request(Method::GET, &verify).header("Accept", "application/json").send().await.unwrap();
    let path = link_in(&[json(page, 200).await["reset_url"].as_str().unwrap().to_owned()], "reset_password");
    keep(secrets, token_of(&path));
    for (password, status) in
        [("violet-planted-teapot-\0", 422), ("chosen-planted-kettle", 200), ("violet-planted-teapot", 400)]
    {
        assert_eq!(visitor.post_form(&path, &[("password", password)]).await.status(), status);
    }
    smtp.wait_for(7).await;
}

/// Registers, verifies and logs in a user, and returns the login response.
pub(super) async fn join(visitor: &Visitor, smtp: &SmtpServer, jane: &Person) -> Value {
    json(create(visitor, jane).await, 200).await;
    assert_eq!(visitor.get(&new_link(smtp, jane, "verify", &[]).await).await.status(), 200);
    json(visitor.try_login(jane).await, 200).await
}

/// Returns an emailed link to this page that is not yet known.
pub(super) async fn new_link(smtp: &SmtpServer, jane: &Person, page: &str, known: &[String]) -> String {
    let (to, page) = (jane.email.to_lowercase(), format!("/{page}?token="));
    loop {
        let mails = smtp.messages();
        let links = mails.iter().filter(|mail| mail.to == [to.as_str()]).flat_map(|mail| mail.links());
        if let Some(link) = links.into_iter().find(|link| link.contains(&page) && !known.contains(link)) {
            return link;
        }
        smtp.wait_for(mails.len() + 1).await;
    }
}

/// Resets the password in every way, refreshes a session, and finally deletes the account.
pub async fn forget(visitor: &Visitor, smtp: &SmtpServer, secrets: &mut Vec<String>) {
    let jane = jane(".Forgetful");
    let mut pair = join(visitor, smtp, &jane).await;
    for _ in 0..2 {
        for token in ["access_token", "refresh_token"] {
            keep(secrets, pair[token].as_str().unwrap());
        }
        let refresh = [("grant_type", "refresh_token"), ("refresh_token", pair["refresh_token"].as_str().unwrap())];
        pair = json(visitor.post_form("/User1/token", &refresh).await, 200).await;
    }
    let mut links = Vec::new();
    for way in 0..3 {
        let page = "/User1/forget_password";
        let asked = match way {
            0 => visitor.get(&format!("{page}?email={}", jane.email.replace('@', "%40"))).await,
            1 => visitor.post_form(page, &[("email", &jane.email)]).await,
            _ => visitor.request(Method::POST, page).json(&json!({ "email": jane.email })).send().await.unwrap(),
        };
        json(asked, 200).await;
        let link = new_link(smtp, &jane, "reset_password_form", &links).await;
        keep(secrets, token_of(&link));
        assert_eq!(visitor.get(&link).await.status(), 200);
        links.push(link);
    }
    let path = links[2].replace("reset_password_form", "reset_password");
    for (password, status) in
        [("violet-planted-teapot-\0", 422), ("chosen-planted-kettle", 200), ("violet-planted-teapot", 400)]
    {
        assert_eq!(visitor.post_form(&path, &[("password", password)]).await.status(), status);
    }
    let jane = jane.with_password("chosen-planted-kettle");
    let token = visitor.log_in(&jane).await;
    keep(secrets, &token);
    let id = json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].as_str().unwrap().to_owned();
    for (email, status) in [("planted-query@example.com", 404), (jane.email.as_str(), 200)] {
        let path = format!("/User1/delete?id={id}&email={}", email.replace('@', "%40"));
        let deleted = visitor.request(Method::DELETE, &path).bearer_auth(&token).send().await.unwrap();
        assert_eq!(deleted.status(), status);
    }
}

/// Requests a code by query or by body, and returns the response.
pub async fn ask_for_code(visitor: &Visitor, id: &str, by_query: bool) -> Value {
    let request = visitor.request(Method::POST, "/User1/otp_phone");
    let request = if by_query {
        visitor.request(Method::POST, &format!("/User1/otp_phone?id={id}&phone={}", PHONE.replace('+', "%2B")))
    } else {
        request.json(&json!({ "id": id, "phone": PHONE }))
    };
    json(request.send().await.unwrap(), 200).await
}

/// Verifies a phone number in every way.
pub async fn prove(
    visitor: &Visitor,
    smtp: &SmtpServer,
    twilio: &Twilio,
    secrets: &mut Vec<String>,
    codes: &mut Vec<String>,
) {
    let jane = jane(".Reachable");
    let token = join(visitor, smtp, &jane).await["access_token"].as_str().unwrap().to_owned();
    let id = json(visitor.get_as(&token, "/User1/me").await, 200).await["id"].as_str().unwrap().to_owned();
    for way in 0..3 {
        let handle = ask_for_code(visitor, &id, way == 0).await["otp"].as_str().unwrap().to_owned();
        keep(secrets, &handle);
        while twilio.messages().len() <= way {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let code = code_in(&twilio.messages()[way].body);
        let page = "/User1/verify_otp_phone";
        for (code, status) in [("planted-query", 422), (code.as_str(), 200), (code.as_str(), 400)] {
            let given = match way {
                0 => visitor.get(&format!("{page}?token={handle}&otp={code}")).await,
                1 => visitor.post_form(page, &[("token", &handle), ("otp", code)]).await,
                _ => {
                    let both = json!({ "token": handle, "otp": code });
                    visitor.request(Method::POST, page).json(&both).send().await.unwrap()
                }
            };
            assert_eq!(given.status(), status);
        }
        codes.push(code);
    }
    for (id, phone) in [("planted-query", PHONE), (id.as_str(), "+1555planted-query"), (id.as_str(), "+19876543210")] {
        let asked = visitor.request(Method::POST, "/User1/otp_phone").json(&json!({ "id": id, "phone": phone }));
        asked.send().await.unwrap();
    }
}
