//! Slow hashes, of which no client has more under way than its share: whoever floods the queue waits behind itself.

use crate::{
    ctx::Ctx,
    error::Result,
    limit::{Flight, LimitKey, Mode, Row},
    password::{Password, PasswordHash},
    port::HashError,
    service::Service,
};

impl Service {
    /// The hash of a new password.
    ///
    /// # Errors
    /// Overloaded.
    pub(super) async fn hash(&self, ctx: &Ctx, password: &Password) -> Result<PasswordHash> {
        let (client, _place) = self.place(ctx)?;
        Ok(self.ports.hasher.hash(client, password, ctx.bytes()).await?)
    }

    /// Whether the password is the one behind the hash. Without a hash it is no, at the same cost.
    ///
    /// # Errors
    /// Overloaded.
    pub(super) async fn matches(&self, ctx: &Ctx, password: &Password, hash: Option<&PasswordHash>) -> Result<bool> {
        let (client, _place) = self.place(ctx)?;
        Ok(self.ports.hasher.verify(client, password, hash).await?)
    }

    /// Who waits, and their places: as a client, and in IPv6 as one of a site, which has those of four.
    fn place(&self, ctx: &Ctx) -> Result<(Option<LimitKey>, [Option<Flight<'_>>; 2])> {
        let limits = &self.rules.limits;
        let Some(address) = ctx.client.ip else { return Ok((None, [None, None])) };
        let client = LimitKey::client(Row::Hashes, address);
        if limits.mode == Mode::Off {
            return Ok((Some(client), [None, None]));
        }
        let own = self.flights.board(client, limits.hashes_client);
        let site = LimitKey::site(Row::Hashes, address);
        let of_site = site.and_then(|site| self.flights.board(site, limits.hashes_client.saturating_mul(4)));
        if own.is_none() || (site.is_some() && of_site.is_none()) {
            ctx.note_beyond(Row::Hashes);
            if limits.mode == Mode::Enforce {
                return Err(HashError::Overloaded.into());
            }
        }
        Ok((Some(client), [own, of_site]))
    }
}
