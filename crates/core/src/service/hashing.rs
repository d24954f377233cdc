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

    /// Who waits, and their place.
    fn place(&self, ctx: &Ctx) -> Result<(Option<LimitKey>, Option<Flight<'_>>)> {
        let limits = &self.rules.limits;
        let client = ctx.client.ip.map(|address| LimitKey::client(Row::Hashes, address));
        let Some(key) = client.filter(|_| limits.mode != Mode::Off) else { return Ok((client, None)) };
        let place = self.flights.board(key, limits.hashes_client);
        if place.is_none() {
            ctx.note_beyond(Row::Hashes);
            if limits.mode == Mode::Enforce {
                return Err(HashError::Overloaded.into());
            }
        }
        Ok((client, place))
    }
}
