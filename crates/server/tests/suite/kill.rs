//! The program, or the database under it, is killed again and again while people use it: whatever was acknowledged is true
//! afterwards.

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
use tokio::{task::JoinSet, time::sleep};

use crate::support::{
    Person,
    database::Database,
    mongod::{Mongod, ReplicaSet},
    process::{CHEAP, Program, client},
    smtp::{Behaviour, Options, SmtpServer},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_acknowledged_outlives_five_kills() {
    let (pause, silence) = (Duration::from_millis(150), Duration::from_secs(1));
    run(Plan { people: 16, pause, kills: 5, between: (30, 2_000), silence }, Victim::program().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "soak"]
async fn whatever_was_acknowledged_outlives_twenty_kills() {
    let (pause, silence) = (Duration::from_millis(700), Duration::from_secs(20));
    run(Plan { people: 16, pause, kills: 20, between: (30, 6_000), silence }, Victim::program().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_acknowledged_outlives_a_primary_of_mongodb() {
    let (pause, silence) = (Duration::from_millis(150), Duration::from_secs(1));
    run(Plan { people: 8, pause, kills: 1, between: (2_000, 3_000), silence }, Victim::primary().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "soak"]
async fn whatever_was_acknowledged_outlives_ten_primaries_of_mongodb() {
    let (pause, silence) = (Duration::from_millis(700), Duration::from_secs(20));
    run(Plan { people: 8, pause, kills: 10, between: (3_000, 9_000), silence }, Victim::primary().await).await;
}

/// Who dies.
enum Victim {
    Program(Database),
    Primary(ReplicaSet),
}

impl Victim {
    /// The program, over the database that the run is about.
    async fn program() -> Self {
        Self::Program(Database::new().await)
    }

    /// Of three servers the one that is written to; the program has to find the next.
    async fn primary() -> Self {
        Self::Primary(ReplicaSet::start(3).await)
    }

    fn settings(&self) -> Vec<(String, String)> {
        let named = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        match self {
            Self::Program(database) => database.settings().into_iter().map(named).collect(),
            Self::Primary(set) => vec![named(("DATABASE_URL", &set.url()))],
        }
    }

    async fn die(&mut self, program: &mut Program) {
        match self {
            Self::Program(_) => program.kill(),
            Self::Primary(set) => {
                let primary = set.primary().await;
                set.members[primary].kill();
            }
        }
    }

    /// Starts again what has died; of a set, once another has taken its place.
    async fn rise(&mut self, program: &mut Program) {
        match self {
            Self::Program(_) => program.spawn(),
            Self::Primary(set) => {
                set.primary().await;
                set.members.iter_mut().filter(|member| !member.is_running()).for_each(Mongod::start);
            }
        }
    }
}

struct Plan {
    /// Walk at the same time.
    people: usize,
    /// Between two walks of the same one.
    pause: Duration,
    kills: usize,
    /// Shortest and longest life of a process, in milliseconds.
    between: (u64, u64),
    /// How long nothing more may come at the end.
    silence: Duration,
}

/// Longest wait for a mail: leases of four seconds, retries after five, then ten, on a busy machine.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);
/// So long before a process dies, the mail server takes mails without a word: they are sent, and nobody knows.
const UNSAID: Duration = Duration::from_millis(20);

async fn run(plan: Plan, mut victim: Victim) {
    let server = Arc::new(SmtpServer::start(Options::default()).await);
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    let mail = [("MAIL_SERVER", "127.0.0.1"), ("MAIL_PORT", &port), ("MAIL_STARTTLS", "off"), ("MAIL_TIMEOUT", "1s")];
    settings.extend(mail);
    let named = victim.settings();
    settings.extend(named.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let mut program = Program::start(&settings).await;

    let world = Arc::new(World::new(program.url(""), Arc::clone(&server)));
    let postman = tokio::spawn(Arc::clone(&world).sort_mails());
    let mut people = JoinSet::new();
    for number in 0..plan.people {
        people.spawn(Arc::clone(&world).live(number, plan.pause));
    }

    let begin = Instant::now();
    let mut chance = Chance(7);
    for _ in 0..plan.kills {
        sleep(Duration::from_millis(chance.within(plan.between))).await;
        server.behave(Behaviour::DropAfterData);
        sleep(UNSAID).await;
        assert!(program.is_running(), "it died by itself:\n{}", program.log());
        victim.die(&mut program).await;
        server.behave(Behaviour::Accept);
        victim.rise(&mut program).await;
    }
    program.ready().await;
    sleep(Duration::from_secs(1)).await;
    world.is_over.store(true, Ordering::Relaxed);
    let walks: Vec<Walk> = people.join_all().await.into_iter().flatten().collect();
    let lasted = begin.elapsed();
    world.wait_for_welcomes(&walks).await;

    // What the process knew by heart must not be what made it true.
    program.kill();
    program.spawn();
    program.ready().await;
    world.judge(&walks).await;
    let came = server.messages().len();
    sleep(plan.silence).await;
    assert_eq!(server.messages().len(), came, "mails come that nothing was left to send");
    assert!(!postman.is_finished(), "a mail was not as it should be");
    postman.abort();
    let mails = world.judge_mails(&walks);
    let log = program.log();
    assert!(!log.contains("panicked"), "{log}");
    if let Victim::Program(_) = victim {
        assert!(!log.contains("ERROR"), "{log}");
        assert_eq!(world.refused.load(Ordering::Relaxed), 0, "the database was there all the time:\n{log}");
    }
    report(&plan, lasted, &walks, &world, mails);
    assert!(walks.len() > plan.people, "hardly anything was done: {} walks", walks.len());
    // A set may choose another primary before anybody's patience is at its end.
    if let Victim::Program(_) = victim {
        let hit = world.unanswered.load(Ordering::Relaxed) + world.refused.load(Ordering::Relaxed);
        assert!(hit > 0, "no kill hit a request");
    }
}

/// One person's way from registration to logout; every step of it was acknowledged.
struct Walk {
    person: Person,
    /// Whether `create` had to be sent more than once: then an earlier registration may have been replaced.
    created_again: bool,
    token: String,
    logged_out: bool,
}

/// A mail that came.
struct Arrived {
    id: String,
    subject: String,
    text: String,
    verify: Option<String>,
}

struct World {
    base: String,
    http: Client,
    server: Arc<SmtpServer>,
    /// By recipient, oldest first.
    mails: Mutex<BTreeMap<String, Vec<Arrived>>>,
    is_over: AtomicBool,
    /// Requests that got no answer and were sent again.
    unanswered: AtomicUsize,
    /// Those that were answered by 503 and sent again.
    refused: AtomicUsize,
}

impl World {
    fn new(base: String, server: Arc<SmtpServer>) -> Self {
        let (is_over, unanswered, refused) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        Self { base, http: client(), server, mails: Mutex::default(), is_over, unanswered, refused }
    }

    /// Walks until it is over.
    async fn live(self: Arc<Self>, number: usize, pause: Duration) -> Vec<Walk> {
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
            // Where the first try was carried out and not answered, the second finds nobody.
            assert!(status == 200 || (status == 401 && again), "logout: {status} {gone}");
        }
        Walk { person, created_again, token, logged_out: logs_out }
    }

    /// Waits for the mail and opens its link. A link leads nowhere only where a later registration replaced its own.
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

    /// Sends a request until it is answered by more than that it should come again; tells whether that took more than one try.
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
                    assert!(!failure.is_timeout() && begin.elapsed() < MAIL_PATIENCE, "no answer: {failure:?}");
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

    /// Puts what comes into everybody's box.
    async fn sort_mails(self: Arc<Self>) {
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

    /// Every acknowledged verification has its welcome.
    async fn wait_for_welcomes(&self, walks: &[Walk]) {
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

    /// Everything that was acknowledged is so.
    async fn judge(self: &Arc<Self>, walks: &[Walk]) {
        for walk in walks {
            let (status, me, _) = self.answer(|| self.http.get(self.url("me")).bearer_auth(&walk.token)).await;
            let expected = if walk.logged_out { 401 } else { 200 };
            assert_eq!(status, expected, "{}, logged out: {}: {me}", walk.person.email, walk.logged_out);
            let login = || self.http.post(self.url("login")).form(&credentials(&walk.person));
            let (status, entered, _) = self.answer(login).await;
            assert_eq!(status, 200, "verified, but no way in for {}: {entered}", walk.person.email);
        }
    }

    /// Every mail that came more than once is the same mail; nobody got one too many. Counts all, and the doubled ones.
    fn judge_mails(&self, walks: &[Walk]) -> (usize, usize) {
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
        assert_eq!(all, mails.values().map(Vec::len).sum::<usize>(), "no mail to anybody else");
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

#[allow(clippy::print_stdout, reason = "what was done is worth a line")]
fn report(plan: &Plan, lasted: Duration, walks: &[Walk], world: &World, (mails, doubled): (usize, usize)) {
    let logouts = walks.iter().filter(|walk| walk.logged_out).count();
    let again = walks.iter().filter(|walk| walk.created_again).count();
    println!(
        "{} clients, {} kills in {:.1} s: {} created ({again} sent again), verified and logged in, {logouts} logged out; \
         {} requests unanswered, {} refused; {mails} mails, {doubled} of them repetitions; nothing lost",
        plan.people,
        plan.kills,
        lasted.as_secs_f64(),
        walks.len(),
        world.unanswered.load(Ordering::Relaxed),
        world.refused.load(Ordering::Relaxed),
    );
}

/// Status and body of the answer.
async fn read(request: RequestBuilder) -> reqwest::Result<(u16, String)> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    Ok((status, response.text().await?))
}

/// Irregular, but the same each time (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn within(&mut self, (least, most): (u64, u64)) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 33) % (most - least)
    }
}
