//! Missing rows, and rows forged by an attacker who can write to the database.

use portcullis_core::{
    audit::{AuditEntry, AuditRow, Block, Chain, Expected, Fault, Retention, Verifier},
    suite::rows::{at, audit, here},
};

use super::{DAY, World, entry};

#[test]
fn rows_removed_by_retention_are_no_finding_if_the_trail_records_it() {
    let mut world = World::new();
    world.blocks[0].1.clear();
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 1, Some(1)));
    world.claim(Chain::Main, 1, 401);
    let verified = world.verify(Vec::new());
    assert_eq!((verified.findings, verified.pruned), (Vec::new(), vec![(Chain::Main, 1)]));
    world.blocks[1].1.clear();
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(5)), "more than retention removed");
    world.blocks[2].1.clear();
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(5)), "one gap");
}

#[test]
fn a_row_about_retention_is_believed_only_if_it_is_sealed_and_the_rows_were_old_enough() {
    let stripped = |days: i64| {
        let mut world = World::new();
        world.claim(Chain::Main, 3, days);
        world.blocks[..3].iter_mut().for_each(|(_, rows)| rows.clear());
        world
    };
    assert_eq!(stripped(401).verify(Vec::new()).findings, []);
    // The rows were too young, even if the server itself sealed the row.
    assert_eq!(stripped(399).finding(Vec::new()), (Fault::RowRemoved, 1, Some(1)));
    // The row is dated in the future.
    assert_eq!(stripped(2000).verify(Vec::new()).findings.len(), 0, "the time of the verification decides");
    let mut world = stripped(401);
    let (key, checkpoints) = (world.key.public().clone(), [].into_iter().collect());
    let early = Expected { checkpoints, first: Some(1), now: at(399 * DAY), retention: Retention::default() };
    let mut verifier = Verifier::new([key], early);
    world.blocks.iter().for_each(|(stored, rows)| verifier.block(stored, rows));
    assert_eq!(verifier.finish().findings[0].fault, Fault::RowRemoved);
    // The signature of the row's block is invalid.
    world.blocks[3].0.block.signature[3] ^= 1;
    let found: Vec<Fault> = world.verify(Vec::new()).findings.iter().map(|finding| finding.fault).collect();
    assert_eq!(found, [Fault::Signature, Fault::RowRemoved]);
}

/// Each chain has its own retention. The rows about removals from the chain of read access are in the main chain.
#[test]
fn the_main_chain_records_removals_from_the_other_chain() {
    let mut world = World::new();
    world.add_to(Chain::Reads, vec![entry(20)]);
    world.blocks[3].1.clear();
    let found = &world.verify(Vec::new()).findings[0];
    assert_eq!((found.fault, found.chain), (Fault::RowRemoved, Chain::Reads));
    world.claim(Chain::Reads, 1, 91);
    assert_eq!(world.verify(Vec::new()).findings, []);
}

/// Otherwise, a single row with a wrong time would block the retention of all others.
#[test]
fn a_block_from_the_future_is_over_with_the_next_one() {
    let mut world = World::new();
    world.add(vec![AuditRow { at: at(5000 * DAY), ..audit(&here()) }.into()]);
    world.add(vec![entry(40)]);
    world.claim(Chain::Main, 5, 401);
    world.blocks[..5].iter_mut().for_each(|(_, rows)| rows.clear());
    let found = world.verify(Vec::new()).findings;
    let found: Vec<_> = found.iter().map(|finding| (finding.fault, finding.block)).collect();
    assert_eq!(found, [(Fault::Backdated, 5)], "that the times are wrong is reported, and nothing is missing");
}

#[test]
fn a_chain_that_was_removed_whole_is_found_by_the_log() {
    let mut world = World::new();
    world.add_to(Chain::Reads, vec![entry(20)]);
    world.add_to(Chain::Reads, vec![entry(21)]);
    let log = world.checkpoints();
    assert_eq!(world.verify(log.clone()).findings, []);
    for gone in Chain::ALL {
        let (key, mut blocks) = (world.key.clone(), world.blocks.clone());
        blocks.retain(|(stored, _)| stored.block.chain != gone);
        let found = World { key, blocks }.verify(log.clone()).findings;
        let found: Vec<_> = found.iter().map(|finding| (finding.fault, finding.chain, finding.block)).collect();
        assert_eq!(found, [(Fault::CutOff, gone, 1)]);
    }
}

#[test]
fn rows_that_were_written_afterwards_are_found_by_their_time() {
    let mut world = World::new();
    world.add(vec![AuditRow { at: at(9 - 200), ..audit(&here()) }.into()]);
    assert_eq!(world.verify(Vec::new()).findings, [], "a request takes time");
    world.add(vec![AuditRow { at: at(9 - 600), ..audit(&here()) }.into()]);
    assert_eq!(world.finding(Vec::new()), (Fault::Backdated, 5, None));
}

/// `user` with `a:b` has the same bytes as `user:a` with `b`, and a missing identifier has the same bytes as an empty
/// one.
#[test]
fn an_actor_that_has_the_bytes_of_another_is_found() {
    for (kind, id) in [("user:a", Some("b")), ("user:a:b", Some("")), ("user", Some("a:b:"))] {
        let mut world = World::new();
        let entry = AuditEntry { actor_id: Some("a:b".to_owned()), actor_kind: "user".to_owned(), ..entry(12) };
        world.add(vec![entry]);
        assert_eq!(world.verify(Vec::new()).findings, []);
        let row = &mut world.blocks[3].1[0].entry;
        (row.actor_kind, row.actor_id) = (kind.to_owned(), id.map(str::to_owned));
        assert_eq!(world.finding(Vec::new()), (Fault::RowChanged, 4, Some(13)), "{kind}");
    }
    let mut world = World::new();
    world.add(vec![AuditEntry { actor_id: None, ..entry(12) }]);
    world.blocks[3].1[0].entry.actor_id = Some(String::new());
    assert_eq!(world.finding(Vec::new()), (Fault::RowChanged, 4, Some(13)));
}

#[test]
fn a_chain_starts_with_the_first_row_of_the_first_epoch() {
    let changes: [fn(&mut Block); 3] = [|block| block.first = 2, |block| block.epoch = 2, |block| block.prev = [1; 32]];
    for change in changes {
        let mut world = World::new();
        change(&mut world.blocks[0].0.block);
        let found = world.verify(Vec::new()).findings;
        assert_eq!(found[0].fault, Fault::BlockOrder);
    }
}
