//! `PATCH me`: changes the profile of the caller.

use super::Accounts;
use crate::{
    account::{Account, Profile, User, locale::Locale},
    audit::Event,
    batch,
    error::{
        Result,
        catalogue::{FIELD_MISSING, LOCALE_INVALID, REVISION_STALE},
    },
    limit::{LimitKey, LimitKind},
    port::{Precondition, UserOp},
    realm::SignupField,
    service::{
        FieldErrors, Owner, RawField,
        kernel::{ATTEMPTS, retry},
    },
};

/// Changes to a profile as received. Absent fields are unchanged, and `null` removes a value.
#[derive(Debug, Default)]
pub struct ProfilePatch {
    pub first_name: Option<RawField>,
    pub last_name: Option<RawField>,
    /// ISO or calling code.
    pub country_code: Option<RawField>,
    pub locale: Option<RawField>,
    /// Merge patch of the attributes.
    pub attributes: Option<RawField>,
}

/// Revisions accepted by a request (`If-Match`). `None` accepts all.
pub type Expected = Option<Vec<u64>>;

impl Accounts<'_> {
    /// Changes the profile of the caller and returns the account. `errors` contains the errors of unknown fields.
    ///
    /// # Errors
    /// Returns `Limited` if a rate limit is reached, `Invalid` with all invalid fields, `Outdated` if the account has
    /// another revision, `BadToken` if the account was deleted in the meantime, and `Unavailable` if the store fails.
    pub async fn edit(
        &self,
        owner: &Owner,
        patch: &ProfilePatch,
        expected: &Expected,
        errors: FieldErrors,
    ) -> Result<Account> {
        let key = LimitKey::in_realm(&self.realm.keys, LimitKind::Profile, &[owner.session().as_str().as_bytes()]);
        let charge = match self.charge(LimitKind::Profile, key, self.settings.limits.profile_session).await {
            Ok(charge) => charge,
            Err(limited) => {
                self.note_limit_of(owner).await?;
                return Err(limited);
            }
        };
        if !errors.is_empty() {
            return Err(errors.into_error());
        }
        let edit = |_| self.edit_once(owner, patch, expected);
        self.charged(charge, retry(ATTEMPTS, "the account kept changing during an edit", edit)).await
    }

    /// Changes the profile; `None` if the account changed in the meantime.
    async fn edit_once(&self, owner: &Owner, patch: &ProfilePatch, expected: &Expected) -> Result<Option<Account>> {
        let user = self.user_of(owner).await?;
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let before = user.envelope.open_profile(&key)?;
        // Errors in the body are reported before an outdated revision.
        let profile = self.patched(&before, patch)?;
        if expected.as_ref().is_some_and(|revisions| !revisions.contains(&user.revision)) {
            return Err(REVISION_STALE.into());
        }
        if profile == before {
            return self.account_of(&user).await.map(Some);
        }
        let envelope = user.envelope.with_profile(self.ctx, &key, &profile)?;
        let changed = User { envelope, revision: user.revision + 1, ..user };
        let account = self.account_of(&changed).await?;
        let audit = self.audit(Event::ProfileChanged).user(owner);
        let batch = batch![UserOp::Update(changed), audit];
        let is_done = self.commit_unless(batch, &[Precondition::UserRevision]).await?;
        Ok(is_done.then_some(account))
    }

    fn patched(&self, before: &Profile, patch: &ProfilePatch) -> Result<Profile> {
        let mut profile = before.clone();
        let mut errors = FieldErrors::default();
        if let Some(given) = &patch.first_name {
            let name = self.change(&mut errors, SignupField::FirstName, given, FieldErrors::name);
            profile.first_name = name.unwrap_or(profile.first_name);
        }
        if let Some(given) = &patch.last_name {
            let name = self.change(&mut errors, SignupField::LastName, given, FieldErrors::name);
            profile.last_name = name.unwrap_or(profile.last_name);
        }
        if let Some(given) = &patch.country_code {
            let country = self.change(&mut errors, SignupField::CountryCode, given, FieldErrors::country);
            profile.country = country.unwrap_or(profile.country);
        }
        if let Some(given) = &patch.locale {
            profile.locale = match given {
                RawField::Missing => None,
                given => errors.text("locale", given).and_then(|text| {
                    let locale = Locale::parse(text);
                    if locale.is_none() {
                        errors.add(LOCALE_INVALID.of("locale"));
                    }
                    locale
                }),
            };
        }
        if let Some(given) = &patch.attributes {
            profile.attributes = errors.merged_attributes("attributes", &before.attributes, given).unwrap_or_default();
        }
        errors.finish(Some(profile))
    }

    /// Parses a changed field. The outer `None` means that it is invalid. `null` removes the value, unless sign-up
    /// requires it.
    fn change<T>(
        &self,
        errors: &mut FieldErrors,
        field: SignupField,
        given: &RawField,
        read: fn(&mut FieldErrors, &'static str, &RawField) -> Option<T>,
    ) -> Option<Option<T>> {
        match given {
            RawField::Missing if self.realm.policy.signup_required.contains(&field) => {
                errors.add(FIELD_MISSING.of(field.as_str()));
                None
            }
            RawField::Missing => Some(None),
            given => read(errors, field.as_str(), given).map(Some),
        }
    }
}
