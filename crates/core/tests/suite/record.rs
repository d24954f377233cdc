use portcullis_core::{
    clock::Timestamp,
    id::UserId,
    record::{Record, RecordKeys, RecordKind, RecordRow},
    seal::RealmKeys,
};

use crate::support::{ctx, keys, realm};

#[derive(Debug, PartialEq)]
struct Note {
    name: String,
    owner: Option<UserId>,
    text: String,
}

impl Record for Note {
    const KIND: RecordKind = RecordKind::Sample;

    fn key(&self) -> String {
        self.name.clone()
    }

    fn owner(&self) -> Option<&UserId> {
        self.owner.as_ref()
    }

    fn expires_at(&self) -> Option<Timestamp> {
        None
    }

    fn to_bytes(&self) -> Vec<u8> {
        self.text.as_bytes().to_vec()
    }

    fn from_bytes(key: &str, bytes: &[u8]) -> Option<Self> {
        Some(Self { name: key.to_owned(), owner: None, text: std::str::from_utf8(bytes).ok()?.to_owned() })
    }
}

fn note() -> Note {
    Note { name: "one".to_owned(), owner: None, text: "hello".to_owned() }
}

#[test]
fn a_record_without_an_owner_opens_at_its_own_place_only() {
    let (keys, others) = (keys("User1", 1), keys("User2", 1));
    let row = note().seal(&ctx(1), &realm("User1"), RecordKeys::Realm(&keys));
    assert_eq!(Note::open(&row, RecordKeys::Realm(&keys)).unwrap(), note());
    assert!(Note::open(&row, RecordKeys::Realm(&others)).is_err());
    for moved in
        [RecordRow { key: "two".to_owned(), ..row.clone() }, RecordRow { kind: RecordKind::OtherSample, ..row.clone() }]
    {
        assert!(Note::open(&moved, RecordKeys::Realm(&keys)).is_err());
    }
}

#[test]
fn a_record_of_a_user_opens_with_the_users_data_key_only() {
    let keys: RealmKeys = keys("User1", 1);
    let (ada, bob) = (UserId::parse("ada").unwrap(), UserId::parse("bob").unwrap());
    let (ada_key, _) = keys.new_data_key(&ctx(1), &ada);
    let (bob_key, _) = keys.new_data_key(&ctx(1), &bob);
    let row = Note { owner: Some(ada), ..note() }.seal(&ctx(2), &realm("User1"), RecordKeys::Owner(&ada_key));
    assert_eq!(Note::open(&row, RecordKeys::Owner(&ada_key)).unwrap().text, "hello");
    assert!(Note::open(&row, RecordKeys::Owner(&bob_key)).is_err());
    assert!(Note::open(&row, RecordKeys::Realm(&keys)).is_err());
}

#[test]
fn the_stored_string_of_each_kind_parses() {
    for kind in RecordKind::ALL {
        assert_eq!(RecordKind::parse(kind.as_str()), Some(*kind));
    }
    assert_eq!(RecordKind::parse("unknown"), None);
}
