//! Signing keys: one a name, sealed anew without becoming another, the oldest first.

use super::done;
use crate::{
    batch,
    port::{KeyOp, Op, SigningKeyRow, Store},
    suite::rows::{at, sealed, signing_key},
    token::Algorithm,
};

fn delete(kid: &str) -> Op {
    KeyOp::DeleteSigning { kid: kid.to_owned() }.into()
}

/// All columns survive.
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

/// Whatever their names, and whenever they were written.
pub async fn the_oldest_signing_key_comes_first(store: &dyn Store) {
    for key in [signing_key("b", 5), signing_key("a", 9), signing_key("d", 1), signing_key("c", 7)] {
        done(store, batch![KeyOp::PutSigning(key)]).await;
    }
    let kids: Vec<_> = store.signing_keys().await.unwrap().into_iter().map(|key| key.kid).collect();
    assert_eq!(kids, ["d", "b", "c", "a"]);
}

/// It is the same key still: neither what it signs by nor its age change, nor does its place.
pub async fn a_signing_key_that_is_put_again_changes_its_private_half_only(store: &dyn Store) {
    let (first, second) = (signing_key("first", 0), signing_key("second", 1));
    done(store, [first.clone(), second.clone()].map(|row| KeyOp::PutSigning(row).into())).await;
    let again = sealed("sealed anew");
    let other =
        SigningKeyRow { algorithm: Algorithm::Es256, private: again.clone(), created_at: at(2), ..first.clone() };
    done(store, batch![KeyOp::PutSigning(other)]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [SigningKeyRow { private: again, ..first }, second]);
}

/// One that is not there is gone already.
pub async fn a_signing_key_can_be_deleted(store: &dyn Store) {
    let (first, second) = (signing_key("first", 0), signing_key("second", 1));
    done(store, [first.clone(), second.clone()].map(|row| KeyOp::PutSigning(row).into())).await;
    for gone in ["first", "first", "none"] {
        done(store, [delete(gone)]).await;
        assert_eq!(store.signing_keys().await.unwrap(), std::slice::from_ref(&second));
    }
    // Its name is free for a new one, with its own age.
    let new = SigningKeyRow { algorithm: Algorithm::Rs256, ..signing_key("first", 2) };
    done(store, batch![KeyOp::PutSigning(new.clone())]).await;
    assert_eq!(store.signing_keys().await.unwrap(), [second, new]);
}
