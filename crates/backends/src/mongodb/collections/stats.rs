//! Statistics: counters of a day and realm.

use async_trait::async_trait;
use mongodb::{
    Database,
    bson::{DateTime, Document, doc},
};
use portcullis_core::{
    clock::Timestamp,
    id::RealmName,
    port::{StatOp, Stats, StoreError},
    stats::{Stat, UserCounts},
};

use crate::mongodb::{
    MongoStore,
    error::{OpError, Unreadable},
    fields::{DocumentFields, number, time},
    key_locks::Contended,
    work::{Work, list},
};

pub(in crate::mongodb) const NAME: &str = "_stats";

fn key(stat: &Stat) -> Document {
    doc! { "_id": { "realm": stat.realm.as_str(), "day": time(stat.day), "name": &stat.name } }
}

fn read(mut fields: DocumentFields) -> Result<Stat, Unreadable> {
    let mut key = fields.within("_id")?;
    Ok(Stat { realm: key.realm()?, day: key.time("day")?, name: key.text("name")?, value: fields.count("value")? })
}

#[async_trait]
impl Stats for MongoStore {
    async fn stats(&self, realm: &RealmName, from: Timestamp, to: Timestamp) -> Result<Vec<Stat>, StoreError> {
        let days = doc! { "$gte": time(from), "$lte": time(to) };
        let filter = doc! { "_id.realm": realm.as_str(), "_id.day": days };
        let in_order = doc! { "_id.realm": 1, "_id.day": 1, "_id.name": 1 };
        self.answer("stats", list(self.db(), NAME, filter, in_order, read)).await
    }

    async fn user_counts(
        &self,
        realm: &RealmName,
        day: Timestamp,
        earlier: Timestamp,
    ) -> Result<UserCounts, StoreError> {
        self.answer("user_counts", counts(self.db(), realm, day, earlier)).await
    }
}

async fn counts(db: &Database, realm: &RealmName, day: Timestamp, earlier: Timestamp) -> Result<UserCounts, OpError> {
    let users = db.collection::<Document>(realm.as_str());
    let seen_since = |day: Timestamp| doc! { "seen_on": { "$gte": time(day) } };
    Ok(UserCounts {
        users: users.count_documents(doc! { "created_at": { "$gte": DateTime::MIN } }).await?,
        two_step: users.count_documents(doc! { "two_step": true }).await?,
        active: users.count_documents(seen_since(day)).await?,
        active_30d: users.count_documents(seen_since(earlier)).await?,
    })
}

pub(super) async fn apply(work: &mut Work<'_>, op: &StatOp) -> Result<(), OpError> {
    match op {
        StatOp::Add(stat) => work.upsert(NAME, key(stat), doc! { "$inc": { "value": number(stat.value) } }).await,
        StatOp::Set(stat) => work.upsert(NAME, key(stat), doc! { "$set": { "value": number(stat.value) } }).await,
    }
}

pub(super) fn contends(op: &StatOp) -> Vec<Contended<'_>> {
    match op {
        StatOp::Add(stat) | StatOp::Set(stat) => vec![Contended::Stat(stat)],
    }
}
