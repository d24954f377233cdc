//! Instrumented ports: password hasher, account cache, senders.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use metrics::{counter, gauge, histogram};
use portcullis_core::{
    account::{
        Account,
        password::{Password, PasswordHash},
    },
    clock::Timestamp,
    id::{RealmName, UserId},
    limit::LimitKey,
    message::{Mail, Sms},
    port::{AccountCache, HashError, MailSender, PasswordHasher, SendError, SmsReceipt, SmsSender, SmsStatus, Transit},
};

use super::{
    names::{ACCOUNT_CACHE, HASH_DURATION, HASHES_PENDING, MESSAGES, ROUTE_PAUSED},
    since,
};

#[derive(Debug)]
struct Measured<T: ?Sized>(Arc<T>);

pub(super) fn hasher(hasher: Arc<dyn PasswordHasher>) -> Arc<dyn PasswordHasher> {
    Arc::new(Measured(hasher))
}

pub(super) fn accounts(accounts: Arc<dyn AccountCache>) -> Arc<dyn AccountCache> {
    Arc::new(Measured(accounts))
}

pub(super) fn mailer(mailer: Arc<dyn MailSender>) -> Arc<dyn MailSender> {
    Arc::new(Measured(mailer))
}

pub(super) fn sms(sms: Arc<dyn SmsSender>) -> Arc<dyn SmsSender> {
    Arc::new(Measured(sms))
}

async fn hashed<T>(work: impl Future<Output = Result<T, HashError>>) -> Result<T, HashError> {
    let (begun, pending) = (Instant::now(), gauge!(HASHES_PENDING));
    pending.increment(1);
    let result = work.await;
    pending.decrement(1);
    let outcome = match &result {
        Ok(_) => "done",
        Err(HashError::Overloaded) => "overloaded",
        Err(HashError::Failed(_)) => "failed",
    };
    histogram!(HASH_DURATION, "outcome" => outcome).record(since(begun));
    result
}

#[async_trait]
impl PasswordHasher for Measured<dyn PasswordHasher> {
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError> {
        let answer = self.0.has_room(client);
        if answer.is_err() {
            histogram!(HASH_DURATION, "outcome" => "overloaded").record(0.0);
        }
        answer
    }

    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError> {
        hashed(self.0.hash(client, password, salt)).await
    }

    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError> {
        hashed(self.0.verify(client, password, hash)).await
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashError> {
        self.0.check(hash)
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        self.0.is_outdated(hash)
    }
}

impl AccountCache for Measured<dyn AccountCache> {
    fn get(&self, realm: &RealmName, user: &UserId, now: Timestamp) -> Option<Arc<Account>> {
        let found = self.0.get(realm, user, now);
        counter!(ACCOUNT_CACHE, "outcome" => if found.is_some() { "hit" } else { "miss" }).increment(1);
        found
    }

    fn generation(&self) -> u64 {
        self.0.generation()
    }

    fn insert(&self, realm: &RealmName, account: Arc<Account>, generation: u64) {
        self.0.insert(realm, account, generation);
    }

    fn invalidate(&self, realm: &RealmName, user: &UserId) {
        self.0.invalidate(realm, user);
    }

    fn synced(&self, now: Timestamp) {
        self.0.synced(now);
    }
}

async fn sent<T>(channel: &'static str, sending: impl Future<Output = Result<T, SendError>>) -> Result<T, SendError> {
    let result = sending.await;
    let outcome = match &result {
        Ok(_) => "taken",
        Err(SendError::Permanent(_)) => "refused",
        Err(SendError::Transient(_) | SendError::Throttled(..)) => "later",
        Err(SendError::Route(_)) => "route",
        Err(SendError::Unknown(_)) => "unknown",
    };
    counter!(MESSAGES, "channel" => channel, "outcome" => outcome).increment(1);
    match outcome {
        "route" => gauge!(ROUTE_PAUSED, "channel" => channel).set(1),
        "taken" | "refused" | "unknown" => gauge!(ROUTE_PAUSED, "channel" => channel).set(0),
        _ => {}
    }
    result
}

#[async_trait]
impl MailSender for Measured<dyn MailSender> {
    async fn send(&self, mail: &Mail, transit: &Transit) -> Result<(), SendError> {
        sent("mail", self.0.send(mail, transit)).await
    }
}

#[async_trait]
impl SmsSender for Measured<dyn SmsSender> {
    async fn send(&self, sms: &Sms) -> Result<Option<SmsReceipt>, SendError> {
        sent("sms", self.0.send(sms)).await
    }

    async fn status(&self, receipt: &SmsReceipt) -> Result<SmsStatus, SendError> {
        self.0.status(receipt).await
    }
}
