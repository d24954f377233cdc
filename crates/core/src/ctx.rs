//! The context of a request or job: its time, identifier, client and source of randomness.

use std::{net::IpAddr, sync::Arc};

use crate::{
    clock::{Clock, Timestamp},
    id::RequestId,
    random::{self, Random},
};

/// The client of a request, as known from the transport.
#[derive(Clone, Default)]
pub struct Client {
    /// Address of the peer or, behind trusted proxies, the address they report.
    pub ip: Option<IpAddr>,
    /// `User-Agent` header, truncated to 200 characters.
    pub agent: Option<Arc<str>>,
    /// Matched route, without parameter values.
    pub route: Option<Arc<str>>,
}

/// Prints no fields, because all of them are personal data.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client(…)")
    }
}

/// Context of one request or job. Its time is frozen when it is created.
#[derive(Clone, Debug)]
pub struct Ctx {
    /// Time at which the request or job began.
    pub now: Timestamp,
    /// Identifier that links log, audit trail and response.
    pub request_id: RequestId,
    pub client: Client,
    random: Arc<dyn Random>,
}

impl Ctx {
    /// Creates a context at the current time.
    #[must_use]
    pub fn new(clock: &dyn Clock, random: Arc<dyn Random>, client: Client) -> Self {
        let request_id = RequestId::random(&*random);
        Self { now: clock.now(), request_id, client, random }
    }

    /// Returns the source of randomness.
    #[must_use]
    pub fn random(&self) -> &dyn Random {
        &*self.random
    }

    /// Returns `N` unpredictable bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        random::bytes(&*self.random)
    }
}
