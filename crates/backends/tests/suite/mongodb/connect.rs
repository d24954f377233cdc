//! Which databases are accepted, and the errors for the others.

use std::{
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};

use mongodb::bson::{doc, oid::ObjectId};
use portcullis_backends::mongodb::{MongoStore, OpenError, Settings, check_url};
use portcullis_core::{
    batch,
    clock::{Clock, SystemClock, Timestamp},
    node::CLOCK_TOLERANCE,
    port::{SessionOp, Sessions, Store},
    random::OsRandom,
    suite::rows::{NOW, here, session, session_id},
};

use super::{TIMEOUT, make, settings};
use crate::mongod::{Mongod, ReplicaSet, TestDatabase, client};

async fn refused(url: &str) -> OpenError {
    MongoStore::open(&settings(url), NOW, Arc::new(OsRandom)).await.expect_err("it should be refused")
}

/// Returns all text that could be printed for an error.
fn told(error: &OpenError) -> String {
    let mut told = format!("{error}\n{error:?}\n");
    let mut source = error.source();
    while let Some(error) = source {
        told += &format!("{error}\n{error:?}\n");
        source = error.source();
    }
    told
}

#[tokio::test]
async fn a_clock_that_differs_by_more_than_two_seconds_is_rejected() {
    let database = TestDatabase::new().await;
    let settings = Settings { clock_tolerance: Some(CLOCK_TOLERANCE), ..settings(&database.url) };
    let settings = Settings { timeout: Duration::from_secs(10), ..settings };
    let open = async |now| MongoStore::open(&settings, now, Arc::new(OsRandom)).await;
    let now = || SystemClock.now();
    open(now()).await.unwrap();
    for wrong in [now().plus(Duration::from_secs(60)), Timestamp::from_millis(now().millis() - 60_000)] {
        let refused = open(wrong).await.expect_err("the clock is wrong");
        assert!(matches!(refused, OpenError::Clock { .. }), "{refused:?}");
        assert!(refused.to_string().contains("NTP"), "{refused}");
    }
    let theirs = open(now()).await.unwrap().clock().await.unwrap().expect("MongoDB has a clock");
    assert!(theirs.since(now()).max(now().since(theirs)) < Duration::from_secs(30));
}

#[tokio::test]
async fn a_standalone_server_is_rejected_with_the_commands_that_fix_it() {
    let server = Mongod::standalone();
    let address = format!("127.0.0.1:{}", server.port);
    // The URL may name only the server, or also the replica set that it should be a member of.
    for options in ["", "?directConnection=true", "?replicaSet=rs0"] {
        let refused = refused(&format!("mongodb://{address}/{options}")).await;
        assert!(matches!(refused, OpenError::Standalone { .. }), "{options}: {refused:?}");
        let text = refused.to_string();
        assert!(text.contains("mongod --replSet rs0") && text.contains("rs.initiate()"), "{text}");
        assert!(text.contains(&format!("--host {address}")), "{text}");
    }
}

#[tokio::test]
async fn an_uninitialized_replica_set_is_rejected_with_the_command_that_fixes_it() {
    let server = Mongod::uninitiated();
    let address = format!("127.0.0.1:{}", server.port);
    for options in ["", "?directConnection=true", "?replicaSet=rs0"] {
        let refused = refused(&format!("mongodb://{address}/{options}")).await;
        assert!(matches!(refused, OpenError::NotInitiated { .. }), "{options}: {refused:?}");
        assert!(refused.to_string().contains(&format!("mongosh --host {address} --eval 'rs.initiate()'")), "{refused}");
    }
}

#[tokio::test]
async fn an_unreachable_database_is_awaited_for_a_limited_time() {
    let nobody = Settings { patience: Duration::from_secs(1), ..settings("mongodb://127.0.0.1:9/") };
    let begun = Instant::now();
    let refused = MongoStore::open(&nobody, NOW, Arc::new(OsRandom)).await.unwrap_err();
    assert!(matches!(refused, OpenError::Away { .. }), "{refused:?}");
    assert!(refused.to_string().contains("127.0.0.1:9"), "{refused}");
    let took = begun.elapsed();
    assert!(took >= nobody.patience && took < nobody.patience + 2 * TIMEOUT, "{took:?}");
}

/// The database is called `auth` if the URL does not name one.
#[tokio::test]
async fn a_database_that_starts_in_time_is_opened() {
    let mut set = ReplicaSet::start(1).await;
    // The URL may name the set, or a member that is not yet primary when it first responds.
    for (name, url) in [("one", set.url()), ("two", set.members[0].direct())] {
        set.members[0].kill();
        let patient = Settings { patience: Duration::from_secs(20), ..settings(&url) };
        let opening = tokio::spawn(async move { MongoStore::open(&patient, NOW, Arc::new(OsRandom)).await });
        tokio::time::sleep(Duration::from_millis(500)).await;
        set.members[0].start();
        let store = opening.await.unwrap().unwrap();
        store.commit(batch![SessionOp::Insert(session(&here(), name))]).await.unwrap();
        assert!(store.session(&here(), &session_id("one")).await.unwrap().is_some());
    }
    let names = client(&set.members[0].direct()).await.list_database_names().await.unwrap();
    assert!(names.contains(&"auth".to_owned()), "{names:?}");
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_rejected() {
    let made = make().await;
    let record = doc! { "_id": 1000, "name": "future", "applied_at": mongodb::bson::DateTime::from_millis(0) };
    made.documents("migrations").await.insert_one(record).await.unwrap();
    let refused = refused(&made.database.url).await;
    assert!(matches!(refused, OpenError::Newer { found: 1000, .. }), "{refused:?}");
    assert!(refused.to_string().contains("version 1000"), "{refused}");
}

/// Nothing is created in it, so a database given by mistake is unchanged.
#[tokio::test]
async fn users_of_another_system_are_rejected() {
    let database = TestDatabase::new().await;
    let db = database.db().await;
    let theirs = doc! { "_id": ObjectId::new(), "email": "ada@example.org", "password": "$2b$10$" };
    db.collection("User2").insert_one(theirs).await.unwrap();
    let refused = refused(&database.url).await;
    assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
    assert!(refused.to_string().contains(&format!("{}.User2", database.name)), "{refused}");
    assert_eq!(db.list_collection_names().await.unwrap(), ["User2"]);
}

#[tokio::test]
async fn an_invalid_url_is_rejected_without_showing_its_password() {
    for url in [
        "mongodb://ada:correct-horse@127.0.0.1:port/",
        "mongodb://ada:correct-horse@127.0.0.1:99999/",
        "mongodb://ada:correct/horse@127.0.0.1/",
        "mongodb://ada:correct?horse@127.0.0.1/",
        "mongodb://ada:correct#horse@127.0.0.1:x/",
        "mongodb://ada:correct@horse@127.0.0.1/",
        "mongodb://ada:correct%horse@127.0.0.1/",
        "mongodb://ada:correct:horse@127.0.0.1/",
        "mongodb://ada:correct?horse=staple@127.0.0.1/",
        "mongodb://ada:correct-horse@127.0.0.1/?maxPoolSize=many",
        "mongodb://ada:correct-horse@127.0.0.1/?replicaSet=rs0&directConnection=perhaps",
        "mongodb://ada:correct-horse@127.0.0.1/a$b",
        "mongodb://ada:correct-horse@127.0.0.1,,/",
        "mongodb://ada:correct-horse@",
        "mongodb+srv://ada:correct-horse@a:1/",
        "ada:correct-horse@127.0.0.1",
        "http://ada:correct-horse@127.0.0.1/",
    ] {
        let refused = refused(url).await;
        assert!(matches!(refused, OpenError::Url { .. }), "{url}: {refused:?}");
        let told = told(&refused);
        assert!(!told.contains("horse") && !told.contains("correct"), "{url}: {told}");
    }
    // A message that does not quote the password is shown.
    let told = told(&refused("mongodb://ada:correct-horse@127.0.0.1/?maxPoolSize=many").await);
    assert!(told.contains("maxpoolsize"), "{told}");
}

#[test]
fn options_for_other_drivers_are_accepted() {
    let check = |options: &str| check_url(&format!("mongodb://ada:horse@127.0.0.1/auth?{options}").into());
    for option in [
        "uuidRepresentation=standard",
        "tz_aware=true",
        "socketTimeoutMS=20000",
        "compressors=zstd,snappy",
        "readPreference=secondaryPreferred&w=1&journal=false&readConcernLevel=local",
        "useNewUrlParser=true&useUnifiedTopology=true",
    ] {
        check(option).unwrap();
        check(&format!("replicaSet=rs0&{option}&maxPoolSize=5")).unwrap();
    }
    assert!(check("replicaSett=rs0").unwrap_err().to_string().contains("replicasett"));
}
