//! States of signing keys, and their management by administrators.

use std::time::Duration;

use super::signing_keys::{PUBLISHED_BEFORE, algorithms_of_clients, longest_token};
use crate::{
    clock::Timestamp,
    ctx::Ctx,
    error::Result,
    port::SigningKeyRow,
    service::kernel::{Kernel, KeyRotation, SigningKeyStatus},
    token::{Algorithm, CLOCK_SKEW},
};

/// The keys that currently sign.
pub(super) struct Signing<'a> {
    /// Signs the server's own tokens.
    pub(super) own: Option<&'a SigningKeyRow>,
    /// Sign the tokens of clients, one per algorithm.
    pub(super) of_clients: Vec<&'a SigningKeyRow>,
}

impl<'a> Signing<'a> {
    pub(super) fn of(
        rotation: &KeyRotation,
        now: Timestamp,
        rows: &'a [SigningKeyRow],
        of_clients: &[Algorithm],
    ) -> Self {
        let of_client = |algorithm: &Algorithm| KeyRotation::current_of(now, rows, *algorithm);
        Self {
            own: rotation.own.and_then(|algorithm| KeyRotation::current(now, rows, algorithm)),
            of_clients: of_clients.iter().filter_map(of_client).collect(),
        }
    }

    fn contains(&self, row: &SigningKeyRow) -> bool {
        self.own.iter().chain(&self.of_clients).any(|signing| signing.kid == row.kid)
    }

    /// Returns the key that replaced an older one.
    fn successor(&self, row: &SigningKeyRow) -> Option<&'a SigningKeyRow> {
        let same = self.of_clients.iter().copied().find(|signing| signing.algorithm == row.algorithm);
        same.or(self.own).filter(|signing| !self.contains(row) && row.created_at < signing.created_at)
    }

    /// Returns the successor of a key that was used for signing, if none of its tokens is valid any longer.
    pub(super) fn ended_by(
        &self,
        row: &SigningKeyRow,
        longest_token: Duration,
        now: Timestamp,
    ) -> Option<&'a SigningKeyRow> {
        let keep_for = PUBLISHED_BEFORE * 2 + longest_token + CLOCK_SKEW;
        self.successor(row).filter(|successor| successor.created_at.plus(keep_for) <= now)
    }

    fn state(&self, row: &SigningKeyRow) -> &'static str {
        if self.contains(row) {
            "signing"
        } else if self.successor(row).is_some() {
            "retired"
        } else {
            "published"
        }
    }
}

/// A key to be removed.
pub(in crate::service) struct RetiredKey {
    /// Whether its tokens may still be valid.
    pub(in crate::service) is_in_use: bool,
    /// Key to be generated as its replacement, if it signs and is the only one of its algorithm.
    pub(in crate::service) replacement: Option<SigningKeyRow>,
    /// Another key of its algorithm, which must not be removed at the same time.
    pub(in crate::service) other: Option<String>,
}

/// Returns when a key began or begins to sign: the first of its algorithm immediately, because there is no other.
fn signs_from(row: &SigningKeyRow, rows: &[SigningKeyRow]) -> Timestamp {
    let is_older = |other: &SigningKeyRow| other.algorithm == row.algorithm && other.created_at < row.created_at;
    if rows.iter().any(is_older) { row.created_at.plus(PUBLISHED_BEFORE) } else { row.created_at }
}

impl Kernel {
    /// Returns the state of each signing key, newest first.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails.
    pub(in crate::service) async fn signing_key_states(&self, now: Timestamp) -> Result<Vec<SigningKeyStatus>> {
        let of_clients = algorithms_of_clients(self).await?;
        let rows = self.ports.store.signing_keys().await?;
        let signing = Signing::of(&self.key_rotation, now, &rows, &of_clients);
        let status = |row: &SigningKeyRow| SigningKeyStatus {
            kid: row.kid.clone(),
            algorithm: row.algorithm,
            created_at: row.created_at,
            signs_from: signs_from(row, &rows),
            state: signing.state(row),
        };
        Ok(rows.iter().rev().map(status).collect())
    }

    /// Generates a key early for each algorithm in use. Returns none if the server only signs with a secret.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be generated or encrypted.
    pub(in crate::service) async fn make_signing_keys(&self, ctx: &Ctx) -> Result<Vec<SigningKeyRow>> {
        let (rotation, mut algorithms) = (&self.key_rotation, algorithms_of_clients(self).await?);
        algorithms.extend(rotation.own.filter(|own| !algorithms.contains(own)));
        algorithms.into_iter().map(|algorithm| rotation.make(ctx, algorithm)).collect()
    }

    /// Returns the consequences of removing a signing key. Returns `None` if there is no such key.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if a key cannot be generated or encrypted.
    pub(in crate::service) async fn retired_key(&self, ctx: &Ctx, kid: &str) -> Result<Option<RetiredKey>> {
        let of_clients = algorithms_of_clients(self).await?;
        let rows = self.ports.store.signing_keys().await?;
        let Some(row) = rows.iter().find(|row| row.kid == kid) else { return Ok(None) };
        let signing = Signing::of(&self.key_rotation, ctx.now, &rows, &of_clients);
        let other = rows.iter().rfind(|other| other.algorithm == row.algorithm && other.kid != row.kid);
        let replacement =
            (signing.contains(row) && other.is_none()).then(|| self.key_rotation.make(ctx, row.algorithm));
        let has_signed = signing.contains(row) || signing.successor(row).is_some();
        let is_in_use = has_signed && signing.ended_by(row, longest_token(self), ctx.now).is_none();
        let other = other.map(|other| other.kid.clone());
        Ok(Some(RetiredKey { is_in_use, replacement: replacement.transpose()?, other }))
    }
}
