//! Users written directly into a store, as registrations would have created them.

use std::{sync::Arc, time::Duration};

use portcullis_backends::{
    hash::{HashPool, Settings},
    mongodb::MongoStore,
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
    port::{Op, PasswordHasher as _, Store, UserOp},
    random::OsRandom,
    seal::{EncryptionKey, RealmKeys},
};

use crate::{
    figures::{KEY, PASSWORD},
    mongod::TestDatabase,
    process::Program,
};

/// Number of users per commit.
const AT_ONCE: usize = 500;
/// Hash settings equivalent to [`crate::process::CHEAP`].
pub(crate) const CHEAPEST: Settings = Settings {
    memory_kib: 8,
    iterations: 1,
    parallelism: 1,
    threads: 1,
    queue: 1,
    deadline: Duration::from_secs(60),
    idle: Duration::from_secs(60),
};

/// Opens the database of a program.
pub(crate) fn sqlite(program: &Program) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(&program.data().join("portcullis.db"), SystemClock.now()).unwrap())
}

pub(crate) async fn mongodb(database: &TestDatabase, realms: &[String]) -> Arc<dyn Store> {
    let settings = portcullis_backends::mongodb::Settings {
        url: database.url.as_str().into(),
        realms: realms.iter().map(|name| RealmName::parse(name).unwrap()).collect(),
        timeout: Duration::from_secs(30),
        patience: Duration::ZERO,
        clock_tolerance: None,
    };
    Arc::new(MongoStore::open(&settings, SystemClock.now(), Arc::new(OsRandom)).await.unwrap())
}

/// Returns the realm and the address of a user.
pub(crate) fn place(number: usize, realms: &[String]) -> (&str, String) {
    (&realms[number % realms.len()], format!("jane.doe.{number}@example.com"))
}

/// Writes this number of users, all with the same password.
pub(crate) async fn fill(store: &dyn Store, names: &[String], users: usize, hashing: Settings) {
    let ctx = Ctx::new(&SystemClock, Arc::new(OsRandom), Client::default());
    let bytes = data_encoding::BASE64.decode(KEY.1.as_bytes()).unwrap();
    let key = EncryptionKey::from_bytes(bytes.try_into().unwrap());
    let rows = store.root_keys().await.unwrap();
    let keys: Vec<RealmKeys> = rows
        .iter()
        .map(|row| RealmKeys::derive(row.realm.clone(), &key.unwrap(&row.realm, &row.wrapped).unwrap()))
        .collect();
    let hasher = HashPool::start(hashing).unwrap();
    let hash = hasher.hash(None, &Password::parse(PASSWORD).unwrap(), [7; 16]).await.unwrap();
    let numbers: Vec<usize> = (0..users).collect();
    for some in numbers.chunks(AT_ONCE) {
        let mut batch: Vec<Op> = Vec::new();
        for number in some {
            let (realm, email) = place(*number, names);
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
