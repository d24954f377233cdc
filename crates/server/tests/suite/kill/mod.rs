//! The program, or its database, is killed repeatedly under load: every acknowledged change is kept.

mod commits;
mod world;

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::{task::JoinSet, time::sleep};
use world::{Walk, World};

use crate::support::{
    database::Database,
    mongod::{Mongod, ReplicaSet},
    process::{CHEAP, Program},
    smtp::{Behaviour, Options, SmtpServer},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_changes_survive_five_kills() {
    let (pause, silence) = (Duration::from_millis(150), Duration::from_secs(1));
    run(Plan { people: 16, pause, kills: 5, between: (30, 2_000), silence }, Victim::program().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "soak"]
async fn acknowledged_changes_survive_twenty_kills() {
    let (pause, silence) = (Duration::from_millis(700), Duration::from_secs(20));
    run(Plan { people: 16, pause, kills: 20, between: (30, 6_000), silence }, Victim::program().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_changes_survive_a_mongodb_failover() {
    let (pause, silence) = (Duration::from_millis(150), Duration::from_secs(1));
    run(Plan { people: 8, pause, kills: 1, between: (2_000, 3_000), silence }, Victim::primary().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "soak"]
async fn acknowledged_changes_survive_ten_mongodb_failovers() {
    let (pause, silence) = (Duration::from_millis(700), Duration::from_secs(20));
    run(Plan { people: 8, pause, kills: 10, between: (3_000, 9_000), silence }, Victim::primary().await).await;
}

/// The process to kill.
enum Victim {
    Program(Database),
    Primary(ReplicaSet),
}

impl Victim {
    /// Returns the program with the database of this run.
    async fn program() -> Self {
        Self::Program(Database::unused().await)
    }

    /// Returns the primary of three servers; the program must find its successor.
    async fn primary() -> Self {
        Self::Primary(ReplicaSet::start(3).await)
    }

    fn settings(&self) -> Vec<(String, String)> {
        let named = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        match self {
            Self::Program(database) => database.settings().into_iter().map(named).collect(),
            Self::Primary(set) => {
                let key = ("ENCRYPTION_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
                vec![named(("DATABASE_URL", &set.url())), named(key)]
            }
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

    /// Restarts the killed process; in a replica set, once another member is the primary.
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
    /// Number of concurrent users.
    people: usize,
    /// Pause between two rounds of the same user.
    pause: Duration,
    kills: usize,
    /// Minimum and maximum lifetime of a process, in milliseconds.
    between: (u64, u64),
    /// Period at the end in which no further email may arrive.
    silence: Duration,
}

/// Period before each kill in which the mail server accepts emails without confirming them.
const UNSAID: Duration = Duration::from_millis(20);

/// Settings of the mail server. The checks log in from an unknown device, which must not send an email.
const MAIL: [(&str, &str); 4] =
    [("MAIL_SERVER", "127.0.0.1"), ("MAIL_STARTTLS", "off"), ("MAIL_TIMEOUT", "1s"), ("NEW_DEVICE_MAIL", "off")];

async fn run(plan: Plan, mut victim: Victim) {
    let server = Arc::new(SmtpServer::start(Options::default()).await);
    let port = server.port().to_string();
    let mut settings = CHEAP.to_vec();
    settings.extend(MAIL);
    settings.push(("MAIL_PORT", &port));
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

    // The checks must not depend on the caches of the process.
    program.kill();
    program.spawn();
    program.ready().await;
    world.judge(&walks).await;
    let came = server.messages().len();
    sleep(plan.silence).await;
    assert_eq!(server.messages().len(), came, "mails arrive after the outbox was empty");
    assert!(!postman.is_finished(), "a mail was malformed");
    postman.abort();
    let mails = world.judge_mails(&walks);
    let log = program.log();
    assert!(!log.contains("panicked"), "{log}");
    if let Victim::Program(_) = victim {
        assert!(!log.contains("ERROR"), "{log}");
        assert_eq!(world.refused.load(Ordering::Relaxed), 0, "the database was there all the time:\n{log}");
    }
    report(&plan, lasted, &walks, &world, mails);
    assert!(walks.len() > plan.people, "too few walks: {}", walks.len());
    // A replica set may elect another primary before a request times out.
    if let Victim::Program(_) = victim {
        let hit = world.unanswered.load(Ordering::Relaxed) + world.refused.load(Ordering::Relaxed);
        assert!(hit > 0, "no kill hit a request");
    }
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

/// Pseudo-random, but the same in each run (Knuth's MMIX generator).
struct Chance(u64);

impl Chance {
    fn within(&mut self, (least, most): (u64, u64)) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        least + (self.0 >> 33) % (most - least)
    }
}
