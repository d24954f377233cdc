//! Query plans of MongoDB.

use mongodb::bson::{Bson, Document, doc};
use portcullis_core::{
    account::User,
    audit::{AuditEntry, AuditFilter, AuditId, AuditKey, AuditQuery, Chain, StoredBlock, UserEvents},
    batch,
    link::Purpose,
    message::{Channel, outbox::DeliveryOutcome},
    port::{
        Audit, AuditChains, ChainOp, ChallengeOp, Challenges, Changes, KeyOp, Keys, Op, Outbox, OutboxOp, OutboxPlace,
        OutboxQuery, RegistrationOp, Registrations, Replaces, SessionOp, Sessions, StatOp, Stats, Store, UserOp, Users,
    },
    session::LogPosition,
    stats::Stat,
    suite::rows::{
        NOW, at, audit, challenge, challenge_id, envelope, here, lease, message, registration, revocation, root_key,
        session, session_id, signing_key, token_hash, user, user_id,
    },
};

use super::{Fresh, make};

/// Runs every operation of a store.
#[allow(clippy::too_many_lines, reason = "a list of all that a store is asked")]
async fn do_everything(made: &Fresh) {
    let commit = async |ops: Vec<Op>| made.commit(ops).await.unwrap();
    let ada = user(&here(), "ada", "ada@example.org");
    let eve = registration(&here(), "eve", "eve@example.org");
    let put = |replaces| RegistrationOp::Put { row: eve.clone(), replaces };
    let spent = ChallengeOp::Spend { realm: here(), id: challenge_id(1), now: NOW };
    commit(batch![
        KeyOp::PutRoot(root_key(&here(), 1)),
        KeyOp::PutRoot(root_key(&here(), 2)),
        KeyOp::PutSigning(signing_key("key", 0)),
        KeyOp::DeleteSigning { kid: "key".to_owned() },
        UserOp::Insert(ada.clone()),
        UserOp::Require { realm: here(), id: ada.id.clone(), revision: 1 },
        UserOp::RequireAddress { realm: here(), index: ada.index, is_taken: true },
        UserOp::RequireAddress { realm: here(), index: eve.index, is_taken: false },
        UserOp::Update(User { envelope: envelope("new"), revision: 2, ..ada.clone() }),
        put(Replaces::Exactly(None)),
        put(Replaces::Exactly(Some(eve.id.clone()))),
        put(Replaces::Anything),
        ChallengeOp::Insert(challenge(&here(), 1)),
        ChallengeOp::Try { realm: here(), id: challenge_id(1), now: NOW, limit: 3 },
        ChallengeOp::Expire { realm: here(), id: challenge_id(1), at: at(60) },
        spent,
        audit(&here()),
        OutboxOp::Enqueue(message("one")),
    ])
    .await;
    commit(["a", "b", "c", "d"].map(|name| SessionOp::Insert(session(&here(), name)).into()).into()).await;
    commit(batch![SessionOp::Rotate {
        realm: here(),
        id: session_id("a"),
        from: token_hash(1),
        to: token_hash(2),
        at: at(1),
        idle_until: at(2),
    }])
    .await;
    let all = |except| SessionOp::EndAll { realm: here(), user: user_id("ada"), except, expires_at: at(900) };
    commit(batch![SessionOp::End(revocation(&here(), "b")), all(Some(session_id("a"))), all(None)]).await;

    made.at_address(&here(), ada.index).await.unwrap();
    made.user(&here(), &ada.id).await.unwrap();
    made.registration(&here(), &eve.id).await.unwrap();
    made.challenge(&here(), challenge_id(1)).await.unwrap();
    made.session(&here(), &session_id("a")).await.unwrap();
    made.sessions_of(&here(), &user_id("ada")).await.unwrap();
    made.few_sessions_of(&here(), &user_id("ada"), 2).await.unwrap();
    made.changes_after(LogPosition(1)).await.unwrap();
    made.outbox_state(NOW).await.unwrap();
    list_messages(made).await;
    count(made).await;
    made.root_keys().await.unwrap();
    made.audit_rows(&here(), 1).await.unwrap();
    let events = UserEvents { realm: here(), user: user_id("ada"), before: None, since: NOW, limit: 10 };
    assert_eq!(made.user_events(&events).await.unwrap().len(), 1);
    seal_and_query(made).await;
    made.ping().await.unwrap();
    for outcome in [DeliveryOutcome::Retry(NOW), DeliveryOutcome::Release, DeliveryOutcome::Dead] {
        let claimed = made.claim(Channel::Mail, 1, &lease("first", NOW)).await.unwrap().remove(0);
        commit(batch![OutboxOp::FinishDelivery { id: claimed.row.id, lease: claimed.lease, outcome }]).await;
    }
    commit(batch![
        ChallengeOp::Drop { realm: here(), subject: user_id("ada"), purpose: Some(Purpose::Registration) },
        RegistrationOp::Contest { realm: here(), id: eve.id.clone(), is_contested: true, expires_at: at(1) },
        RegistrationOp::Delete { realm: here(), id: eve.id.clone() },
        UserOp::Delete { realm: here(), id: ada.id.clone(), revision: 2 },
        put(Replaces::Anything),
        ChallengeOp::Insert(challenge(&here(), 1)),
        SessionOp::Insert(session(&here(), "e")),
    ])
    .await;
    assert!(made.sweep(at(10_000_000), 10).await.unwrap() > 3);
}

/// Lists messages in both directions, from the start and from a position.
async fn list_messages(made: &Fresh) {
    let row = made.outbox_row(&message("one").id).await.unwrap().unwrap().row;
    for (is_backwards, from) in [(false, None), (false, Some(at(9))), (true, Some(at(-9)))] {
        let from = from.map(|created_at| OutboxPlace { created_at, id: row.id.as_str().to_owned() });
        let (is_dead, is_retried, channel) = (false, None, Some(Channel::Mail));
        let query =
            OutboxQuery { realm: here(), is_dead, is_retried, channel, recipient: None, from, is_backwards, limit: 3 };
        assert_eq!(made.outbox_page(&query).await.unwrap().len(), 3, "{query:?}");
    }
}

/// Counts users and events.
async fn count(made: &Fresh) {
    let stat = || Stat { realm: here(), day: NOW.day(), name: "resets".to_owned(), value: 1 };
    made.commit(batch![StatOp::Add(stat()), StatOp::Set(stat())]).await.unwrap();
    assert_eq!(made.stats(&here(), NOW.day(), NOW.day()).await.unwrap(), [stat()]);
    made.user_counts(&here(), NOW.day(), at(-9).day()).await.unwrap();
}

/// Seals the row, finds it by each filter, and removes it.
async fn seal_and_query(made: &Fresh) {
    let rows = made.unsealed_rows(1).await.unwrap();
    let block = StoredBlock::next(Chain::Main, None, &rows, &AuditKey::generate(1, NOW).unwrap()).unwrap();
    made.commit(batch![ChainOp::Seal { block: Box::new(block), rows: vec![rows[0].id] }]).await.unwrap();
    made.blocks_after(Chain::Main, 0, 1).await.unwrap();
    made.blocks_before(Chain::Main, 9, 1).await.unwrap();
    made.unpruned_blocks(Chain::Main, 1).await.unwrap();
    made.stray_rows(9).await.unwrap();
    assert_eq!(made.sealed_rows(Chain::Main, 1, 1).await.unwrap().len(), 1);
    let row: AuditEntry = audit(&here()).into();
    for by in [
        AuditFilter::All,
        AuditFilter::Realm(here()),
        AuditFilter::User(user_id("ada")),
        AuditFilter::Event(row.event),
        AuditFilter::Actor("ada".to_owned()),
        AuditFilter::Outcome(row.outcome),
        AuditFilter::Request(row.request_id),
        AuditFilter::Session(row.session.unwrap()),
        AuditFilter::Index(row.index.unwrap()),
    ] {
        let (from, before) = (AuditId([0; 16]), AuditId([u8::MAX; 16]));
        let query = AuditQuery { by, from, before, is_backwards: false, limit: 9 };
        assert_eq!(made.audit_query(&query).await.unwrap().len(), 1, "{query:?}");
    }
    made.commit(batch![ChainOp::Prune { chain: Chain::Main, blocks: 1..=1, rows: 1..=1 }]).await.unwrap();
}

/// Adds many other rows, so that plans that examine too many of them are detected.
async fn fill(made: &Fresh) {
    const MANY: usize = 200;
    let name = |n: usize| format!("other-{n}");
    let far = at(100_000_000);
    let others: Vec<Op> = (0..MANY)
        .flat_map(|n| {
            let (id, address) = (name(n), format!("{n}@example.org"));
            let mut begun = session(&here(), &id);
            (begun.user, begun.expires_at, begun.family.idle_until) = (user_id(&id), far, far);
            let mut waits = registration(&here(), &format!("waits-{n}"), &address);
            waits.expires_at = far;
            let mut asked = challenge(&here(), 0);
            (asked.id.0[0], asked.subject, asked.expires_at) = (u8::try_from(n).unwrap(), user_id(&id), far);
            asked.id.0[1] = 1;
            let mut later = message(&id);
            later.due_at = far;
            batch![
                UserOp::Insert(user(&here(), &id, &address)),
                SessionOp::Insert(begun),
                RegistrationOp::Put { row: waits, replaces: Replaces::Exactly(None) },
                ChallengeOp::Insert(asked),
                OutboxOp::Enqueue(later),
            ]
        })
        .collect();
    for some in others.chunks(100) {
        made.commit(some.to_vec()).await.unwrap();
    }
}

#[tokio::test]
async fn no_query_scans_a_whole_collection() {
    let made = make().await;
    fill(&made).await;
    let db = made.database.db().await;
    // The profiler must be set on a connection like those of the store.
    db.run_command(doc! { "profile": 2 }).await.unwrap();
    let store = super::open(&made.database.url).await;
    do_everything(&made).await;
    drop(store);
    db.run_command(doc! { "profile": 0 }).await.unwrap();

    let ours = doc! { "op": { "$in": ["query", "update", "remove", "command", "getmore", "insert"] }, "ns": { "$not": { "$regex": "system" } } };
    let mut profile = db.collection::<Document>("system.profile").find(ours).await.unwrap();
    let (mut asked, mut walks) = (0, Vec::new());
    while profile.advance().await.unwrap() {
        let operation = profile.deserialize_current().unwrap();
        let Some(Bson::String(plan)) = operation.get("planSummary") else { continue };
        asked += 1;
        let looked_at = operation.get_i32("docsExamined").unwrap_or_default();
        let keys = operation.get_i32("keysExamined").unwrap_or_default();
        // Counting scans an index.
        let is_counting = plan.starts_with("COUNT_SCAN");
        if plan.contains("COLLSCAN") || looked_at > 20 || (keys > 20 && !is_counting) {
            walks.push(format!(
                "{} {plan} docs {looked_at} keys {keys} {}",
                operation.get_str("ns").unwrap(),
                operation.get("command").unwrap_or(&Bson::Null)
            ));
        }
    }
    assert!(asked > 50, "{asked}");
    assert!(walks.is_empty(), "{}", walks.join("\n"));
}
