//! The schema: migrations, indexes and TTL removal.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use mongodb::{
    Database,
    bson::{DateTime, Document, doc, serialize_to_document},
};
use portcullis_backends::mongodb::{MongoStore, OpenError, Settings, migrate, schema_version};
use portcullis_core::{
    batch,
    clock::Timestamp,
    id::RealmName,
    message::{Channel, outbox::DeliveryOutcome},
    port::{ChallengeOp, Outbox, OutboxOp, RegistrationOp, Replaces, SessionOp, Store, UserOp, Users},
    random::OsRandom,
    suite::{
        Pending, Revocations, join_all,
        rows::{NOW, challenge, here, lease, message, registration, revocation, session, there, user, user_id},
    },
};

use super::{make, open, settings, until};
use crate::mongod::{ReplicaSet, TestDatabase};

/// Returns all collections with their indexes, one per line.
async fn schema(db: &Database) -> BTreeMap<String, Vec<String>> {
    let mut schema = BTreeMap::new();
    for name in db.list_collection_names().await.unwrap() {
        let mut indexes = db.collection::<Document>(&name).list_indexes().await.unwrap();
        let mut lines = Vec::new();
        while indexes.advance().await.unwrap() {
            lines.push(line(&serialize_to_document(&indexes.deserialize_current().unwrap()).unwrap()));
        }
        lines.retain(|line| line != "_id");
        lines.sort();
        schema.insert(name, lines);
    }
    schema
}

/// Describes an index: keys, rules and filter.
fn line(index: &Document) -> String {
    let mut line = index.get_document("key").unwrap().keys().cloned().collect::<Vec<_>>().join(", ");
    if index.get_bool("unique").unwrap_or_default() {
        line += ": unique";
    }
    if let Some(after) = index.get("expireAfterSeconds") {
        line += &format!(": gone after {after} s");
    }
    if let Ok(of) = index.get_document("partialFilterExpression") {
        line += &format!(" where {of}");
    }
    line
}

/// Indexes of the audit trail.
const AUDIT: &[&str] = &[
    "actor_id, id",
    "blind_index, id",
    r#"chain, chain_position: unique where { "chain_position": { "$exists": true } }"#,
    "chain_position, _id",
    "event, id",
    "id",
    "outcome, id",
    "realm, at, _id",
    "realm, id",
    "realm, user_id, id",
    "request_id, id",
    "session_id, id",
    "user_id, id",
];

#[tokio::test]
async fn the_schema_is_as_expected() {
    let made = make().await;
    const USERS: &[&str] = &[
        r#"blind_index: unique where { "blind_index": { "$exists": true } }"#,
        "created_at, _id",
        "seen_on",
        "two_step",
    ];
    let wanted: &[(&str, &[&str])] = &[
        // A realm's collection may contain documents of other systems, which have other field names.
        ("User1", USERS),
        ("User2", USERS),
        ("_audit_blocks", &["_id.chain, _id.number", "_id.chain, is_pruned, _id.number"]),
        ("_changes", &["expires_at: gone after 86400 s", "position, _id"]),
        ("_records", &["_id.realm, _id.kind, _id.key", "_id.realm, owner", "expires_at: gone after 86400 s"]),
        ("_stats", &["_id.realm, _id.day, _id.name"]),
        ("audit", AUDIT),
        ("challenges", &["_id.realm, subject", "expires_at: gone after 86400 s"]),
        ("counters", &[]),
        ("failures", &["expires_at: gone after 86400 s"]),
        ("locks", &["touched_at: gone after 3600 s"]),
        ("migrations", &[]),
        (
            "outbox",
            &[
                r#"created_at: gone after 2592000 s where { "state": "dead" }"#,
                "realm, state, created_at, _id",
                "state, channel, due_at, came",
                "state, created_at",
            ],
        ),
        ("quotas", &["expires_at: gone after 86400 s"]),
        (
            "registrations",
            &[
                r#"_id.realm, blind_index: unique where { "blind_index": { "$exists": true } }"#,
                "expires_at: gone after 86400 s",
            ],
        ),
        ("revocations", &["expires_at: gone after 86400 s"]),
        ("root_keys", &[]),
        ("sessions", &["_id.realm, user_id", "expires_at: gone after 86400 s", "idle_until: gone after 86400 s"]),
        ("signing_keys", &[]),
    ];
    let found = schema(&made.database.db().await).await;
    let found: Vec<_> = found
        .iter()
        .map(|(name, lines)| (name.as_str(), lines.iter().map(String::as_str).collect::<Vec<_>>()))
        .collect();
    let wanted: Vec<_> = wanted.iter().map(|(name, lines)| (*name, lines.to_vec())).collect();
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn each_migration_is_applied_once() {
    let database = TestDatabase::new().await;
    let db = database.db().await;
    let steps = migrate(&settings(&database.url), NOW).await.unwrap();
    assert_eq!(
        steps.iter().map(|step| (step.version, step.name)).collect::<Vec<_>>(),
        [
            (1, "accounts"),
            (2, "limits"),
            (3, "audit_by_realm"),
            (4, "records"),
            (5, "changes"),
            (6, "day_of_grace"),
            (7, "audit_rows"),
            (8, "audit_chains"),
            (9, "outbox_by_realm"),
            (10, "stats"),
        ]
    );
    let before = schema(&db).await;
    let later = Timestamp::from_millis(NOW.millis() + 1);
    assert_eq!(migrate(&settings(&database.url), later).await.unwrap(), []);
    drop(open(&database.url).await);
    assert_eq!(schema(&db).await, before);
    let record = db.collection::<Document>("migrations").find_one(doc! { "_id": 1 }).await.unwrap().unwrap();
    assert_eq!(record, doc! { "_id": 1, "name": "accounts", "applied_at": DateTime::from_millis(NOW.millis()) });
}

#[tokio::test]
async fn concurrent_processes_apply_each_migration_once() {
    let database = TestDatabase::new().await;
    let settings = settings(&database.url);
    let starts =
        (0..8).map(|_| -> Pending<'_, usize> { Box::pin(async { migrate(&settings, NOW).await.unwrap().len() }) });
    assert_eq!(join_all(starts).await.into_iter().sum::<usize>(), 10);
    drop(open(&database.url).await);
}

/// A process that crashed during a migration does not block it.
#[tokio::test]
async fn an_interrupted_migration_is_repeated() {
    let made = make().await;
    made.commit(batch![SessionOp::Insert(session(&here(), "one")), SessionOp::End(revocation(&here(), "one"))])
        .await
        .unwrap();
    let whole = schema(&made.database.db().await).await;
    made.documents("migrations").await.delete_many(doc! {}).await.unwrap();
    made.documents("challenges").await.drop().await.unwrap();
    assert_eq!(migrate(&settings(&made.database.url), NOW).await.unwrap().len(), 10);
    assert_eq!(schema(&made.database.db().await).await, whole);
    // Positions continue where they were.
    made.commit(batch![SessionOp::Insert(session(&here(), "two")), SessionOp::End(revocation(&here(), "two"))])
        .await
        .unwrap();
    let (log, _) = made.revocations_after(Default::default()).await.unwrap();
    assert_eq!(log, ["one", "two"].map(|name| revocation(&here(), name)));
}

#[tokio::test]
async fn documents_are_kept_for_a_day_where_an_earlier_version_kept_them_for_a_minute() {
    let made = make().await;
    let db = made.database.db().await;
    let wanted = schema(&db).await;
    let minute = doc! { "name": "expires_at_1", "expireAfterSeconds": 60 };
    db.run_command(doc! { "collMod": "sessions", "index": minute }).await.unwrap();
    made.documents("migrations").await.delete_many(doc! { "_id": { "$gte": 6 } }).await.unwrap();
    assert_eq!(migrate(&settings(&made.database.url), NOW).await.unwrap().len(), 5);
    assert_eq!(schema(&db).await, wanted);
}

/// An administrator may have created it for a user without permission to create indexes.
#[tokio::test]
async fn an_equivalent_index_of_another_name_is_accepted() {
    let made = make().await;
    let sessions = made.documents("sessions").await;
    sessions.drop_index("_id.realm_1_user_id_1").await.unwrap();
    let keys = doc! { "_id.realm": 1, "user_id": 1 };
    let options = mongodb::options::IndexOptions::builder().name("sessions_of_a_user".to_owned()).build();
    sessions.create_index(mongodb::IndexModel::builder().keys(keys).options(options).build()).await.unwrap();
    made.documents("migrations").await.delete_many(doc! {}).await.unwrap();
    let before = schema(&made.database.db().await).await;
    migrate(&settings(&made.database.url), NOW).await.unwrap();
    assert_eq!(schema(&made.database.db().await).await, before);
}

#[tokio::test]
async fn no_realm_may_have_the_name_of_a_collection() {
    let made = make().await;
    let names = made.database.db().await.list_collection_names().await.unwrap();
    let ours: Vec<_> =
        names.iter().filter(|name| ![here(), there()].iter().any(|realm| realm.as_str() == *name)).collect();
    assert_eq!(ours.len(), 17);
    for name in ours {
        assert!(RealmName::parse(name).is_err(), "{name}");
    }
}

/// MongoDB never removes users, audit rows or queued messages, regardless of their age.
#[tokio::test]
async fn mongodb_removes_expired_documents() {
    let set = ReplicaSet::start(1).await;
    let store = open(&set.url()).await;
    let long_ago = |days: i64| DateTime::from_millis(NOW.millis() - days * 24 * 3_600_000);
    let db = crate::mongod::client(&set.members[0].direct()).await.database("auth");

    store
        .commit(batch![
            UserOp::Insert(user(&here(), "ada", "ada@example.org")),
            UserOp::RequireAddress {
                realm: here(),
                index: user(&here(), "bob", "bob@example.org").index,
                is_taken: false
            },
            RegistrationOp::Put { row: registration(&here(), "bob", "bob@example.org"), replaces: Replaces::Anything },
            ChallengeOp::Insert(challenge(&here(), 1)),
            SessionOp::Insert(session(&here(), "over")),
            SessionOp::Insert(session(&here(), "idle")),
            SessionOp::Insert(session(&here(), "ended")),
            SessionOp::End(revocation(&here(), "ended")),
            OutboxOp::Enqueue(message("dead")),
            OutboxOp::Enqueue(message("waits")),
            portcullis_core::suite::rows::audit(&here()),
        ])
        .await
        .unwrap();
    for claimed in store.claim(Channel::Mail, 2, &lease("first", NOW)).await.unwrap() {
        let outcome = if claimed.row.id.as_str() == "dead" { DeliveryOutcome::Dead } else { DeliveryOutcome::Release };
        store
            .commit(batch![OutboxOp::FinishDelivery { id: claimed.row.id, lease: claimed.lease, outcome }])
            .await
            .unwrap();
    }
    // Documents with two expiry times have the other one far in the future.
    let ahead = DateTime::from_millis(i64::from(u32::MAX) * 1000);
    for (name, over, idle) in [("over", long_ago(1), ahead), ("idle", ahead, long_ago(1))] {
        let set = doc! { "$set": { "expires_at": over, "idle_until": idle } };
        let it = doc! { "_id.id": name };
        assert_eq!(db.collection::<Document>("sessions").update_one(it, set).await.unwrap().matched_count, 1);
    }
    for (of, field) in [
        ("User1", "created_at"),
        ("registrations", "expires_at"),
        ("challenges", "expires_at"),
        ("_changes", "expires_at"),
        ("locks", "touched_at"),
        ("outbox", "created_at"),
        ("audit", "at"),
    ] {
        let aged = doc! { "$set": { field: long_ago(40) } };
        assert!(db.collection::<Document>(of).update_many(doc! {}, aged).await.unwrap().matched_count > 0, "{of}");
    }

    set.members[0].remove_what_lapses().await;
    for of in ["registrations", "challenges", "sessions", "_changes", "locks"] {
        let documents = db.collection::<Document>(of);
        until(of, Duration::from_secs(10), || async { documents.count_documents(doc! {}).await.unwrap() == 0 }).await;
    }
    let outbox = db.collection::<Document>("outbox");
    until("outbox", Duration::from_secs(10), || async { outbox.count_documents(doc! {}).await.unwrap() == 1 }).await;
    assert!(outbox.find_one(doc! { "_id": "waits" }).await.unwrap().is_some());
    assert!(store.user(&here(), &user_id("ada")).await.unwrap().is_some());
    assert_eq!(db.collection::<Document>("audit").count_documents(doc! {}).await.unwrap(), 1);
}

#[tokio::test]
async fn while_servers_run_a_database_is_created_but_never_migrated() {
    let database = TestDatabase::new().await;
    let settings = settings(&database.url);
    let open = async || MongoStore::open_beside(&settings, NOW, Arc::new(OsRandom)).await;
    drop(open().await.unwrap());
    let db = database.db().await;
    let before = schema(&db).await;
    let more = Settings { realms: vec![here(), RealmName::parse("Third").unwrap()], ..settings.clone() };
    drop(MongoStore::open_beside(&more, NOW, Arc::new(OsRandom)).await.unwrap());
    assert_eq!(schema(&db).await, before, "a realm of other settings gets no collection");
    db.collection::<Document>("migrations").delete_one(doc! { "_id": schema_version() }).await.unwrap();
    let refused = open().await.unwrap_err();
    assert!(matches!(refused, OpenError::Older { .. }), "{refused:?}");
}
