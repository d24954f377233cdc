//! Root keys and signing keys.

use super::{done, fails, one_wins};
use crate::{
    batch,
    id::RealmName,
    port::{KeyOp, Op, Precondition, RootKeyRow, SigningKeyRow, Store},
    suite::rows::{at, here, root_key, sealed, signing_key, there},
    token::Algorithm,
};

/// There is one per realm.
pub async fn root_keys_are_read_as_written(store: &dyn Store) {
    assert_eq!(store.root_keys().await.unwrap(), []);
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 1)), KeyOp::PutRoot(root_key(&there(), 1))]).await;
    let mut keys = store.root_keys().await.unwrap();
    keys.sort_by(|a, b| a.realm.cmp(&b.realm));
    assert_eq!(keys, [root_key(&here(), 1), root_key(&there(), 1)]);
}

/// A missing key cannot be rewrapped.
pub async fn a_root_key_starts_at_the_first_revision(store: &dyn Store) {
    for wrong in [0, 2] {
        fails(store, batch![KeyOp::PutRoot(root_key(&here(), wrong))], Precondition::RootKeyRevision).await;
    }
    assert_eq!(store.root_keys().await.unwrap(), []);
}

/// The new revision must be exactly one higher: the same revision and a gap are rejected.
pub async fn a_root_key_follows_its_revision(store: &dyn Store) {
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 1))]).await;
    done(store, batch![KeyOp::PutRoot(root_key(&here(), 2))]).await;
    for wrong in [1, 2, 4] {
        let other = RootKeyRow { wrapped: sealed("another"), ..root_key(&here(), wrong) };
        fails(store, batch![KeyOp::PutRoot(other)], Precondition::RootKeyRevision).await;
    }
    assert_eq!(store.root_keys().await.unwrap(), [root_key(&here(), 2)]);
}

/// Fifty processes that start concurrently agree on one key.
pub async fn of_fifty_first_root_keys_one_is_written(store: &dyn Store) {
    let keys = (0..50).map(|n| RootKeyRow { wrapped: sealed(&format!("key {n}")), ..root_key(&here(), 1) });
    one_wins(store, keys.map(|row| KeyOp::PutRoot(row).into()), Precondition::RootKeyRevision).await;
    assert_eq!(store.root_keys().await.unwrap().len(), 1);
}

/// The list of reserved names may have grown since the realm was created.
pub async fn a_realm_with_a_reserved_name_is_read(store: &dyn Store) {
    let row = RootKeyRow { realm: RealmName::from_stored("metrics").unwrap(), ..root_key(&here(), 1) };
    done(store, batch![KeyOp::PutRoot(row.clone())]).await;
    assert_eq!(store.root_keys().await.unwrap(), [row]);
}

fn delete(kid: &str) -> Op {
    KeyOp::DeleteSigning { kid: kid.to_owned() }.into()
}

pub async fn signing_keys_are_read_as_written(store: &dyn Store) {
    assert_eq!(store.signing_keys().await.unwrap(), []);
    let keys = [
        signing_key("one", -10),
        SigningKeyRow { algorithm: Algorithm::Es256, ..signing_key("Two_-", 0) },
        SigningKeyRow { algorithm: Algorithm::Rs256, ..signing_key("three", 10) },
    ];
    done(store, keys.clone().map(|row| KeyOp::PutSigning(row).into())).await;
    assert_eq!(store.signing_keys().await.unwrap(), keys);
}

/// Neither key ids nor the order of insertion matter.
pub async fn the_oldest_signing_key_comes_first(store: &dyn Store) {
    for key in [signing_key("b", 5), signing_key("a", 9), signing_key("d", 1), signing_key("c", 7)] {
        done(store, batch![KeyOp::PutSigning(key)]).await;
    }
    let kids: Vec<_> = store.signing_keys().await.unwrap().into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["d", "b", "c", "a"]);
}

/// The algorithm, the creation time and the order of the key do not change.
pub async fn rewriting_a_signing_key_changes_only_its_private_key(store: &dyn Store) {
    let (first, second) = (signing_key("first", 0), signing_key("second", 1));
    done(store, [first.clone(), second.clone()].map(|row| KeyOp::PutSigning(row).into())).await;
    let again = sealed("sealed anew");
    let other =
        SigningKeyRow { algorithm: Algorithm::Es256, private: again.clone(), created_at: at(2), ..first.clone() };
    done(store, batch![KeyOp::PutSigning(other)]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [SigningKeyRow { private: again, ..first }, second]);
}

/// The check fails also in a batch that removes the key itself.
pub async fn a_signing_key_can_be_required(store: &dyn Store) {
    let require = |kid: &str| KeyOp::RequireSigning { kid: kid.to_owned() };
    fails(store, batch![require("one")], Precondition::SigningKeyThere).await;
    done(store, batch![KeyOp::PutSigning(signing_key("one", 0))]).await;
    done(store, batch![require("one")]).await;
    fails(store, batch![KeyOp::DeleteSigning { kid: "one".to_owned() }, require("one")], Precondition::SigningKeyThere)
        .await;
    assert_eq!(store.signing_keys().await.unwrap(), [signing_key("one", 0)]);
}

/// Deleting a missing key succeeds.
pub async fn a_signing_key_can_be_deleted(store: &dyn Store) {
    let (first, second) = (signing_key("first", 0), signing_key("second", 1));
    done(store, [first.clone(), second.clone()].map(|row| KeyOp::PutSigning(row).into())).await;
    for gone in ["first", "first", "none"] {
        done(store, [delete(gone)]).await;
        assert_eq!(store.signing_keys().await.unwrap(), std::slice::from_ref(&second));
    }
    // Its key id can be reused by a new key with its own creation time.
    let new = SigningKeyRow { algorithm: Algorithm::Rs256, ..signing_key("first", 2) };
    done(store, batch![KeyOp::PutSigning(new.clone())]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [second, new]);
}
