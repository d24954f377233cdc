//! Orphaned transactions of crashed processes.

use std::time::Instant;

use mongodb::{
    Client,
    bson::{Bson, Document, doc},
    options::{ClientOptions, ReadConcern, WriteConcern},
};
use portcullis_core::{
    account::User,
    batch,
    port::{SessionOp, Sessions, Store, UserOp, Users},
    suite::rows::{here, revocation, session, session_id, user, user_id},
};

use super::{Fresh, TIMEOUT, make, open};

/// Changes a document within a transaction that is neither committed nor aborted.
async fn die_over(made: &Fresh, of: &str, id: impl Into<Bson>) -> Client {
    let mut options = ClientOptions::parse(&made.database.url).await.unwrap();
    options.app_name = Some("portcullis".to_owned());
    let client = Client::with_options(options).unwrap();
    let mut session = client.start_session().await.unwrap();
    session
        .start_transaction()
        .read_concern(ReadConcern::snapshot())
        .write_concern(WriteConcern::majority())
        .await
        .unwrap();
    let documents = client.database(&made.database.name).collection::<Document>(of);
    let touch = doc! { "$inc": { "touched": 1 } };
    let touched = documents.update_one(doc! { "_id": id.into() }, touch).session(&mut session).await.unwrap();
    assert_eq!(touched.matched_count, 1);
    // A process that crashes does not abort its transaction.
    std::mem::forget(session);
    client
}

#[tokio::test]
async fn the_transaction_of_a_dead_process_does_not_block_for_long() {
    let made = make().await;
    let store = open(&made.database.url).await;
    let ada = user(&here(), "ada", "ada@example.org");
    let sessions = ["one", "two"].map(|name| SessionOp::Insert(session(&here(), name)).into());
    store.commit([batch![UserOp::Insert(ada.clone())], sessions.to_vec()].concat()).await.unwrap();

    let one = doc! { "realm": here().as_str(), "id": session_id("one").as_str() };
    let dead = [die_over(&made, "User1", "ada").await, die_over(&made, "sessions", one).await];
    let begun = Instant::now();
    let change = UserOp::Update(User { revision: 2, ..ada }).into();
    let (changed, ended) =
        tokio::join!(store.commit(vec![change]), store.commit(batch![SessionOp::End(revocation(&here(), "one"))]));
    changed.unwrap();
    ended.unwrap();
    assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());

    // Later batches are not blocked.
    let begun = Instant::now();
    store.commit(batch![SessionOp::End(revocation(&here(), "two"))]).await.unwrap();
    assert!(begun.elapsed() < TIMEOUT, "{:?}", begun.elapsed());
    assert_eq!(store.user(&here(), &user_id("ada")).await.unwrap().unwrap().revision, 2);
    assert_eq!(store.session(&here(), &session_id("one")).await.unwrap(), None);
    drop(dead);
}
