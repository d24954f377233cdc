//! Growth of cost with the number of users and realms, on SQLite.

use std::{fs, sync::Arc, time::Duration};

use portcullis_backends::{
    hash::{HashPool, Settings},
    sqlite::SqliteStore,
};
use portcullis_core::{
    Ctx,
    account::{
        Envelope, Profile, User,
        attributes::Attributes,
        country::CountryCode,
        email::EmailAddress,
        name::PersonName,
        password::{Password, PasswordHash},
        phone::PhoneNumber,
    },
    clock::{Clock as _, SystemClock},
    ctx::Client,
    id::{RealmName, UserId},
    port::{Keys as _, Op, PasswordHasher as _, Store as _, UserOp},
    random::OsRandom,
    seal::{EncryptionKey, RealmKeys},
};
use tokio::time::sleep;

use crate::{
    figures::{KEY, PASSWORD, SECRET, WARM_UP, median, start},
    load::{self, FORM, Load},
    machine,
    population::Population,
    process::{CHEAP, Program},
};

const READERS: usize = 32;
/// Number of sessions. Each belongs to a different user if there are enough.
const SESSIONS: usize = 1000;
/// Number of users per commit.
const AT_ONCE: usize = 500;
const STARTS: usize = 3;
const LENGTH: Duration = Duration::from_secs(3);
/// Hash settings equivalent to `CHEAP`.
const HASHING: Settings = Settings {
    memory_kib: 8,
    iterations: 1,
    parallelism: 1,
    threads: 1,
    queue: 1,
    deadline: Duration::from_secs(60),
    idle: Duration::from_secs(60),
};

/// Measures with these numbers of users in two realms, then with these numbers of realms and a thousand users in
/// total.
pub(crate) async fn tell(users: &[usize], realms: &[usize]) {
    println!(
        "| users | realms | start | memory after it | file for each user | read | login, cheapest hash | refresh | memory then |"
    );
    println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (users, realms) in users.iter().map(|users| (*users, 2)).chain(realms.iter().map(|realms| (1000, *realms))) {
        println!("{}", row(users, realms).await);
    }
    println!(
        "\n{}. Reads, logins and refreshes are processor time of the server for each, by {SESSIONS} sessions.",
        machine::line()
    );
}

async fn row(users: usize, realms: usize) -> String {
    let names: Vec<String> = (1..=realms).map(|number| format!("R{number}")).collect();
    let mut program = Program::new(&[CHEAP, &[KEY, ("JWT_SECRET", SECRET), ("REALMS", &names.join(","))]].concat());
    start(&mut program).await;
    assert!(program.stop().await.success());
    fill(&program, users).await;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        starts.push(start(&mut program).await);
        if starts.len() < STARTS {
            assert!(program.stop().await.success());
        }
    }
    sleep(Duration::from_secs(2)).await;
    let rest = machine::resident(program.id());
    let size = fs::metadata(program.data().join("portcullis.db")).unwrap().len();

    let (port, id) = (program.port(), program.id());
    let step = (users / SESSIONS).max(1);
    let login = |number: usize| {
        let (realm, email) = place((number * step) % users, &names);
        load::post(&format!("/{realm}/login"), FORM, &format!("username={email}&password={PASSWORD}"))
    };
    let logins: Vec<_> = (0..SESSIONS).map(login).collect();
    let realm_of = |number: usize| place((number * step) % users, &names).0;
    let mut population = Population::log_in(port, logins.clone()).await;
    let path = |number: usize| format!("/{}/me", realm_of(number));
    let reads = Load::shuffled(port, READERS, population.reads_at(path));
    reads.rate(WARM_UP).await;
    let read = reads.cost(LENGTH, id).await.each;
    let count = u64::try_from(SESSIONS).unwrap();
    let refresh = population.refresh_at(|number| format!("/{}/token", realm_of(number)), id).await;
    let login = Load::in_order(port, READERS, Arc::new(logins)).once(count, id).await;
    let then = machine::resident(id);
    format!(
        "| {users} | {realms} | {:.0} ms | {rest:.1} MiB | {} B | {read:.1} µs | {login:.0} µs | {refresh:.0} µs | {then:.1} MiB |",
        median(starts),
        size / u64::try_from(users).unwrap(),
    )
}

/// Returns the realm and the address of a user.
fn place(number: usize, realms: &[String]) -> (&str, String) {
    (&realms[number % realms.len()], format!("jane.doe.{number}@example.com"))
}

/// Writes users as registrations would have created them, all with the same password.
async fn fill(program: &Program, users: usize) {
    let (now, path) = (SystemClock.now(), program.data().join("portcullis.db"));
    let ctx = Ctx::new(&SystemClock, Arc::new(OsRandom), Client::default());
    let store = SqliteStore::open(&path, now).unwrap();
    let bytes = data_encoding::BASE64.decode(KEY.1.as_bytes()).unwrap();
    let key = EncryptionKey::from_bytes(bytes.try_into().unwrap());
    let rows = store.root_keys().await.unwrap();
    let keys: Vec<RealmKeys> = rows
        .iter()
        .map(|row| RealmKeys::derive(row.realm.clone(), &key.unwrap(&row.realm, &row.wrapped).unwrap()))
        .collect();
    let names: Vec<String> = (1..=rows.len()).map(|number| format!("R{number}")).collect();
    let hasher = HashPool::start(HASHING).unwrap();
    let hash = hasher.hash(None, &Password::parse(PASSWORD).unwrap(), [7; 16]).await.unwrap();
    let numbers: Vec<usize> = (0..users).collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut batch: Vec<Op> = Vec::new();
        for number in some {
            let (realm, email) = place(*number, &names);
            let at = rows.iter().position(|row| row.realm.as_str() == realm).unwrap();
            batch.push(UserOp::Insert(user(&ctx, &rows[at].realm, &keys[at], &email, &hash)).into());
        }
        store.commit(batch.into_iter().collect()).await.unwrap();
    }
}

fn user(ctx: &Ctx, realm: &RealmName, keys: &RealmKeys, email: &str, hash: &PasswordHash) -> User {
    let profile = Profile {
        email: EmailAddress::parse(email).unwrap(),
        first_name: Some(PersonName::parse("Jane").unwrap()),
        last_name: Some(PersonName::parse("Doe").unwrap()),
        phone: Some(PhoneNumber::parse("+1234567890").unwrap()),
        country: Some(CountryCode::parse("US").unwrap()),
        locale: None,
        attributes: Attributes::default(),
    };
    let id = UserId::random(ctx.random());
    User {
        realm: realm.clone(),
        index: profile.email.blind_index(keys),
        envelope: Envelope::seal(ctx, keys, &id, &profile, hash).unwrap(),
        id,
        password_set_at: ctx.now,
        phone_verified_at: None,
        phone_disputed: false,
        compromised: false,
        created_at: ctx.now,
        roles: Vec::new(),
        lock: None,
        seen_on: None,
        is_invited: false,
        two_step: false,
        revision: 1,
    }
}
