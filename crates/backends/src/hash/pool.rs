use std::{
    fmt, io,
    num::NonZero,
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use argon2::{Params, password_hash::phc::Output};
use async_trait::async_trait;
use portcullis_core::{
    account::password::{Password, PasswordHash},
    error::Cause,
    limit::LimitKey,
    port::{HashError, PasswordHasher},
};
use tokio::sync::oneshot;

use super::{
    argon::{self, Recipe, Unusable},
    queue::{HashJob, Queue},
    worker::Worker,
};

/// Hash cost and queue limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Memory per hash, in KiB.
    pub memory_kib: u32,
    /// Number of passes over the memory.
    pub iterations: u32,
    /// Lanes per hash. They are computed sequentially, because the threads hash different passwords.
    pub parallelism: u32,
    /// Number of hashes computed concurrently, at least one.
    pub threads: usize,
    /// Maximum number of queued passwords. Further ones are rejected immediately.
    pub queue: usize,
    /// Maximum wait for a thread.
    pub deadline: Duration,
    /// How long an idle thread keeps its memory.
    pub idle: Duration,
}

/// 19 MiB and two passes (the OWASP minimum), and one thread per core.
impl Default for Settings {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: thread::available_parallelism().map_or(1, NonZero::get),
            queue: 256,
            deadline: Duration::from_secs(3),
            idle: Duration::from_secs(60),
        }
    }
}

/// Reason why the pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Argon2 rejected the settings.
    #[error("invalid Argon2 settings: {0}")]
    Settings(Cause),
    /// A thread could not be started.
    #[error("cannot start a password hash thread")]
    Threads(#[source] io::Error),
}

/// A pool of threads that hash passwords. Dropping it waits for hashes in progress.
pub struct HashPool {
    params: Params,
    /// Hash used for accounts that do not exist, so that unknown users take as long as known ones.
    nobodys: PasswordHash,
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl HashPool {
    /// Starts the threads.
    ///
    /// # Errors
    /// Returns [`StartError`] if the settings are invalid or a thread cannot be started.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let params = argon::params(settings.memory_kib, settings.iterations, settings.parallelism)
            .map_err(|error| StartError::Settings(error.into()))?;
        let nobodys = argon::nobodys(&params).map_err(|error| StartError::Settings(error.into()))?;
        let mut pool = Self {
            params,
            nobodys: PasswordHash::from_phc(nobodys),
            queue: Arc::new(Queue::new(settings.queue)),
            threads: Vec::new(),
        };
        for number in 0..settings.threads.max(1) {
            let worker = Worker {
                queue: Arc::clone(&pool.queue),
                usual: pool.params.block_count(),
                deadline: settings.deadline,
                idle: settings.idle,
            };
            let thread = thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || worker.run())
                .map_err(StartError::Threads)?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    async fn compute(
        &self,
        client: Option<LimitKey>,
        recipe: Recipe,
        password: &Password,
    ) -> Result<Output, HashError> {
        let (reply, answer) = oneshot::channel();
        let job = HashJob { client, recipe, password: password.clone(), since: Instant::now(), reply };
        self.queue.push(Box::new(job))?;
        let gone = |_| Err(HashError::Failed("the password hash thread has ended".into()));
        answer.await.unwrap_or_else(gone)
    }
}

#[async_trait]
impl PasswordHasher for HashPool {
    fn has_room(&self, client: Option<LimitKey>) -> Result<(), HashError> {
        self.queue.has_room(client)
    }

    async fn hash(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        salt: [u8; 16],
    ) -> Result<PasswordHash, HashError> {
        let recipe = Recipe::new(&self.params, salt).map_err(failed)?;
        let output = self.compute(client, recipe, password).await?;
        let phc = argon::to_phc(&self.params, salt, output).map_err(failed)?;
        Ok(PasswordHash::from_phc(phc))
    }

    async fn verify(
        &self,
        client: Option<LimitKey>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashError> {
        let theirs = hash.map(|hash| Recipe::of(hash.expose(), &self.params));
        if let Some(Err(why)) = &theirs {
            tracing::error!(%why, "stored password hash unusable: the user must reset the password");
        }
        let (is_somebodys, (recipe, expected)) = match theirs {
            Some(Ok(theirs)) => (true, theirs),
            _ => (false, Recipe::of(self.nobodys.expose(), &self.params).map_err(failed)?),
        };
        // The outputs are compared in constant time.
        let is_same = self.compute(client, recipe, password).await? == expected;
        Ok(is_same && is_somebodys)
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), HashError> {
        Recipe::of(hash.expose(), &self.params).map(drop).map_err(failed)
    }

    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        argon::is_outdated(hash.expose(), &self.params)
    }
}

impl Drop for HashPool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked leaves nothing to clean up.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for HashPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashPool")
            .field("params", &self.params)
            .field("threads", &self.threads.len())
            .field("queue", &self.queue)
            .finish_non_exhaustive()
    }
}

fn failed(error: Unusable) -> HashError {
    HashError::Failed(error.into())
}
