//! The fields of `signin/complete`: what a new user from another provider has to enter.

use super::Federation;
use crate::{
    account::{Profile, attributes::Attributes, email::EmailAddress, name::PersonName},
    admin::Invitation,
    error::Result,
    federation::{PendingIdentity, ProvedIdentity},
    realm::SignupField,
    service::{FieldErrors, RawField},
};

/// Fields of the page, as received.
#[derive(Debug, Clone, Default)]
pub struct CompletionForm {
    pub first_name: RawField,
    pub last_name: RawField,
    /// Ignored if the provider has verified an address.
    pub email: RawField,
    pub phone: RawField,
    pub country_code: RawField,
}

/// Fields that the page asks for.
#[derive(Debug, Clone, Default)]
pub struct CompletionFields {
    /// Fields that sign-up requires, except those in an invitation of the address.
    pub required: Vec<SignupField>,
    /// Initial value: from the invitation or, without one, from the provider.
    pub first_name: Option<PersonName>,
    /// Initial value, from the same source.
    pub last_name: Option<PersonName>,
}

impl Federation<'_> {
    /// Returns the fields of the page.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if the invitation cannot be decrypted.
    pub async fn completion_fields(&self, pending: &PendingIdentity) -> Result<CompletionFields> {
        let proved = pending.proved();
        let invited = self.invitation_of(&proved).await?;
        let required = self.required_of(invited.as_ref());
        let invited = invited.map(|invitation| invitation.profile);
        let (first, last) = invited.map_or((None, None), |invited| (invited.first_name, invited.last_name));
        Ok(CompletionFields { required, first_name: first.or(proved.first_name), last_name: last.or(proved.last_name) })
    }

    /// Returns the invitation of the address that the provider has verified.
    ///
    /// # Errors
    /// Returns `Unavailable` if the store fails, and `Internal` if it cannot be decrypted.
    pub(super) async fn invitation_of(&self, proved: &ProvedIdentity) -> Result<Option<Invitation>> {
        match proved.proved_email() {
            Some(email) => self.invitation_at(email.blind_index(&self.realm.keys)).await,
            None => Ok(None),
        }
    }

    /// Returns the fields that the user has to enter.
    pub(super) fn required_of(&self, invited: Option<&Invitation>) -> Vec<SignupField> {
        let required = self.realm.policy.signup_required.iter().copied();
        required.filter(|field| invited.is_none_or(|invited| lacks(&invited.profile, *field))).collect()
    }
}

/// Returns whether the profile has no value for a field.
pub(super) fn lacks(profile: &Profile, field: SignupField) -> bool {
    match field {
        SignupField::FirstName => profile.first_name.is_none(),
        SignupField::LastName => profile.last_name.is_none(),
        SignupField::Phone => profile.phone.is_none(),
        SignupField::CountryCode => profile.country.is_none(),
    }
}

/// Returns the profile entered by a new user.
///
/// # Errors
/// Returns `Invalid` with all invalid fields.
pub(super) fn completed(
    required: &[SignupField],
    proved: Option<&EmailAddress>,
    form: &CompletionForm,
) -> Result<Profile> {
    let mut errors = FieldErrors::default();
    let first_name = errors.signup(SignupField::FirstName, &form.first_name, required, FieldErrors::name);
    let last_name = errors.signup(SignupField::LastName, &form.last_name, required, FieldErrors::name);
    let email = match proved {
        Some(email) => Some(email.clone()),
        None => errors.email("email", &form.email),
    };
    let phone = errors.signup(SignupField::Phone, &form.phone, required, FieldErrors::phone);
    let country = errors.signup(SignupField::CountryCode, &form.country_code, required, FieldErrors::country);
    let all = (|| {
        Some(Profile {
            email: email?,
            first_name: first_name?,
            last_name: last_name?,
            phone: phone?,
            country: country?,
            locale: None,
            attributes: Attributes::default(),
        })
    })();
    errors.finish(all)
}
