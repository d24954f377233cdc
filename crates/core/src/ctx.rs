//! The circumstances of one request or job: first argument of every verb.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    clock::{Clock, Timestamp},
    id::RequestId,
    limit::{LimitKind, LimitStatus},
    random::{self, Random},
};

/// Who is at the other end of the connection, as far as the transport tells.
#[derive(Clone, Default)]
pub struct Client {
    /// The peer's address, behind trusted proxies the one they vouch for.
    pub ip: Option<IpAddr>,
    /// The `User-Agent`, cut to 200 characters.
    pub agent: Option<String>,
}

/// Personal data: nothing of it is ever formatted.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}

/// What a request has drawn on.
#[derive(Debug, Default)]
struct Drawn {
    standings: Vec<LimitStatus>,
    beyond: Vec<LimitKind>,
}

/// When, by whom, and with which chance a verb runs. The time is frozen for the whole request.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// The time at which the request or job began.
    pub now: Timestamp,
    /// Ties log, audit and answer together.
    pub request_id: RequestId,
    /// Who asks.
    pub client: Client,
    limits: Arc<Mutex<Drawn>>,
    random: Arc<dyn Random>,
}

impl Ctx {
    /// Circumstances as of now.
    #[must_use]
    pub fn new(clock: &dyn Clock, random: Arc<dyn Random>, client: Client) -> Self {
        let request_id = RequestId::random(&*random);
        Self { now: clock.now(), request_id, client, limits: Arc::default(), random }
    }

    /// Notes how much of a quota is left.
    pub fn note(&self, standing: LimitStatus) {
        self.drawn().standings.push(standing);
    }

    /// How much is left of the quotas that this request has drawn on.
    #[must_use]
    pub fn standings(&self) -> Vec<LimitStatus> {
        self.drawn().standings.clone()
    }

    /// Notes that a limit was reached.
    pub fn note_beyond(&self, row: LimitKind) {
        self.drawn().beyond.push(row);
    }

    /// The limits that this request has reached.
    #[must_use]
    pub fn beyond(&self) -> Vec<LimitKind> {
        self.drawn().beyond.clone()
    }

    fn drawn(&self) -> MutexGuard<'_, Drawn> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The source of chance.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// So many unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        random::bytes(&*self.random)
    }
}
