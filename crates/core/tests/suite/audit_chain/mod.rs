//! Blocks of the audit trail, and the findings of their verification.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use portcullis_core::{
    audit::{
        AuditEntry, AuditKey, AuditRow, Block, Chain, Checkpoint, Details, Event, Expected, Fault, PlacedEntry,
        PublicAuditKey, Retention, StoredBlock, Verified, Verifier, canonical_row,
    },
    seal::digest,
    suite::rows::{NOW, at, audit, audit_id, here},
};

mod forged;
mod rotated;

const ROW_LENGTH: usize = 309;
const ROW_HASH: &str = "117a2acdc8bb7fbdba575bbe87e8c1d188bd9c6842fdcf9b7b2258c458f6fb0f";
const BLOCK_HASH: &str = "74313f21f24ba3548de0a9dde4b1962383fec0395df0199a2877fa291a457c72";

const DAY: i64 = 24 * 3600;

/// Three blocks of four rows each.
struct World {
    key: AuditKey,
    blocks: Vec<(StoredBlock, Vec<PlacedEntry>)>,
}

fn entry(number: u8) -> AuditEntry {
    AuditRow { id: audit_id(number.into(), number), at: at(number.into()), ..audit(&here()) }.into()
}

fn placed(stored: &StoredBlock, rows: Vec<AuditEntry>) -> Vec<PlacedEntry> {
    (stored.block.first..).zip(rows).map(|(position, entry)| PlacedEntry { position: Some(position), entry }).collect()
}

impl World {
    fn new() -> Self {
        let mut world = Self { key: AuditKey::generate(1, NOW).unwrap(), blocks: Vec::new() };
        for first in [1, 5, 9] {
            world.add((first..first + 4).map(entry).collect());
        }
        world
    }

    fn add(&mut self, rows: Vec<AuditEntry>) {
        self.add_to(Chain::Main, rows);
    }

    fn add_to(&mut self, chain: Chain, rows: Vec<AuditEntry>) {
        let last = self.blocks.iter().rfind(|(stored, _)| stored.block.chain == chain).map(|(stored, _)| &stored.block);
        let stored = StoredBlock::next(chain, last, &rows, &self.key).unwrap();
        let rows = placed(&stored, rows);
        self.blocks.push((stored, rows));
    }

    /// Adds the row that records the removal of a chain's rows up to a block, `days` days after the first rows were
    /// written.
    fn claim(&mut self, chain: Chain, block: u64, days: i64) {
        let of = Event::AuditPruned;
        let details = Details::default().with(of, "chain", chain.as_str()).with(of, "block", block);
        let (id, at) = (audit_id(days * DAY, 70), at(days * DAY));
        self.add(vec![AuditRow { event: of, details, id, at, ..audit(&here()) }.into()]);
    }

    fn checkpoints(&self) -> Vec<Checkpoint> {
        self.blocks.iter().map(|(stored, _)| Checkpoint::from(&stored.block)).collect()
    }

    fn verify(&self, checkpoints: Vec<Checkpoint>) -> Verified {
        self.verify_from(Some(1), checkpoints)
    }

    fn verify_from(&self, first: Option<u64>, checkpoints: Vec<Checkpoint>) -> Verified {
        self.verify_by(vec![self.key.public().clone()], first, checkpoints)
    }

    fn verify_with(&self, keys: Vec<PublicAuditKey>) -> Verified {
        self.verify_by(keys, Some(1), Vec::new())
    }

    fn verify_by(&self, keys: Vec<PublicAuditKey>, first: Option<u64>, checkpoints: Vec<Checkpoint>) -> Verified {
        let (checkpoints, now, retention) = (checkpoints.into_iter().collect(), at(1000 * DAY), Retention::default());
        let expected = Expected { checkpoints, first, now, retention };
        let mut verifier = Verifier::new(keys, expected);
        for (stored, rows) in &self.blocks {
            verifier.block(stored, rows);
        }
        verifier.finish()
    }

    /// Returns the only finding.
    fn finding(&self, checkpoints: Vec<Checkpoint>) -> (Fault, u64, Option<u64>) {
        let verified = self.verify(checkpoints);
        assert_eq!(verified.findings.len(), 1, "{:?}", verified.findings);
        (verified.findings[0].fault, verified.findings[0].block, verified.findings[0].row)
    }
}

/// Signs a block again, as an attacker with the key could.
fn rewritten(world: &World, from: usize) -> World {
    let mut other = World { key: world.key.clone(), blocks: world.blocks[..from].to_vec() };
    for (_, rows) in &world.blocks[from..] {
        let rows = rows.iter().map(|row| AuditEntry { reason: None, ..row.entry.clone() });
        other.add(rows.collect());
    }
    other
}

/// The expected digests were computed by the script that verifies exports.
#[test]
fn the_bytes_of_a_row_and_of_a_block_are_those_of_another_implementation() {
    let row = AuditRow { node: None, index: None, note: None, ..audit(&here()) };
    let form = canonical_row(7, &row.into());
    let rows = digest([form.as_slice()]);
    assert_eq!(form.len(), ROW_LENGTH);
    let sum = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &form);
    assert_eq!(HEXLOWER.encode(sum.as_ref()), ROW_HASH);
    let block = Block {
        chain: Chain::Main,
        epoch: 1,
        number: 2,
        first: 7,
        last: 7,
        count: 1,
        from: NOW,
        to: NOW,
        rows,
        prev: [9; 32],
        hash: [0; 32],
        kid: String::new(),
        signature: Vec::new(),
    };
    assert_eq!(HEXLOWER.encode(&block.computed_hash()), BLOCK_HASH);
}

#[test]
fn an_intact_chain_is_verified_also_by_its_checkpoints() {
    let world = World::new();
    let verified = world.verify(world.checkpoints());
    assert_eq!((verified.blocks, verified.rows, verified.findings), (3, 12, Vec::new()));
}

#[test]
fn each_change_of_a_row_is_found_and_named() {
    let mut world = World::new();
    let original = world.blocks[1].1.clone();
    world.blocks[1].1[2].entry.outcome = "ok".to_owned();
    assert_eq!(world.finding(Vec::new()), (Fault::RowChanged, 2, Some(7)));
    world.blocks[1].1 = original.clone();
    world.blocks[1].1.remove(1);
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(6)));
    // The rows after it moved up.
    for (row, position) in world.blocks[1].1.iter_mut().zip(5..) {
        row.position = Some(position);
    }
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(6)));
    world.blocks[1].1 = original.clone();
    world.blocks[1].1.insert(3, PlacedEntry { position: Some(8), entry: entry(99) });
    assert_eq!(world.finding(Vec::new()), (Fault::RowAdded, 2, Some(8)));
    world.blocks[1].1 = original.clone();
    world.blocks[1].1.swap(0, 3);
    assert_eq!(world.finding(Vec::new()), (Fault::RowChanged, 2, Some(5)));
    world.blocks[1].1.clear();
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(5)));
    // Exports contain no marks, so the finding only identifies the block, and the row if its position is known.
    world.blocks[1].1 = original;
    world.blocks[1].0.marks.clear();
    world.blocks[1].1.remove(1);
    assert_eq!(world.finding(Vec::new()), (Fault::RowRemoved, 2, Some(6)));
}

#[test]
fn each_change_of_a_block_is_found_and_named() {
    let intact = World::new();
    let mut world = World::new();
    world.key = intact.key.clone();
    world.blocks = intact.blocks.clone();
    world.blocks[1].0.block.count = 3;
    assert_eq!(world.finding(Vec::new()), (Fault::BlockChanged, 2, None));
    world.blocks = intact.blocks.clone();
    world.blocks.remove(1);
    assert_eq!(world.finding(Vec::new()), (Fault::BlockRemoved, 2, None));
    world.blocks = intact.blocks.clone();
    world.blocks.remove(0);
    assert_eq!(world.finding(Vec::new()), (Fault::BlockRemoved, 1, None));
    world.blocks = intact.blocks.clone();
    world.blocks[2].0.block.signature[3] ^= 1;
    assert_eq!(world.finding(Vec::new()), (Fault::Signature, 3, None));
    world.blocks = intact.blocks.clone();
    world.blocks[2].0.block.kid = "au0".to_owned();
    assert_eq!(world.finding(Vec::new()), (Fault::Key, 3, None));
    world.blocks = intact.blocks.clone();
    let again = world.blocks[1].clone();
    world.blocks.insert(2, again);
    assert_eq!(world.finding(Vec::new()), (Fault::BlockOrder, 2, None));
    // Without the first blocks, the rest is a part of a trail.
    world.blocks = intact.blocks[1..].to_vec();
    let verified = world.verify_from(None, Vec::new());
    assert_eq!((verified.findings, verified.covered), (Vec::new(), vec![(Chain::Main, 2, 3)]));
    assert_eq!(world.verify_from(Some(2), Vec::new()).findings, []);
    world.blocks.remove(0);
    let removed = world.verify_from(Some(2), Vec::new()).findings;
    assert_eq!((removed[0].fault, removed[0].block), (Fault::BlockRemoved, 2));
}

#[test]
fn a_chain_that_was_written_anew_with_the_key_is_found_by_the_log() {
    let world = World::new();
    let log = world.checkpoints();
    let other = rewritten(&world, 1);
    assert_eq!(other.verify(Vec::new()).findings, [], "without the log it looks intact");
    let findings = other.verify(log.clone()).findings;
    let found: Vec<_> = findings.iter().map(|finding| (finding.fault, finding.block)).collect();
    assert_eq!(found, [(Fault::Rewritten, 2), (Fault::Rewritten, 3)]);
    let cut = World { key: world.key.clone(), blocks: world.blocks[..2].to_vec() };
    assert_eq!(cut.verify(Vec::new()).findings, []);
    assert_eq!(cut.finding(log.clone()), (Fault::CutOff, 3, None));
    // Two contradicting logs of one chain.
    let both = [log, other.checkpoints()].concat();
    assert!(world.verify(both).findings.iter().any(|finding| finding.fault == Fault::Fork));
}

#[test]
fn a_restore_is_reported_and_is_no_finding() {
    let world = World::new();
    let mut restored = World { key: world.key.clone(), blocks: world.blocks[..2].to_vec() };
    let epoch = StoredBlock::next_epoch(&restored.blocks[1].0.block, at(60), &restored.key).unwrap();
    restored.blocks.push((epoch, Vec::new()));
    restored.add(vec![entry(50)]);
    let verified = restored.verify(world.checkpoints());
    assert_eq!((verified.findings, verified.restores), (Vec::new(), vec![(Chain::Main, 2, 3)]));
    // Without the block that starts the epoch, it is a fork.
    let mut forked = World { key: world.key.clone(), blocks: world.blocks[..2].to_vec() };
    forked.add(vec![entry(50)]);
    assert_eq!(forked.verify(restored.checkpoints()).findings[0].fault, Fault::Fork);
}

#[test]
fn a_checkpoint_is_read_from_logs_of_both_formats() {
    let block = &World::new().blocks[2].0.block;
    let hash = BASE64URL_NOPAD.encode(&block.hash);
    let text = format!(
        "2026-11-29T10:00:00Z  INFO portcullis: audit block sealed chain=\"main\" epoch=1 number=3 first=9 hash=\"{hash}\" kid=\"au1\""
    );
    let json = format!(
        r#"{{"timestamp":"…","level":"INFO","message":"audit block sealed","chain":"main","epoch":1,"number":3,"hash":"{hash}"}}"#
    );
    for line in [text, json] {
        assert_eq!(Checkpoint::parse(&line), Some(Checkpoint::from(block)), "{line}");
    }
    assert_eq!(Checkpoint::parse("INFO database migrated version=14"), None);
}

#[test]
fn reads_of_administrators_have_a_chain_of_their_own() {
    let reads: Vec<_> = Event::ALL.iter().filter(|event| Chain::of(event.as_str()) == Chain::Reads).collect();
    assert_eq!(reads, [&Event::UsersListed, &Event::ProfileRead]);
}
