use portcullis_core::{
    account::email::EmailAddress,
    id::UserId,
    seal::{EncryptionKey, RootKey, Sealed, Unsealable},
};
use proptest::prelude::*;

use crate::support::{ctx, keys, realm};

fn user(name: &str) -> UserId {
    UserId::parse(name).unwrap()
}

#[test]
fn sealed_data_opens_in_its_own_context_only() {
    let (ctx, keys) = (ctx(1), keys("User1", 1));
    let (key, wrapped) = keys.new_data_key(&ctx, &user("anna"));
    let sealed = key.seal(&ctx, "profile", b"secret");
    let again = keys.open_data_key(&user("anna"), &wrapped).unwrap();
    assert_eq!(&**again.open("profile", &sealed).unwrap(), b"secret");
    assert_eq!(again.open("password", &sealed).unwrap_err(), Unsealable);
    assert!(keys.open_data_key(&user("bert"), &wrapped).is_err());
    assert!(super::support::keys("User2", 1).open_data_key(&user("anna"), &wrapped).is_err());
}

#[test]
fn the_same_plaintext_seals_differently_each_time() {
    let (ctx, keys) = (ctx(1), keys("User1", 1));
    let (key, _) = keys.new_data_key(&ctx, &user("anna"));
    assert_ne!(key.seal(&ctx, "profile", b"secret"), key.seal(&ctx, "profile", b"secret"));
}

#[test]
fn a_root_key_opens_under_the_key_that_wrapped_it_and_in_its_realm() {
    let ctx = ctx(1);
    let (one, other) = (EncryptionKey::from_bytes([1; 32]), EncryptionKey::from_bytes([2; 32]));
    let wrapped = one.wrap(&ctx, &realm("User1"), &RootKey::random(&ctx));
    assert!(one.unwrap(&realm("User1"), &wrapped).is_ok());
    assert!(one.unwrap(&realm("User2"), &wrapped).is_err());
    assert!(other.unwrap(&realm("User1"), &wrapped).is_err());
}

#[test]
fn an_address_has_one_index_per_realm() {
    let email = EmailAddress::parse("john@example.com").unwrap();
    let here = keys("User1", 1);
    assert_eq!(email.blind_index(&here), email.blind_index(&here));
    assert_ne!(email.blind_index(&here), email.blind_index(&keys("User2", 1)));
    assert_ne!(email.blind_index(&here), email.blind_index(&keys("User1", 2)));
}

proptest! {
    #[test]
    fn damage_is_noticed(plain: Vec<u8>, at: prop::sample::Index, bit in 0_u8..8) {
        let (ctx, keys) = (ctx(1), keys("User1", 1));
        let (key, _) = keys.new_data_key(&ctx, &user("anna"));
        let sealed = key.seal(&ctx, "profile", &plain);
        prop_assert_eq!(&**key.open("profile", &sealed).unwrap(), &plain[..]);
        let mut bytes = sealed.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert_eq!(key.open("profile", &Sealed::from_bytes(bytes)), Err(Unsealable));
    }

    #[test]
    fn any_bytes_open_or_fail_without_a_panic(bytes: Vec<u8>) {
        let (ctx, keys) = (ctx(1), keys("User1", 1));
        let (key, _) = keys.new_data_key(&ctx, &user("anna"));
        prop_assert!(key.open("profile", &Sealed::from_bytes(bytes)).is_err());
    }
}
