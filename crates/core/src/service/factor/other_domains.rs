//! Passkeys created for another domain, which browsers no longer offer.

use crate::{
    error::Result,
    factor::passkey::Passkey,
    port::Store,
    record::Record,
    service::{Realms, kernel::RecordPages},
};

/// Maximum number of passkeys counted.
const MAX: usize = 100_000;

/// Returns the number of passkeys in all realms that were created for another domain. The domain is part of the
/// record key, so nothing is decrypted and passkeys of this domain are skipped.
///
/// # Errors
/// Returns `Unavailable` if the store fails.
pub async fn passkeys_of_other_domains(store: &dyn Store, realms: &Realms, rp_id: &str) -> Result<usize> {
    let own = format!("{}-", Passkey::tag_of(rp_id));
    // `.` follows the hyphen in the character set, so this is after every key of the domain.
    let beyond = format!("{}.", Passkey::tag_of(rp_id));
    let mut number = 0;
    for realm in realms.names() {
        let mut pages = RecordPages::new(store, realm, Passkey::KIND);
        while number < MAX
            && let Some(page) = pages.next().await?
        {
            let others = page.iter().take_while(|row| !row.key.starts_with(&own)).count();
            number += others;
            if others < page.len() {
                pages.skip_to(&beyond);
            }
        }
    }
    Ok(number)
}
