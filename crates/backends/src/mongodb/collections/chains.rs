//! The chains of signed blocks that seal the audit trail.

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};
use portcullis_core::{
    audit::{AuditEntry, AuditId, Block, Chain, PlacedEntry, StoredBlock},
    port::{AuditChains, ChainOp, Precondition, StoreError},
};

use super::audit;
use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable, require},
    fields::{DocumentFields, bytes, number, time},
    work::{Work, list, page},
};

pub(in crate::mongodb) const NAME: &str = "_audit_blocks";

fn key(chain: Chain, number_in_chain: u64) -> Document {
    doc! { "chain": chain.as_str(), "number": number(number_in_chain) }
}

fn document(stored: &StoredBlock) -> Document {
    let block = &stored.block;
    doc! {
        "_id": key(block.chain, block.number),
        "epoch": number(block.epoch),
        "first_position": number(block.first),
        "last_position": number(block.last),
        "count": number(block.count),
        "from_at": time(block.from),
        "to_at": time(block.to),
        "rows_digest": bytes(&block.rows),
        "prev": bytes(&block.prev),
        "hash": bytes(&block.hash),
        "kid": block.kid.as_str(),
        "signature": bytes(&block.signature),
        "marks": bytes(&stored.marks),
        "is_pruned": stored.is_pruned,
    }
}

fn read(mut fields: DocumentFields) -> Result<StoredBlock, Unreadable> {
    let mut key = fields.within("_id")?;
    let block = Block {
        chain: key.word("chain", Chain::parse)?,
        number: key.count("number")?,
        epoch: fields.count("epoch")?,
        first: fields.count("first_position")?,
        last: fields.count("last_position")?,
        count: fields.count("count")?,
        from: fields.time("from_at")?,
        to: fields.time("to_at")?,
        rows: fields.array("rows_digest")?,
        prev: fields.array("prev")?,
        hash: fields.array("hash")?,
        kid: fields.text("kid")?,
        signature: fields.binary("signature")?,
    };
    Ok(StoredBlock { block, marks: fields.binary("marks")?, is_pruned: fields.flag("is_pruned")? })
}

/// Returns the filter for rows with these positions.
fn at(chain: Chain, first: u64, last: u64) -> Document {
    doc! { "chain": chain.as_str(), "chain_position": { "$gte": number(first), "$lte": number(last) } }
}

#[async_trait]
impl AuditChains for MongoStore {
    async fn unsealed_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let unsealed = doc! { "chain_position": Bson::Null };
        let rows = page(self.db(), audit::NAME, unsealed, doc! { "_id": 1 }, limit, audit::read);
        self.answer("unsealed_rows", rows).await
    }

    async fn sealed_rows(&self, chain: Chain, first: u64, last: u64) -> Result<Vec<PlacedEntry>, StoreError> {
        let in_order = doc! { "chain_position": 1 };
        let rows = list(self.db(), audit::NAME, at(chain, first, last), in_order, audit::read_placed);
        self.answer("sealed_rows", rows).await
    }

    async fn stray_rows(&self, limit: usize) -> Result<Vec<AuditEntry>, StoreError> {
        let chains = Chain::ALL.map(Chain::as_str).to_vec();
        let in_chain = doc! { "$gte": 1_i64, "$lte": i64::MAX };
        let mut ways = vec![doc! { "chain": { "$nin": chains.clone() }, "chain_position": { "$ne": Bson::Null } }];
        ways.extend(chains.into_iter().map(|chain| {
            doc! { "chain": chain, "chain_position": { "$not": in_chain.clone(), "$ne": Bson::Null } }
        }));
        let rows = page(self.db(), audit::NAME, doc! { "$or": ways }, doc! { "_id": 1 }, limit, audit::read);
        self.answer("stray_rows", rows).await
    }

    async fn blocks_after(&self, chain: Chain, after: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let later = doc! { "_id.chain": chain.as_str(), "_id.number": { "$gt": number(after) } };
        let blocks = page(self.db(), NAME, later, doc! { "_id.number": 1 }, limit, read);
        self.answer("blocks_after", blocks).await
    }

    async fn blocks_before(&self, chain: Chain, before: u64, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let earlier = doc! { "_id.chain": chain.as_str(), "_id.number": { "$lt": number(before) } };
        let blocks = page(self.db(), NAME, earlier, doc! { "_id.number": -1 }, limit, read);
        self.answer("blocks_before", blocks).await
    }

    async fn unpruned_blocks(&self, chain: Chain, limit: usize) -> Result<Vec<StoredBlock>, StoreError> {
        let with_rows = doc! { "_id.chain": chain.as_str(), "is_pruned": false };
        let blocks = page(self.db(), NAME, with_rows, doc! { "_id.number": 1 }, limit, read);
        self.answer("unpruned_blocks", blocks).await
    }
}

pub(super) async fn apply(work: &mut Work<'_>, op: &ChainOp) -> Result<(), OpError> {
    match op {
        ChainOp::Seal { block, rows } => {
            let is_free = work.insert(NAME, document(block)).await?;
            require(is_free && seal(work, &block.block, rows).await?, Precondition::AuditChain)
        }
        ChainOp::Prune { chain, blocks, rows } => {
            let (first, last) = (*blocks.start(), *blocks.end());
            let with_rows = doc! {
                "_id.chain": chain.as_str(),
                "is_pruned": false,
                "_id.number": { "$gte": number(first), "$lte": number(last) },
            };
            let pruned = doc! { "$set": { "is_pruned": true, "marks": bytes(&[]) } };
            let pruned = work.update_many(NAME, with_rows, pruned).await?;
            require(pruned == (last + 1).saturating_sub(first), Precondition::AuditChain)?;
            work.delete_all(audit::NAME, at(*chain, *rows.start(), *rows.end())).await
        }
    }
}

/// Assigns positions to rows. Returns whether all of them existed and were not sealed.
async fn seal(work: &mut Work<'_>, block: &Block, rows: &[AuditId]) -> Result<bool, OpError> {
    if rows.is_empty() {
        return Ok(true);
    }
    let update = |(position, id): (u64, &AuditId)| {
        let placed = doc! { "chain": block.chain.as_str(), "chain_position": number(position) };
        doc! { "q": { "id": bytes(&id.0), "chain_position": Bson::Null }, "u": { "$set": placed } }
    };
    let updates: Vec<Document> = (block.first..).zip(rows).map(update).collect();
    Ok(work.update_each(audit::NAME, updates).await? == rows.len() as u64)
}
