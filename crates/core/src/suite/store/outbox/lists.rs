//! Listing of the outbox, and changes by administrators.

use super::{claimed, finish, only};
use crate::{
    batch,
    message::{
        Channel, MessageKind,
        outbox::{Claimed, DeliveryFault, DeliveryOutcome, OutboxRow},
    },
    port::{Op, OutboxEntry, OutboxOp, OutboxPlace, OutboxQuery, Precondition, Store},
    suite::{
        rows::{NOW, at, here, index, lease, message, outbox_id, there},
        store::{done, fails},
    },
};

fn query() -> OutboxQuery {
    OutboxQuery {
        realm: here(),
        is_dead: false,
        is_retried: None,
        channel: None,
        recipient: None,
        from: None,
        is_backwards: false,
        limit: 9,
    }
}

async fn ids(store: &dyn Store, query: OutboxQuery) -> Vec<String> {
    let entries = store.outbox_page(&query).await.unwrap();
    entries.iter().map(|entry| entry.row.id.as_str().to_owned()).collect()
}

fn sms(id: &str) -> OutboxRow {
    OutboxRow { kind: MessageKind::PhoneCode, ..message(id) }
}

/// Newest first in both directions, separately for each realm and state.
pub async fn messages_are_listed_by_age_and_filters(store: &dyn Store) {
    let rows = [
        OutboxRow { attempts: 2, created_at: at(-3), ..message("old") },
        OutboxRow { created_at: at(-2), ..sms("sms") },
        OutboxRow { created_at: at(-2), ..message("same") },
        message("new"),
        OutboxRow { realm: there(), ..message("elsewhere") },
    ];
    done(store, rows.into_iter().map(|row| OutboxOp::Enqueue(row).into())).await;
    assert_eq!(ids(store, query()).await, ["new", "sms", "same", "old"]);
    let place = |seconds, id: &str| Some(OutboxPlace { created_at: at(seconds), id: id.to_owned() });
    assert_eq!(ids(store, OutboxQuery { from: place(-2, "sms"), limit: 1, ..query() }).await, ["same"]);
    let back = OutboxQuery { from: place(-3, "old"), is_backwards: true, limit: 2, ..query() };
    assert_eq!(ids(store, back).await, ["same", "sms"]);
    assert_eq!(ids(store, OutboxQuery { channel: Some(Channel::Sms), ..query() }).await, ["sms"]);
    assert_eq!(ids(store, OutboxQuery { is_retried: Some(true), ..query() }).await, ["old"]);
    assert_eq!(ids(store, OutboxQuery { is_retried: Some(false), ..query() }).await, ["new", "sms", "same"]);
    let claimed = store.claim(Channel::Sms, 9, &lease("lease", NOW)).await.unwrap();
    let [claimed] = claimed.as_slice() else { panic!("{claimed:?}") };
    let (id, lease) = (claimed.row.id.clone(), claimed.lease.clone());
    done(store, batch![OutboxOp::FinishDelivery { id, lease, outcome: DeliveryOutcome::Dead }]).await;
    assert_eq!(ids(store, OutboxQuery { is_dead: true, ..query() }).await, ["sms"]);
    assert_eq!(ids(store, query()).await, ["new", "same", "old"]);
}

/// A pending message can be made due. An abandoned message can only be removed.
pub async fn a_message_is_read_hastened_and_dropped(store: &dyn Store) {
    let later = OutboxRow { due_at: at(50), ..message("one") };
    let hasten = |id: &str| Op::from(OutboxOp::Hasten { id: outbox_id(id), due_at: NOW });
    let drop = |id: &str| Op::from(OutboxOp::Drop { id: outbox_id(id) });
    fails(store, [hasten("one")], Precondition::MessageThere).await;
    fails(store, [drop("one")], Precondition::MessageThere).await;
    assert_eq!(store.outbox_row(&later.id).await.unwrap(), None);
    done(store, batch![OutboxOp::Enqueue(later.clone())]).await;
    let entry = OutboxEntry { row: later.clone(), is_dead: false, fault: None };
    assert_eq!(store.outbox_row(&later.id).await.unwrap(), Some(entry));
    assert!(store.claim(Channel::Mail, 9, &lease("early", NOW)).await.unwrap().is_empty());
    done(store, [hasten("one")]).await;
    let claimed = store.claim(Channel::Mail, 9, &lease("lease", NOW)).await.unwrap();
    let [claimed] = claimed.as_slice() else { panic!("{claimed:?}") };
    let (id, lease) = (claimed.row.id.clone(), claimed.lease.clone());
    done(store, batch![OutboxOp::FinishDelivery { id, lease, outcome: DeliveryOutcome::Dead }]).await;
    assert!(store.outbox_row(&later.id).await.unwrap().is_some_and(|entry| entry.is_dead));
    fails(store, [hasten("one")], Precondition::MessageThere).await;
    done(store, [drop("one")]).await;
    assert_eq!(store.outbox_row(&later.id).await.unwrap(), None);
}

/// Abandoned messages have no recipient, and those of earlier versions no blind index.
pub async fn messages_are_listed_by_recipient(store: &dyn Store) {
    let [eve, number] = [index("eve@example.org"), index("+12025550143")];
    let rows = [
        OutboxRow { created_at: at(-3), ..message("of-ada") },
        OutboxRow { created_at: at(-2), index: Some(eve), ..message("of-eve") },
        OutboxRow { created_at: at(-1), index: Some(number), ..sms("code-of-eve") },
        OutboxRow { index: None, ..message("earlier") },
    ];
    done(store, rows.into_iter().map(|row| OutboxOp::Enqueue(row).into())).await;
    let of = |recipient| OutboxQuery { recipient: Some(recipient), ..query() };
    assert_eq!(ids(store, of([eve, number])).await, ["code-of-eve", "of-eve"]);
    assert_eq!(ids(store, of([eve, eve])).await, ["of-eve"]);
    let claimed = store.claim(Channel::Sms, 9, &lease("lease", NOW)).await.unwrap();
    let [claimed] = claimed.as_slice() else { panic!("{claimed:?}") };
    done(store, finish(claimed, DeliveryOutcome::Dead)).await;
    assert_eq!(ids(store, OutboxQuery { is_dead: true, ..query() }).await, ["code-of-eve"]);
    assert_eq!(ids(store, OutboxQuery { is_dead: true, ..of([eve, number]) }).await, Vec::<String>::new());
    assert_eq!(ids(store, query()).await.len(), 3);
}

/// Only the holder of the lease records it.
pub async fn a_message_keeps_the_fault_of_its_latest_attempt(store: &dyn Store) {
    let first = claimed(store).await;
    let note = |claimed: &Claimed, fault| {
        Op::from(OutboxOp::NoteFault { id: claimed.row.id.clone(), lease: claimed.lease.clone(), fault })
    };
    let fail = |claimed: &Claimed, fault, outcome| [vec![note(claimed, fault)], finish(claimed, outcome)].concat();
    done(store, fail(&first, DeliveryFault::Failed, DeliveryOutcome::Retry(at(10)))).await;
    let entry = async || store.outbox_row(&first.row.id).await.unwrap().unwrap();
    let seen = entry().await;
    assert_eq!((seen.fault, seen.row.attempts), (Some(DeliveryFault::Failed), 1));
    fails(store, [note(&first, DeliveryFault::Rejected)], Precondition::LeaseHeld).await;
    let second = only(store, "second", at(10)).await.unwrap();
    done(store, fail(&second, DeliveryFault::Throttled, DeliveryOutcome::Dead)).await;
    let seen = entry().await;
    assert_eq!((seen.fault, seen.is_dead), (Some(DeliveryFault::Throttled), true));
    let listed = store.outbox_page(&OutboxQuery { is_dead: true, ..query() }).await.unwrap();
    assert_eq!(listed.iter().map(|entry| entry.fault).collect::<Vec<_>>(), [Some(DeliveryFault::Throttled)]);
}
