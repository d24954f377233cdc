//! Startup check of the passkey domain.

use portcullis_core::{
    port::Store,
    service::{Realms, passkeys_of_other_domains},
};

use super::BuildError;
use crate::config::Passkeys;

/// Logs the domain and origins of passkeys. Fails if a domain derived from `PUBLIC_URL` would make existing passkeys
/// unusable.
pub(super) async fn check_domain(settings: &Passkeys, store: &dyn Store, realms: &Realms) -> Result<(), BuildError> {
    let Some(party) = &settings.party else {
        tracing::info!(reason = "PUBLIC_URL has an IP address, which cannot be the domain of passkeys", "passkeys off");
        return Ok(());
    };
    if settings.follows_public_url {
        let lost = passkeys_of_other_domains(store, realms, &party.id).await.map_err(BuildError::Passkeys)?;
        if lost > 0 {
            return Err(BuildError::PasskeyDomain(lost, party.id.clone()));
        }
    }
    tracing::info!(rp_id = party.id, origins = party.origins.join(","), "passkeys on");
    Ok(())
}
