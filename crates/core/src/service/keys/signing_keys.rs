//! Signing keys that the server makes: published before they sign, and kept while tokens that they have
//! signed are valid.

use std::time::Duration;

use zeroize::Zeroizing;

use crate::{
    batch,
    clock::Timestamp,
    ctx::Ctx,
    error::{Error, Result},
    id::KeyId,
    port::{Batch, KeyOp, SigningKeyRow, Store},
    seal::EncryptionKey,
    service::kernel::{Kernel, KeyRotation},
    token::{CLOCK_SKEW, SigningKey, new_private_key},
};

/// Time for which a new key is published before it signs, so that services which cache the public keys know it.
const PUBLISHED_BEFORE: Duration = Duration::from_secs(3600);

/// Loads the signing keys from the store, makes one if it is due, and removes those that no valid token needs. Without
/// a rotation it does nothing.
///
/// # Errors
/// Unavailable; internal, if a key cannot be opened.
pub(in crate::service) async fn refresh(kernel: &Kernel, ctx: &Ctx) -> Result<()> {
    let Some(rotation) = &kernel.key_rotation else { return Ok(()) };
    let mut rows = kernel.ports.store.signing_keys().await?;
    if rotation.is_due(ctx.now, &rows) {
        let row = rotation.make(ctx)?;
        tracing::info!(kid = row.kid, algorithm = rotation.algorithm.as_str(), "signing key created");
        kernel.commit(batch![KeyOp::PutSigning(row)]).await?;
        // Another server may have made a key at the same time: both are published.
        rows = kernel.ports.store.signing_keys().await?;
    }
    let current = rotation.current(ctx.now, &rows).ok_or_else(|| Error::internal("no signing key"))?.clone();
    let longest_token = kernel.realms.longest_access_token_ttl();
    let keep_until = current.created_at.plus(PUBLISHED_BEFORE * 2).plus(longest_token).plus(CLOCK_SKEW);
    let (mut others, mut unused) = (Vec::new(), Batch::new());
    for row in rows.iter().filter(|row| row.kid != current.kid) {
        if row.created_at < current.created_at && keep_until <= ctx.now {
            unused.push(KeyOp::DeleteSigning { kid: row.kid.clone() }.into());
        } else {
            others.push(rotation.open(row)?);
        }
    }
    kernel.tokens.keys.replace(rotation.open(&current)?, others);
    if unused.is_empty() { Ok(()) } else { Ok(kernel.commit(unused).await?) }
}

/// Seals all signing keys under the first of the operator's keys, after it has changed.
///
/// # Errors
/// Unavailable; internal, if no key of the operator opens one of them.
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
    opened.ok_or_else(|| Error::internal("ENCRYPTION_KEY does not decrypt a signing key"))
}

impl KeyRotation {
    /// Returns whether the next key is due. It is made early enough to be published before it signs.
    fn is_due(&self, now: Timestamp, rows: &[SigningKeyRow]) -> bool {
        let newest = rows.iter().filter(|row| row.algorithm == self.algorithm).map(|row| row.created_at).max();
        newest.is_none_or(|newest| newest.plus(self.rotation) <= now)
    }

    /// Returns the newest key of the algorithm that has been published for long enough. If there is none, returns such
    /// a key of another algorithm; otherwise the oldest key of the algorithm.
    fn current<'a>(&self, now: Timestamp, rows: &'a [SigningKeyRow]) -> Option<&'a SigningKeyRow> {
        let has_algorithm = |row: &&SigningKeyRow| row.algorithm == self.algorithm;
        let is_published = |row: &&SigningKeyRow| row.created_at.plus(PUBLISHED_BEFORE) <= now;
        let known = rows.iter().filter(has_algorithm).filter(is_published).max_by_key(|row| row.created_at);
        let before = || rows.iter().filter(is_published).max_by_key(|row| row.created_at);
        known.or_else(before).or_else(|| rows.iter().filter(has_algorithm).min_by_key(|row| row.created_at))
    }

    fn make(&self, ctx: &Ctx) -> Result<SigningKeyRow> {
        let first = self.sealed_by.first().ok_or_else(|| Error::internal("no ENCRYPTION_KEY for signing keys"))?;
        let kid = KeyId::random(ctx.random()).as_str().to_owned();
        let private = new_private_key(self.algorithm).map_err(Error::internal)?;
        let private = first.seal_signing_key(ctx, &kid, &private);
        Ok(SigningKeyRow { kid, algorithm: self.algorithm, private, created_at: ctx.now })
    }

    fn open(&self, row: &SigningKeyRow) -> Result<SigningKey> {
        SigningKey::from_pkcs8(row.kid.clone(), row.algorithm, &unseal(&self.sealed_by, row)?).map_err(Error::internal)
    }
}
