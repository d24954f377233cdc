//! The outbox and the audit trail, as stored in the database.

use mongodb::bson::{Binary, DateTime, doc, spec::BinarySubtype};
use portcullis_core::{
    batch,
    message::{Channel, outbox::DeliveryOutcome},
    port::{Outbox, OutboxOp, OutboxState, Store},
    suite::rows::{NOW, audit, here, lease, message},
};

use super::make;

#[tokio::test]
async fn an_unreadable_message_does_not_block_the_others() {
    let made = make().await;
    let outbox = made.documents("outbox").await;
    made.commit(["a", "b", "c"].map(|id| OutboxOp::Enqueue(message(id)).into()).into()).await.unwrap();
    let unknown = doc! { "$set": { "kind": "of_a_newer_version", "due_at": DateTime::from_millis(0) } };
    outbox.update_one(doc! { "_id": "b" }, unknown).await.unwrap();

    let claimed = made.claim(Channel::Mail, 2, &lease("first", NOW)).await.unwrap();
    let ids: Vec<_> = claimed.iter().map(|claimed| claimed.row.id.as_str()).collect();
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(made.claim(Channel::Mail, 2, &lease("second", NOW)).await.unwrap(), []);
    let counted = OutboxState { waiting: 2, dead: 1, oldest: Some(NOW) };
    assert_eq!(made.outbox_state(NOW).await.unwrap(), counted);
}

#[tokio::test]
async fn finished_messages_leave_no_recipient() {
    let made = make().await;
    let outbox = made.documents("outbox").await;
    made.commit(["done", "dead", "waits"].map(|id| OutboxOp::Enqueue(message(id)).into()).into()).await.unwrap();
    let recipient = |bytes: &[u8]| Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() };
    for claimed in made.claim(Channel::Mail, 3, &lease("first", NOW)).await.unwrap() {
        let outcome = match claimed.row.id.as_str() {
            "done" => DeliveryOutcome::Done,
            "dead" => DeliveryOutcome::Dead,
            _ => DeliveryOutcome::Release,
        };
        made.commit(batch![OutboxOp::FinishDelivery { id: claimed.row.id, lease: claimed.lease, outcome }])
            .await
            .unwrap();
    }
    assert_eq!(outbox.find_one(doc! { "_id": "done" }).await.unwrap(), None);
    let with = doc! { "recipient": { "$ne": recipient(b"") } };
    assert_eq!(outbox.count_documents(with).await.unwrap(), 1);
    let dead = outbox.find_one(doc! { "_id": "dead" }).await.unwrap().unwrap();
    assert!(!dead.contains_key("lease_id") && !dead.contains_key("lease_until"), "{dead}");
}

#[tokio::test]
async fn the_audit_trail_is_appended_to() {
    let made = make().await;
    made.commit(batch![audit(&here())]).await.unwrap();
    let mut row = made.documents("audit").await.find_one(doc! {}).await.unwrap().unwrap();
    row.remove("_id");
    let binary = |bytes: &[u8]| Binary { subtype: BinarySubtype::Generic, bytes: bytes.to_vec() };
    let index = binary(&audit(&here()).index.unwrap().0);
    let wanted = doc! {
        "id": binary(&audit(&here()).id.0),
        "at": DateTime::from_millis(NOW.millis()),
        "realm": "User1",
        "event": "login_refused",
        "outcome": "refused",
        "reason": "wrong_password",
        "rule": "LIMIT_PASSWORDS_ACCOUNT",
        "actor_kind": "user",
        "actor_id": "ada",
        "user_id": "ada",
        "blind_index": index,
        "session_id": "session",
        "request_id": "request",
        "node": "node",
        "details": r#"{"requests":["first","second"]}"#,
        "client": binary(b"client"),
        "note": binary(b"note"),
        "count": 2_i64,
    };
    assert_eq!(row, wanted);
}
