//! Account copies in the shared cache. A copy contains the position of the change log at which it was read. A process
//! that follows the log rejects outdated copies, even if they were written late or restored from a backup.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::Scope;
use crate::{
    account::{Account, AccountCopy},
    clock::Timestamp,
    id::{RealmName, UserId},
    session::{CHANGES_KEPT, Change, LogPosition},
};

/// Maximum age of a copy.
const LIFETIME: Duration = Duration::from_secs(60);
/// Tolerated clock difference between two processes.
const SKEW: Duration = Duration::from_secs(5);
/// Maximum age of the process's own view of the log. If it is older, all account copies are rejected.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// State of the change log, used to validate copies.
#[derive(Debug, Default)]
pub(in crate::service) struct Copies(Mutex<Followed>);

#[derive(Debug, Default)]
struct Followed {
    /// Position up to which the log was read. `None` before the first read.
    position: Option<LogPosition>,
    at: Timestamp,
    /// Sequence numbers of the last started and the last completed read of the log.
    begun: u64,
    ended: u64,
    /// Copies below this position are rejected, because changes before it may have been missed.
    floor: LogPosition,
    /// Users that changed within the maximum age of a copy.
    changed: HashMap<(RealmName, UserId), Changed>,
    pruned: Timestamp,
}

/// The last change of a user.
#[derive(Debug, Clone, Copy)]
struct Changed {
    /// Minimum position of a copy that includes the change.
    position: LogPosition,
    /// Number of the read that will include the log entry of this process's own change.
    due: u64,
    at: Timestamp,
}

impl Copies {
    /// Records that a read of the log starts. Returns its number.
    pub(in crate::service) fn begin_read(&self) -> u64 {
        let mut followed = self.lock();
        followed.begun += 1;
        followed.begun
    }

    /// Records the entries of a read.
    pub(in crate::service) fn end_read(&self, read: u64, changes: &[Change], next: LogPosition, now: Timestamp) {
        let mut followed = self.lock();
        let has_gap =
            followed.position.is_some() && now.since(followed.at).max(followed.at.since(now)) >= CHANGES_KEPT / 2;
        if has_gap {
            followed.floor = next;
        }
        for change in changes {
            if let Change::UserChanged { realm, user } = change {
                let key = (realm.clone(), user.clone());
                let entry = followed.changed.entry(key).or_insert(Changed { position: next, due: 0, at: now });
                *entry = Changed { position: next, at: now, ..*entry };
            }
        }
        followed.position = Some(next);
        followed.at = now;
        followed.ended = followed.ended.max(read);
        followed.prune(now);
    }

    /// Records a change of this process, whose entry has not been read yet.
    pub(in crate::service) fn changed_here(&self, realm: &RealmName, user: &UserId) {
        let mut followed = self.lock();
        let (due, position) = (followed.begun + 1, followed.position.unwrap_or_default());
        let at = followed.at;
        followed.changed.insert((realm.clone(), user.clone()), Changed { position, due, at });
    }

    /// Returns the time since the log was last followed. `None` before the first time.
    pub(in crate::service) fn lag(&self, now: Timestamp) -> Option<Duration> {
        let followed = self.lock();
        followed.position.map(|_| now.since(followed.at))
    }

    /// Returns the position for a copy of data read from now on. `None` before the log was followed.
    fn position(&self, now: Timestamp) -> Option<LogPosition> {
        let followed = self.lock();
        followed.position.filter(|_| followed.is_fresh(now))
    }

    /// Returns whether a copy is up to date.
    fn believes(&self, realm: &RealmName, copy: &AccountCopy, now: Timestamp) -> bool {
        let followed = self.lock();
        // A position ahead of this process's own cannot be verified. It may stem from a time before a restore.
        let of_copy = LogPosition(copy.position);
        let is_known = followed.position.is_some_and(|position| (followed.floor..=position).contains(&of_copy));
        let is_young = now.since(copy.made_at) < LIFETIME && copy.made_at.since(now) <= SKEW;
        let changed = followed.changed.get(&(realm.clone(), copy.account.id.clone()));
        let is_newest = changed.is_none_or(|changed| of_copy >= changed.position && changed.due <= followed.ended);
        followed.is_fresh(now) && is_known && is_young && is_newest
    }

    fn lock(&self) -> MutexGuard<'_, Followed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Followed {
    fn is_fresh(&self, now: Timestamp) -> bool {
        now.since(self.at).max(self.at.since(now)) <= FRESH_FOR
    }

    /// Removes changes that are older than the maximum age of a copy.
    fn prune(&mut self, now: Timestamp) {
        if now.since(self.pruned) >= LIFETIME {
            self.pruned = now;
            // A change made by this process is kept until its log entry was read.
            let ended = self.ended;
            self.changed.retain(|_, changed| changed.due > ended || now.since(changed.at) < LIFETIME + 2 * SKEW);
        }
    }
}

impl Scope<'_> {
    /// Returns an account from the shared cache if its copy is up to date.
    pub(in crate::service) async fn copied_account(&self, user: &UserId) -> Option<Arc<Account>> {
        let sealed = self.ports.shared.as_ref()?.account(&self.realm.name, user).await?;
        let bytes = self.realm.keys.open_copy(user, &sealed).ok()?;
        let copy = AccountCopy::from_bytes(user, &bytes)?;
        self.copies.believes(&self.realm.name, &copy, self.ctx.now).then(|| Arc::new(copy.account))
    }

    /// Returns the position for a copy of data read from now on, if copies are shared.
    pub(in crate::service) fn copy_position(&self) -> Option<LogPosition> {
        self.ports.shared.as_ref()?;
        self.copies.position(self.ctx.now)
    }

    /// Shares a copy of an account that was read after the position was determined.
    pub(in crate::service) async fn share_account(&self, account: &Account, position: Option<LogPosition>) {
        let (Some(shared), Some(position)) = (&self.ports.shared, position) else { return };
        let copy = AccountCopy { account: account.clone(), position: position.0, made_at: self.ctx.now };
        let Some(bytes) = copy.to_bytes() else { return };
        let sealed = self.realm.keys.seal_copy(self.ctx, &account.id, &bytes);
        shared.put_account(&self.realm.name, &account.id, &sealed, LIFETIME).await;
    }
}
