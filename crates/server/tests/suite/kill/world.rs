//! Users of the program while it is killed, and the checks of what was acknowledged to them.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::time::sleep;

use crate::support::{Person, process::client, smtp::SmtpServer};

/// Maximum wait for an email: leases of four seconds, retries after five and then ten, on a busy machine.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);

/// A user's actions from registration to logout, all of which were acknowledged.
pub struct Walk {
    person: Person,
    /// Whether `create` had to be repeated, so that an earlier registration may have been replaced.
    pub created_again: bool,
    token: String,
    pub logged_out: bool,
}

/// An email that arrived.
struct Arrived {
    id: String,
    subject: String,
    text: String,
    verify: Option<String>,
}

pub struct World {
    base: String,
    http: Client,
    server: Arc<SmtpServer>,
    /// Emails by recipient, oldest first.
    mails: Mutex<BTreeMap<String, Vec<Arrived>>>,
    pub is_over: AtomicBool,
    /// Requests that got no response and were repeated.
    pub unanswered: AtomicUsize,
    /// Requests that got a 503 and were repeated.
    pub refused: AtomicUsize,
}

impl World {
    pub fn new(base: String, server: Arc<SmtpServer>) -> Self {
        let (is_over, unanswered, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { base, http: client(), server, mails: Mutex::default(), is_over, unanswered, refused }
    }

    /// Repeats rounds until the end of the run.
    pub async fn live(self: Arc<Self>, number: usize, pause: Duration) -> Vec<Walk> {
        let mut walks = Vec::new();
        while !self.is_over.load(Ordering::Relaxed) {
            let email = format!("person{number}.{}@example.com", walks.len());
            walks.push(self.walk(&email, walks.len() % 2 == 0).await);
            sleep(pause).await;
        }
        walks
    }

    async fn walk(&self, email: &str, logs_out: bool) -> Walk {
        let mut person = Person::new(email);
        let create = || self.http.post(self.url("create")).json(&person.form());
        let (status, created, created_again) = self.answer(create).await;
        assert_eq!(status, 200, "create: {created}");
        person.id = json(&created)["id"].as_str().unwrap().to_owned();

        self.verify(email, created_again).await;

        let login = || self.http.post(self.url("login")).form(&credentials(&person));
        let (status, entered, _) = self.answer(login).await;
        assert_eq!(status, 200, "login: {entered}");
        let token = json(&entered)["access_token"].as_str().unwrap().to_owned();

        let (status, me, _) = self.answer(|| self.http.get(self.url("me")).bearer_auth(&token)).await;
        assert_eq!(status, 200, "me: {me}");
        assert_eq!(json(&me)["id"], person.id.as_str(), "the acknowledged registration is the user");

        if logs_out {
            let logout = || self.http.get(self.url("logout")).bearer_auth(&token);
            let (status, gone, again) = self.answer(logout).await;
            // If the first attempt succeeded without a response, the session no longer exists.
            assert!(status == 200 || (status == 401 && again), "logout: {status} {gone}");
        }
        Walk { person, created_again, token, logged_out: logs_out }
    }

    /// Waits for the email and opens its link. The link may only be invalid if a later registration replaced its own.
    async fn verify(&self, email: &str, created_again: bool) {
        let begin = Instant::now();
        let mut dead = BTreeSet::new();
        loop {
            let links = self.links(email);
            let Some(link) = links.into_iter().rfind(|link| !dead.contains(link)) else {
                assert!(begin.elapsed() < MAIL_PATIENCE, "create was acknowledged, but no mail came to {email}");
                sleep(Duration::from_millis(20)).await;
                continue;
            };
            let (status, page, _) = self.answer(|| self.http.get(&link)).await;
            if status == 200 {
                return;
            }
            assert!(status == 400 && created_again, "verify of {email}: {status} {page}");
            dead.insert(link);
        }
    }

    /// Repeats a request until the response is not a 503. Also returns whether it was repeated.
    async fn answer(&self, request: impl Fn() -> RequestBuilder) -> (u16, String, bool) {
        let begin = Instant::now();
        let mut again = false;
        loop {
            match read(request().header("Accept", "application/json")).await {
                Ok((503, body)) => {
                    assert!(begin.elapsed() < MAIL_PATIENCE, "refused: {body}");
                    self.refused.fetch_add(1, Ordering::Relaxed);
                }
                Ok((status, body)) => return (status, body, again),
                Err(failure) => {
                    assert!(!failure.is_timeout() && begin.elapsed() < MAIL_PATIENCE, "no response: {failure:?}");
                    self.unanswered.fetch_add(1, Ordering::Relaxed);
                }
            }
            again = true;
            sleep(Duration::from_millis(20)).await;
        }
    }

    fn url(&self, page: &str) -> String {
        format!("{}/User1/{page}", self.base)
    }

    fn links(&self, email: &str) -> Vec<String> {
        let mails = self.mails.lock().unwrap();
        mails.get(email).into_iter().flatten().filter_map(|mail| mail.verify.clone()).collect()
    }

    /// Sorts arriving emails by recipient.
    pub async fn sort_mails(self: Arc<Self>) {
        let mut sorted = 0;
        loop {
            for message in self.server.messages().into_iter().skip(sorted) {
                sorted += 1;
                let arrived = Arrived {
                    id: message.header("Message-ID").expect("a message id"),
                    subject: message.subject(),
                    text: message.text(),
                    verify: message.links().into_iter().find(|link| link.contains("/verify?token=")),
                };
                let [to] = &message.to[..] else { panic!("one mail to {:?}", message.to) };
                self.mails.lock().unwrap().entry(to.clone()).or_default().push(arrived);
            }
            sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until every acknowledged verification has its welcome email.
    pub async fn wait_for_welcomes(&self, walks: &[Walk]) {
        let begin = Instant::now();
        loop {
            let missing: Vec<&str> = {
                let mails = self.mails.lock().unwrap();
                let welcomed = |email: &&str| mails.get(*email).is_some_and(|mails| mails.iter().any(is_welcome));
                walks.iter().map(|walk| walk.person.email.as_str()).filter(|email| !welcomed(email)).collect()
            };
            if missing.is_empty() {
                return;
            }
            assert!(begin.elapsed() < MAIL_PATIENCE, "verified, but never welcomed: {missing:?}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asserts that all acknowledged changes are present.
    pub async fn judge(self: &Arc<Self>, walks: &[Walk]) {
        for walk in walks {
            let (status, me, _) = self.answer(|| self.http.get(self.url("me")).bearer_auth(&walk.token)).await;
            let expected = if walk.logged_out { 401 } else { 200 };
            assert_eq!(status, expected, "{}, logged out: {}: {me}", walk.person.email, walk.logged_out);
            let login = || self.http.post(self.url("login")).form(&credentials(&walk.person));
            let (status, entered, _) = self.answer(login).await;
            assert_eq!(status, 200, "verified, but no way in for {}: {entered}", walk.person.email);
        }
    }

    /// Checks that repeated emails are identical and that no recipient received an additional one. Returns the number
    /// of emails and of repetitions.
    pub fn judge_mails(&self, walks: &[Walk]) -> (usize, usize) {
        let mails = self.mails.lock().unwrap();
        let (mut all, mut doubled) = (0, 0);
        for walk in walks {
            let email = &walk.person.email;
            let mut different: BTreeMap<&str, &Arrived> = BTreeMap::new();
            for mail in &mails[email] {
                all += 1;
                let first = different.entry(&mail.id).or_insert(mail);
                assert_eq!((&first.subject, &first.verify), (&mail.subject, &mail.verify), "{email}");
                assert_eq!(first.text, mail.text, "{email}");
            }
            doubled += mails[email].len() - different.len();
            let (welcomes, links): (Vec<&Arrived>, Vec<&Arrived>) =
                different.values().partition(|mail| is_welcome(mail));
            assert_eq!(welcomes.len(), 1, "one verification, one welcome: {email}");
            assert!(links.iter().all(|mail| mail.verify.is_some()), "{email}");
            assert!(links.len() == 1 || walk.created_again, "one registration, one link: {email}");
        }
        assert_eq!(all, mails.values().map(Vec::len).sum::<usize>(), "no mail to another recipient");
        (all, doubled)
    }
}

fn is_welcome(mail: &Arrived) -> bool {
    mail.subject.starts_with("Welcome")
}

fn credentials(person: &Person) -> [(&'static str, &str); 2] {
    [("username", &person.email), ("password", &person.password)]
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// Returns the status and body of the response.
async fn read(request: RequestBuilder) -> reqwest::Result<(u16, String)> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok((status, response.text().await?))
}
