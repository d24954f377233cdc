//! Audit keys that take over from earlier ones.

use portcullis_core::{
    audit::{
        Announcement, AuditEntry, AuditKey, AuditRow, Chain, Details, Event, Expected, Fault, PublicAuditKey,
        Retention, Verified, Verifier,
    },
    suite::rows::{NOW, at, audit, audit_id, here},
};

use super::{DAY, World, entry};

/// Returns the row in which a key announces another one, after applying a change to each detail.
fn announced(key: &AuditKey, by: &AuditKey, change: impl Fn(&str, String) -> String) -> AuditEntry {
    let (of, number) = (Event::AuditKeyChanged, 20);
    let details = Announcement::of(key.public(), by).unwrap().details();
    let details =
        details.into_iter().fold(Details::default(), |all, (name, text)| all.with(of, name, change(name, text)));
    AuditRow { event: of, details, id: audit_id(number, 20), at: at(number), ..audit(&here()) }.into()
}

fn as_it_is(_: &str, text: String) -> String {
    text
}

/// Returns the faults found by a verifier that trusts only this key, with their blocks.
fn found(world: &World, trusted: &AuditKey) -> Vec<(Fault, Chain, u64)> {
    places(&world.verify_with(public(&[trusted])))
}

fn public(keys: &[&AuditKey]) -> Vec<PublicAuditKey> {
    keys.iter().map(|key| key.public().clone()).collect()
}

fn places(verified: &Verified) -> Vec<(Fault, Chain, u64)> {
    verified.findings.iter().map(|finding| (finding.fault, finding.chain, finding.block)).collect()
}

/// Returns the findings of a verification of the database, which stores these keys.
fn found_at_present(world: &World, stored: &[&AuditKey]) -> Vec<(Fault, Chain, u64)> {
    let (checkpoints, now, retention) = ([].into_iter().collect(), at(1000 * DAY), Retention::default());
    let mut verifier = Verifier::new(public(stored), Expected { checkpoints, first: Some(1), now, retention });
    verifier.take_present();
    world.blocks.iter().for_each(|(stored, rows)| verifier.block(stored, rows));
    places(&verifier.finish())
}

/// Three blocks of the first key, the announcement of the second one, and a block of it in each chain.
fn rotated(announcement: impl Fn(&AuditKey, &AuditKey) -> AuditEntry) -> (World, AuditKey) {
    let (mut world, next) = (World::new(), AuditKey::generate(2, NOW).unwrap());
    world.add(vec![announcement(&next, &world.key)]);
    let first = std::mem::replace(&mut world.key, next);
    world.add(vec![entry(21)]);
    world.add_to(Chain::Reads, vec![entry(22)]);
    // Exports contain the chain of read access first.
    world.blocks.rotate_right(1);
    (world, first)
}

#[test]
fn a_key_that_a_trusted_one_has_announced_is_trusted_in_both_chains() {
    let (mut world, first) = rotated(|next, by| announced(next, by, as_it_is));
    assert_eq!(found(&world, &first), []);
    let second = world.key.clone();
    let both = vec![first.public().clone(), second.public().clone()];
    assert_eq!(world.verify_with(both).findings, []);
    // The newest key alone does not verify what earlier ones signed.
    let faults = found(&world, &second);
    assert_eq!(faults, [1, 2, 3, 4].map(|block| (Fault::Key, Chain::Main, block)));
    // A third one.
    let third = AuditKey::generate(3, NOW).unwrap();
    world.add(vec![announced(&third, &second, as_it_is)]);
    world.key = third;
    world.add(vec![entry(23)]);
    assert_eq!(found(&world, &first), []);
}

#[test]
fn a_key_that_no_trusted_one_has_signed_is_refused() {
    let unknown = [(Fault::Key, Chain::Reads, 1), (Fault::Key, Chain::Main, 5)];
    let sorted = |mut found: Vec<(Fault, Chain, u64)>| {
        found.sort_by_key(|(_, chain, block)| (*chain == Chain::Main, *block));
        found
    };
    let foreign = AuditKey::generate(1, NOW).unwrap();
    let (world, first) = rotated(|next, _| announced(next, &foreign, as_it_is));
    assert_eq!(sorted(found(&world, &first)), unknown, "announced by a foreign key");
    // An attacker with the database adds a row that says that the trusted key has signed it.
    let (world, first) = rotated(|next, by| {
        let kid = by.kid().to_owned();
        announced(next, &foreign, |name, text| if name == "by" { kid.clone() } else { text })
    });
    assert_eq!(sorted(found(&world, &first)), unknown, "a signature of a foreign key");
    let (world, first) = rotated(|next, by| {
        let other = Announcement::of(foreign.public(), by).unwrap().details()[1].1.clone();
        announced(next, by, |name, text| if name == "public_key" { other.clone() } else { text })
    });
    let faults = sorted(found(&world, &first));
    assert_eq!(faults, unknown, "a signature of another key");
    let (world, first) = rotated(|_, _| entry(20));
    assert_eq!(sorted(found(&world, &first)), unknown, "no announcement");
}

#[test]
fn after_the_announcement_the_earlier_key_signs_no_more_blocks() {
    let (mut world, first) = rotated(|next, by| announced(next, by, as_it_is));
    let trusted = vec![first.public().clone(), world.key.public().clone()];
    world.key = first;
    world.add(vec![entry(23)]);
    let verified = world.verify_with(trusted);
    assert_eq!(
        verified.findings.iter().map(|finding| (finding.fault, finding.block)).collect::<Vec<_>>(),
        [(Fault::Key, 6)]
    );
}

/// An attacker with the earlier key and the database can add such a row, and the server seals it.
#[test]
fn an_announcement_by_an_earlier_key_in_a_block_of_the_new_one_is_not_believed() {
    let (mut world, first) = rotated(|next, by| announced(next, by, as_it_is));
    let (second, third) = (world.key.clone(), AuditKey::generate(3, NOW).unwrap());
    world.add(vec![announced(&third, &first, as_it_is)]);
    world.key = third;
    world.add(vec![entry(23)]);
    world.add_to(Chain::Reads, vec![entry(24)]);
    let unknown = [(Fault::Key, Chain::Main, 7), (Fault::Key, Chain::Reads, 2)];
    assert_eq!(found(&world, &first), unknown);
    assert_eq!(places(&world.verify_with(public(&[&first, &second]))), unknown);
}

#[test]
fn an_announcement_in_the_chain_of_read_access_is_not_believed() {
    let (mut world, next) = (World::new(), AuditKey::generate(2, NOW).unwrap());
    world.add_to(Chain::Reads, vec![announced(&next, &world.key, as_it_is)]);
    let first = std::mem::replace(&mut world.key, next);
    world.add(vec![entry(21)]);
    world.add_to(Chain::Reads, vec![entry(22)]);
    assert_eq!(found(&world, &first), [(Fault::Key, Chain::Main, 4), (Fault::Key, Chain::Reads, 2)]);
}

#[test]
fn an_earlier_key_signs_no_block_after_one_of_a_later_key_even_without_the_announcement() {
    let (mut world, first) = rotated(|_, _| entry(20));
    let second = std::mem::replace(&mut world.key, first.clone());
    assert_eq!(world.verify_with(public(&[&first, &second])).findings, []);
    world.add(vec![entry(23)]);
    world.add_to(Chain::Reads, vec![entry(24)]);
    let earlier = [(Fault::Key, Chain::Main, 6), (Fault::Key, Chain::Reads, 2)];
    assert_eq!(places(&world.verify_with(public(&[&first, &second]))), earlier);
    // The chain of read access is read before the chain that announces the second key.
    let (mut world, first) = rotated(|next, by| announced(next, by, as_it_is));
    world.key = first.clone();
    world.add_to(Chain::Reads, vec![entry(23)]);
    world.blocks.rotate_right(1);
    world.blocks.swap(0, 1);
    assert_eq!(found(&world, &first), [(Fault::Key, Chain::Reads, 2)]);
}

#[test]
fn the_newest_key_signs_the_end_of_the_database_or_is_announced_there() {
    let (mut world, second) = (World::new(), AuditKey::generate(2, NOW).unwrap());
    let first = world.key.clone();
    assert_eq!(found_at_present(&world, &[&first]), []);
    // Without the announcement, which is stored with the key.
    assert_eq!(found_at_present(&world, &[&first, &second]), [(Fault::Key, Chain::Main, 3)]);
    world.add(vec![announced(&second, &first, as_it_is)]);
    assert_eq!(found_at_present(&world, &[&first, &second]), []);
    // The key was changed after the keys were read.
    assert_eq!(found_at_present(&world, &[&first]), []);
    // The earlier key has announced another one instead.
    world.blocks.truncate(3);
    let foreign = AuditKey::generate(2, NOW).unwrap();
    world.add(vec![announced(&foreign, &first, as_it_is)]);
    world.key = foreign;
    world.add(vec![entry(21)]);
    assert_eq!(found_at_present(&world, &[&first, &second]), [(Fault::Key, Chain::Main, 5)]);
}
