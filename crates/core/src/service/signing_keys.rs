//! Signing keys of our own making: made in time, published before they sign, kept while tokens of theirs are about.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::{
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::KeyId,
    port::{KeyOp, SigningKeyRow, Store},
    seal::EncryptionKey,
    service::Service,
    token::{Algorithm, CLOCK_SKEW, Jwk, SigningKey, new_private_key},
};

/// How keys of our own are made.
#[derive(Debug)]
pub struct OwnKeys {
    /// What new ones sign by.
    pub algorithm: Algorithm,
    /// How long one signs.
    pub rotation: Duration,
    /// What seals them in the store: the first seals, all open.
    pub sealed_by: Vec<EncryptionKey>,
}

/// A new key is public for this long before it signs, so that whoever keeps a copy of the public keys has it by then.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(3600);

impl Service {
    /// Brings the keyring up to date with the store, making a new key when one is due and dropping those that no token can
    /// need. Without keys of our own there is nothing to do.
    ///
    /// # Errors
    /// Unavailable; internal, when a key does not open.
    pub async fn refresh_signing_keys(&self, ctx: &Ctx) -> Result<()> {
        let Some(own) = &self.own_keys else { return Ok(()) };
        let mut rows = self.ports.store.signing_keys().await?;
        if own.is_due(ctx.now, &rows) {
            let row = own.make(ctx)?;
            tracing::info!(kid = row.kid, algorithm = own.algorithm.as_str(), "signing key made");
            self.commit(batch![KeyOp::PutSigning(row)]).await?;
            // Another process may have made one at the same moment: both are published.
            rows = self.ports.store.signing_keys().await?;
        }
        let current = own.current(ctx.now, &rows).ok_or_else(|| Error::internal("there is no signing key"))?.clone();
        let keep_until = current.created_at.plus(PUBLISHED_BEFORE * 2).plus(self.tokens.lifetime).plus(CLOCK_SKEW);
        let (mut others, mut gone) = (Vec::new(), Vec::new());
        for row in rows.iter().filter(|row| row.kid != current.kid) {
            if row.created_at < current.created_at && keep_until <= ctx.now {
                gone.push(KeyOp::DeleteSigning { kid: row.kid.clone() }.into());
            } else {
                others.push(own.open(row)?);
            }
        }
        self.tokens.keys.replace(own.open(&current)?, others);
        if gone.is_empty() { Ok(()) } else { Ok(self.commit(gone).await?) }
    }

    /// The public halves of all keys that may have signed a token: none where a shared secret does.
    #[must_use]
    pub fn public_keys(&self) -> Vec<Jwk> {
        self.tokens.keys.public()
    }
}

/// Seals all signing keys anew under the first of the operator's keys, after it has changed: whether or not they sign now.
///
/// # Errors
/// Unavailable; internal, when a key opens under none of the operator's.
pub async fn reseal_signing_keys(ctx: &Ctx, store: &dyn Store, keys: &[EncryptionKey]) -> Result<()> {
    let Some(first) = keys.first() else { return Ok(()) };
    for row in store.signing_keys().await? {
        if first.open_signing_key(&row.kid, &row.private).is_err() {
            let private = first.seal_signing_key(ctx, &row.kid, &unseal(keys, &row)?);
            store.commit(batch![KeyOp::PutSigning(SigningKeyRow { private, ..row })]).await?;
        }
    }
    Ok(())
}

fn unseal(keys: &[EncryptionKey], row: &SigningKeyRow) -> Result<Zeroizing<Vec<u8>>> {
    let opened = keys.iter().find_map(|key| key.open_signing_key(&row.kid, &row.private).ok());
    opened.ok_or_else(|| Error::internal("a signing key does not open under ENCRYPTION_KEY"))
}

impl OwnKeys {
    /// Whether it is time for the next key: it is made so early that it is known everywhere when it begins to sign.
    fn is_due(&self, now: Timestamp, rows: &[SigningKeyRow]) -> bool {
        let newest = rows.iter().filter(|row| row.algorithm == self.algorithm).map(|row| row.created_at).max();
        newest.is_none_or(|newest| newest.plus(self.rotation) <= now)
    }

    /// The newest key of the algorithm that has been public for long enough. Where none has, a key of another algorithm goes
    /// on for that while; where there is none, either, the oldest begins at once.
    fn current<'a>(&self, now: Timestamp, rows: &'a [SigningKeyRow]) -> Option<&'a SigningKeyRow> {
        let is_ours = |row: &&SigningKeyRow| row.algorithm == self.algorithm;
        let is_known = |row: &&SigningKeyRow| row.created_at.plus(PUBLISHED_BEFORE) <= now;
        let known = rows.iter().filter(is_ours).filter(is_known).max_by_key(|row| row.created_at);
        let before = || rows.iter().filter(is_known).max_by_key(|row| row.created_at);
        known.or_else(before).or_else(|| rows.iter().filter(is_ours).min_by_key(|row| row.created_at))
    }

    fn make(&self, ctx: &Ctx) -> Result<SigningKeyRow> {
        let first = self.sealed_by.first().ok_or_else(|| Error::internal("no key to seal signing keys with"))?;
        let kid = KeyId::random(ctx.random()).as_str().to_owned();
        let private = new_private_key(self.algorithm).map_err(Error::internal)?;
        let private = first.seal_signing_key(ctx, &kid, &private);
        Ok(SigningKeyRow { kid, algorithm: self.algorithm, private, created_at: ctx.now })
    }

    fn open(&self, row: &SigningKeyRow) -> Result<SigningKey> {
        SigningKey::from_pkcs8(row.kid.clone(), row.algorithm, &unseal(&self.sealed_by, row)?).map_err(Error::internal)
    }
}
