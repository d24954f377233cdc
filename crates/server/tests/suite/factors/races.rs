//! Concurrent use of codes, tickets and removals: fifty requests, twenty rounds, on two servers if they can share the
//! database.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Authenticator, Person, Protected, TestApp, json as answer, problem};

const ROUNDS: usize = 20;
const AT_ONCE: usize = 50;
const SETTINGS: &[(&str, &str)] = &[
    ("MFA_METHODS", "totp,sms,recovery_code"),
    ("FRESH_AUTH_AGE", "1h"),
    ("ACCESS_TOKEN_TTL", "1h"),
    ("LIMIT_OTP_ACCOUNT", "1000/24h"),
];

/// One server, or two with the same database.
struct Servers {
    one: TestApp,
    two: Option<TestApp>,
}

impl Servers {
    async fn start(more: &[(&str, &str)]) -> Self {
        let one = TestApp::with(&[SETTINGS, more].concat()).await;
        let two = if one.is_shared() { Some(one.twin().await) } else { None };
        Self { one, two }
    }

    fn of(&self, number: usize) -> &TestApp {
        self.two.as_ref().filter(|_| number % 4 > 1).unwrap_or(&self.one)
    }

    fn post(&self, number: usize, path: &str, token: &str, body: &Value) -> RequestBuilder {
        self.of(number).request(Method::POST, &format!("/User1/{path}")).bearer_auth(token).json(body)
    }

    /// Sends a login or, every second time, a re-authentication with this code.
    fn prove(&self, number: usize, john: &Protected, code: &str, kind: &str) -> RequestBuilder {
        if number.is_multiple_of(2) {
            return self.post(number, "me/step_up", &john.token, &json!({"code": code, "type": kind}));
        }
        let form = [
            ("username", john.person.email.as_str()),
            ("password", john.person.password.as_str()),
            ("code", code),
            ("type", kind),
        ];
        self.of(number).request(Method::POST, "/User1/login").form(&form)
    }
}

/// Sends fifty concurrent requests. Returns the number of successes. All others must be rejected, or asked to retry.
async fn successes(request: impl Fn(usize) -> RequestBuilder) -> usize {
    let mut all = JoinSet::new();
    for number in 0..AT_ONCE {
        all.spawn(request(number).send());
    }
    let statuses: Vec<u16> = all.join_all().await.into_iter().map(|sent| sent.unwrap().status().as_u16()).collect();
    assert!(statuses.iter().all(|status| *status < 500 || *status == 503), "{statuses:?}");
    statuses.iter().filter(|status| **status == 200).count()
}

async fn renewed_codes(servers: &Servers, john: &Protected) -> Vec<String> {
    let renewed = servers.post(0, "me/mfa/recovery_codes", &john.token, &json!({})).send().await.unwrap();
    let renewed = answer(renewed, 201).await;
    renewed["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
#[ignore = "soak"]
async fn one_code_of_an_app_is_used_once_across_logins_and_renewals() {
    let servers = Servers::start(&[]).await;
    let john = Protected::join(&servers.one, "john@example.com").await;
    for round in 0..ROUNDS {
        let code = john.app.next_code(&servers.one);
        let used = successes(|number| servers.prove(number, &john, &code, "totp")).await;
        assert_eq!(used, 1, "round {round}");
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn one_recovery_code_is_used_once_across_logins_and_renewals() {
    let servers = Servers::start(&[]).await;
    let john = Protected::join(&servers.one, "john@example.com").await;
    let mut codes = Vec::new();
    for round in 0..ROUNDS {
        if codes.is_empty() {
            codes = renewed_codes(&servers, &john).await;
        }
        let code = codes.pop().unwrap();
        let used = successes(|number| servers.prove(number, &john, &code, "recovery_code")).await;
        assert_eq!(used, 1, "round {round}");
        let left = answer(servers.one.get_as(&john.token, "/User1/me/mfa").await, 200).await;
        assert_eq!(left["recovery_codes"]["left"].as_u64().unwrap_or_default(), codes.len() as u64, "round {round}");
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn one_code_by_sms_is_used_once_across_logins_and_renewals() {
    let servers = Servers::start(&[]).await;
    let john = Protected::join(&servers.one, "john@example.com").await;
    john.person.prove_phone(&servers.one).await;
    answer(servers.post(0, "me/mfa/sms", &john.token, &json!({})).send().await.unwrap(), 201).await;
    for round in 0..ROUNDS {
        let ask = json!({"mfa_token": john.ticket(&servers.one).await, "type": "sms"});
        answer(servers.one.post_json("/User1/mfa/challenge", ask).await, 202).await;
        let code = servers.one.mails_to("+1234567890").await[0]["code"].as_str().unwrap().to_owned();
        let used = successes(|number| servers.prove(number, &john, &code, "sms")).await;
        assert_eq!(used, 1, "round {round}");
    }
}

/// Every request has its own valid code.
#[tokio::test]
#[ignore = "soak"]
async fn one_ticket_opens_one_session() {
    let servers = Servers::start(&[]).await;
    let john = Protected::join(&servers.one, "john@example.com").await;
    for round in 0..ROUNDS {
        let mut codes = renewed_codes(&servers, &john).await;
        codes.push(john.app.next_code(&servers.one));
        let ticket = john.ticket(&servers.one).await;
        let used = successes(|number| {
            let code = codes[number % codes.len()].as_str();
            let form = [("grant_type", "urn:portcullis:mfa"), ("mfa_token", &*ticket), ("code", code)];
            servers.of(number).request(Method::POST, "/User1/token").form(&form)
        })
        .await;
        assert_eq!(used, 1, "round {round}");
    }
}

#[tokio::test]
#[ignore = "soak"]
async fn the_last_required_factor_cannot_be_removed() {
    let servers = Servers::start(&[("MFA_POLICY", "required")]).await;
    let (app, john) = (&servers.one, Person::new("john@example.com").join(&servers.one).await);
    let refused = problem(app.login("User1", &john.email, &john.password).await, 403).await;
    let offer = json!({"mfa_token": refused["mfa_token"]});
    let offer = answer(app.post_json("/User1/me/mfa/totp", offer).await, 200).await;
    let code = Authenticator::of(&offer).code(app);
    let confirm = json!({"enrolment": offer["enrolment"], "code": code, "mfa_token": refused["mfa_token"]});
    let added = answer(app.post_json("/User1/me/mfa/totp/confirm", confirm).await, 201).await;
    let token = added["tokens"]["access_token"].as_str().unwrap();
    let factors = async || {
        let status = answer(app.get_as(token, "/User1/me/mfa").await, 200).await;
        let ids = status["factors"].as_array().unwrap().iter().map(|factor| factor["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<String>>()
    };
    for round in 0..ROUNDS {
        Authenticator::add(app, token).await;
        let ids = factors().await;
        assert_eq!(ids.len(), 2);
        let removed = successes(|number| {
            let path = format!("/User1/me/mfa/{}", ids[number % 2]);
            servers.of(number).request(Method::DELETE, &path).bearer_auth(token)
        })
        .await;
        assert_eq!((removed, factors().await.len()), (1, 1), "round {round}");
    }
}
