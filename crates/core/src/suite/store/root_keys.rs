//! Root keys: never written over by somebody who has not seen them.

use super::{done, fails, one_wins};
use crate::{
    batch,
    id::RealmName,
    port::{KeyOp, Precondition, RootKeyRow, Store},
    suite::rows::{here, root_key, sealed, there},
};

/// One a realm.
pub async fn root_keys_are_read_as_written(store: &dyn Store) {
    assert_eq!(store.root_keys().await.unwrap(), []);
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 1)), KeyOp::PutRoot(root_key(&there(), 1))]).await;
    let mut keys = store.root_keys().await.unwrap();
    keys.sort_by(|a, b| a.realm.cmp(&b.realm));
    assert_eq!(keys, [root_key(&here(), 1), root_key(&there(), 1)]);
}

/// Whoever believes to wrap anew what is not there is mistaken.
pub async fn a_root_key_begins_at_the_first_revision(store: &dyn Store) {
    for wrong in [0, 2] {
        fails(store, batch![KeyOp::PutRoot(root_key(&here(), wrong))], Precondition::RootKeyRevision).await;
    }
    assert_eq!(store.root_keys().await.unwrap(), []);
}

/// Neither the same nor one that skips.
pub async fn a_root_key_follows_its_revision(store: &dyn Store) {
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 1))]).await;
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 2))]).await;
    for wrong in [1, 2, 4] {
        let other = RootKeyRow { wrapped: sealed("another"), ..root_key(&here(), wrong) };
        fails(store, batch![KeyOp::PutRoot(other)], Precondition::RootKeyRevision).await;
    }
    assert_eq!(store.root_keys().await.unwrap(), [root_key(&here(), 2)]);
}

/// Fifty processes that start at once agree on one key.
pub async fn of_fifty_first_root_keys_one_is_written(store: &dyn Store) {
    let keys = (0..50).map(|n| RootKeyRow { wrapped: sealed(&format!("key {n}")), ..root_key(&here(), 1) });
    one_wins(store, keys.map(|row| KeyOp::PutRoot(row).into()), Precondition::RootKeyRevision).await;
    assert_eq!(store.root_keys().await.unwrap().len(), 1);
}

/// The list of reserved names may have grown since the realm was made.
pub async fn a_realm_with_a_reserved_name_is_read(store: &dyn Store) {
    let row = RootKeyRow { realm: RealmName::from_stored("metrics").unwrap(), ..root_key(&here(), 1) };
    done(store, batch![KeyOp::PutRoot(row.clone())]).await;
    assert_eq!(store.root_keys().await.unwrap(), [row]);
}
