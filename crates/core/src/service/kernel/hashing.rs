//! Password hashing. Each client has a share of the queue, so that a flood delays only the client that causes it.

use super::Scope;
use crate::{
    account::password::{Password, PasswordHash},
    error::Result,
    limit::{CLIENTS_PER_SITE, LimitKey, LimitKind, Mode, Permit},
    port::HashError,
};

/// Permit of a client for hashing passwords. It is counted towards the client's share until it is dropped.
#[derive(Debug)]
pub(in crate::service) struct HashPermit<'a> {
    /// Queue lane of the client or of its IPv6 site.
    lane: Option<LimitKey>,
    _permits: [Option<Permit<'a>>; 2],
}

impl<'a> Scope<'a> {
    /// Acquires a permit. This happens before anything is read, so that the duration of a rejection reveals nothing
    /// about accounts. IPv6 clients are also counted towards their site, which has the share of four clients.
    ///
    /// # Errors
    /// Returns `Overloaded` if the queue or the client's share is full.
    pub(in crate::service) fn hash_permit(&self) -> Result<HashPermit<'a>> {
        let limits = &self.kernel.settings.limits;
        let Some(address) = self.ctx.client.ip else { return Ok(HashPermit { lane: None, _permits: [None, None] }) };
        let client = LimitKey::client(LimitKind::Hashes, address);
        let site = LimitKey::site(LimitKind::Hashes, address);
        let lane = Some(site.unwrap_or(client));
        self.ports.hasher.has_room(lane)?;
        if limits.mode == Mode::Off {
            return Ok(HashPermit { lane, _permits: [None, None] });
        }
        let in_flight = &self.kernel.in_flight;
        let own = in_flight.try_acquire(client, limits.hashes_client);
        let share_of_site = limits.hashes_client.saturating_mul(CLIENTS_PER_SITE);
        let of_site = site.and_then(|site| in_flight.try_acquire(site, share_of_site));
        if own.is_none() || (site.is_some() && of_site.is_none()) {
            self.usage.add_reached(LimitKind::Hashes);
            if limits.mode == Mode::Enforce {
                return Err(HashError::Overloaded.into());
            }
        }
        Ok(HashPermit { lane, _permits: [own, of_site] })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// Returns `Overloaded` if the hash queue is full, and `Internal` if the hasher fails.
    pub(in crate::service) async fn hash(&self, permit: &HashPermit<'_>, password: &Password) -> Result<PasswordHash> {
        Ok(self.ports.hasher.hash(permit.lane, password, self.ctx.bytes()).await?)
    }

    /// Verifies a password. Without a hash, the result is `false` at the same cost.
    ///
    /// # Errors
    /// Returns `Overloaded` if the hash queue is full, and `Internal` if the hasher fails.
    pub(in crate::service) async fn matches(
        &self,
        permit: &HashPermit<'_>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool> {
        Ok(self.ports.hasher.verify(permit.lane, password, hash).await?)
    }
}
