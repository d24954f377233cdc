//! Authenticated reads compared with minimal servers: rates measured alternately, and CPU time per request.

use crate::{
    ceiling::{Ceiling, Role},
    figures::{A_SLICE, InTurn, SECRET, WARM_UP, median, steady},
    load::{self, Load},
    machine,
    population::Population,
    process::{CHEAP, Program},
    table::Table,
    user::User,
};

const READERS: usize = 32;
const PATH: &str = "/User1/me";
/// Number of users, and of sessions per user.
const USERS: usize = 100;
const SESSIONS_EACH: usize = 100;
/// Number of times that each session uses a new token.
const ROUNDS: usize = 3;

/// A program, its user, and the key that the minimal server uses for verification.
struct Subject {
    algorithm: &'static str,
    program: Program,
    user: User,
    key: String,
}

impl Subject {
    /// Starts the program with its default log, written to a file.
    async fn start(algorithm: &'static str, settings: &[(&str, &str)]) -> Self {
        let program = Program::start(&[CHEAP, settings].concat()).await;
        let user = User::join(&program).await;
        let key = match settings.iter().find(|(name, _)| *name == "JWT_SECRET") {
            Some((_, secret)) => (*secret).to_owned(),
            None => {
                let keys = crate::process::client().get(program.url("/.well-known/jwks.json")).send().await.unwrap();
                let keys: serde_json::Value = keys.json().await.unwrap();
                keys["keys"][0].to_string()
            }
        };
        Self { algorithm, program, user, key }
    }

    fn load(&self) -> Load {
        Load::same(self.program.port(), READERS, load::get(PATH, Some(&self.user.token)))
    }
}

/// Measures reads with both kinds of keys on SQLite, and on MongoDB.
pub(crate) async fn measure(table: &mut Table, mongodb: &Program, their_user: &User) {
    let shared = Subject::start("HS256", &[("JWT_SECRET", SECRET)]).await;
    against_ceilings(table, &shared).await;
    let reads = Load::same(mongodb.port(), READERS, load::get(PATH, Some(&their_user.token)));
    table.over_mongodb(steady(&reads).await, "/s");
    sessions(table, &shared).await;
    drop(shared);
    let pair = Subject::start("ES256", &[]).await;
    against_ceilings(table, &pair).await;
    sessions(table, &pair).await;
}

async fn against_ceilings(table: &mut Table, subject: &Subject) {
    let hello = Ceiling::start(Role::Hello);
    let verify = Ceiling::start(Role::Verify { key: subject.key.clone(), user: subject.user.answer.clone() });
    let token = Some(subject.user.token.as_str());
    let ceilings = [
        (&hello, load::get("/", None), "bare axum responds without reading a token"),
        (&verify, load::get("/", token), "bare axum verifies the same token and responds with the same JSON"),
    ];
    for (ceiling, request, of) in ceilings {
        let bare = Load::same(ceiling.port, READERS, request);
        let reads = subject.load();
        reads.rate(WARM_UP).await;
        bare.rate(WARM_UP).await;
        let measured = InTurn::measure(
            async |length| reads.cost(length, subject.program.id()).await,
            async |length| bare.cost(length, ceiling.id()).await,
        );
        let what =
            format!("authenticated reads (`GET {PATH}`, {}, one session; {READERS} connections)", subject.algorithm);
        table.rate(what, &measured.await, of);
    }
}

/// Measures many sessions: in pseudo-random order, and with tokens that were not used before.
async fn sessions(table: &mut Table, Subject { algorithm, program, user, key }: &Subject) {
    let verify = Ceiling::start(Role::Verify { key: key.clone(), user: user.answer.clone() });
    let mut population = Population::join(program, USERS, SESSIONS_EACH).await;
    let (mut ours, mut bare) = (Vec::new(), Vec::new());
    let count = u64::try_from(USERS * SESSIONS_EACH).unwrap();
    // The first round caches the sessions.
    Load::in_order(program.port(), READERS, population.reads(PATH)).once(count, program.id()).await;
    for _ in 0..ROUNDS {
        population.refresh().await;
        let reads = Load::in_order(program.port(), READERS, population.reads(PATH));
        ours.push(reads.once(count, program.id()).await);
        let reads = Load::in_order(verify.port, READERS, population.reads("/"));
        bare.push(reads.once(count, verify.id()).await);
    }
    let all = Load::shuffled(program.port(), READERS, population.reads(PATH));
    all.rate(WARM_UP).await;
    let mut warm = Vec::new();
    for _ in 0..ROUNDS {
        warm.push(all.cost(2 * A_SLICE, program.id()).await.each);
    }
    table.figure(
        format!("the same, {count} sessions in random order, {algorithm}: processor time of each"),
        median(warm),
        "µs",
    );
    table.figure(
        format!("tokens that are seen for the first time, {algorithm}: processor time of each"),
        median(ours),
        "µs",
    );
    table.beside(median(bare), "µs", "a bare axum response that verifies the same token");
    table.figure(format!("resident memory with {count} sessions"), machine::resident(program.id()), "MiB");
}
