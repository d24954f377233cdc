//! Slow hashes, of which no client has more under way than its share: whoever floods the queue waits behind itself.

use crate::{
    account::password::{Password, PasswordHash},
    ctx::Ctx,
    error::Result,
    limit::{CLIENTS_PER_SITE, LimitKey, LimitKind, Mode, Permit},
    port::HashError,
    service::Service,
};

/// The share of a client, of which some is taken until this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    /// Who waits behind whom: in IPv6 a whole site behind itself.
    lane: Option<LimitKey>,
    _places: [Option<Permit<'a>>; 2],
}

impl Service {
    /// Lets a client hash what it will: taken before anything is read, so that whoever is turned away cannot tell by the time
    /// of it what would have been read. As a client it has its own places, and in IPv6 as one of a site those of four.
    ///
    /// # Errors
    /// Overloaded.
    pub(super) fn turn(&self, ctx: &Ctx) -> Result<Turn<'_>> {
        let limits = &self.rules.limits;
        let Some(address) = ctx.client.ip else { return Ok(Turn { lane: None, _places: [None, None] }) };
        let (client, site) = (LimitKey::client(LimitKind::Hashes, address), LimitKey::site(LimitKind::Hashes, address));
        let lane = Some(site.unwrap_or(client));
        self.ports.hasher.has_room(lane)?;
        if limits.mode == Mode::Off {
            return Ok(Turn { lane, _places: [None, None] });
        }
        let own = self.in_flight.try_acquire(client, limits.hashes_client);
        let of_site = site
            .and_then(|site| self.in_flight.try_acquire(site, limits.hashes_client.saturating_mul(CLIENTS_PER_SITE)));
        if own.is_none() || (site.is_some() && of_site.is_none()) {
            ctx.note_beyond(LimitKind::Hashes);
            if limits.mode == Mode::Enforce {
                return Err(HashError::Overloaded.into());
            }
        }
        Ok(Turn { lane, _places: [own, of_site] })
    }

    /// The hash of a new password.
    ///
    /// # Errors
    /// Overloaded.
    pub(super) async fn hash(&self, ctx: &Ctx, turn: &Turn<'_>, password: &Password) -> Result<PasswordHash> {
        Ok(self.ports.hasher.hash(turn.lane, password, ctx.bytes()).await?)
    }

    /// Whether the password is the one behind the hash. Without a hash it is no, at the same cost.
    ///
    /// # Errors
    /// Overloaded.
    pub(super) async fn matches(
        &self,
        turn: &Turn<'_>,
        password: &Password,
        hash: Option<&PasswordHash>,
    ) -> Result<bool> {
        Ok(self.ports.hasher.verify(turn.lane, password, hash).await?)
    }
}
