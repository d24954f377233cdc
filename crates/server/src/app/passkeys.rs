//! The domain of passkeys at the start.

use portcullis_core::{
    port::Store,
    service::{Realms, passkeys_of_other_domains},
};

use super::BuildError;
use crate::config::Passkeys;

/// Says which domain and origins passkeys have, and stops the start if a domain that follows `PUBLIC_URL` would lose some.
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
