//! `PATCH …/users/{id}`: changes profile and roles. See [`contact`](super::contact) for email address and phone
//! number.

use super::{Administered, UserSheet, contact::NewContact, subject::Subject};
use crate::{
    account::{Profile, Role, User, locale::Locale},
    admin::{Invitation, Manage},
    audit::Event,
    batch,
    error::{
        Result,
        catalogue::{LOCALE_INVALID, REVISION_STALE, USER_STATUS},
    },
    port::RecordOp,
    record::{Record, RecordKeys, RecordRow},
    service::{Expected, FieldErrors, ProfilePatch, RawField},
};

/// Changes to a user as received. Absent fields are unchanged, and `null` removes a value.
#[derive(Debug, Default)]
pub struct UserPatch {
    pub profile: ProfilePatch,
    pub roles: Option<RawField>,
    pub email: Option<RawField>,
    pub phone: Option<RawField>,
    /// Reason for a new address or phone number.
    pub reason: RawField,
}

impl UserPatch {
    /// Returns the names of the given fields.
    fn names(&self) -> Vec<&'static str> {
        let ProfilePatch { first_name, last_name, country_code, locale, attributes } = &self.profile;
        let given = [
            ("first_name", first_name.is_some()),
            ("last_name", last_name.is_some()),
            ("country_code", country_code.is_some()),
            ("locale", locale.is_some()),
            ("attributes", attributes.is_some()),
            ("roles", self.roles.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
        ];
        given.iter().filter(|(_, is_given)| *is_given).map(|(name, _)| *name).collect()
    }
}

impl Administered<'_, Manage> {
    /// Edits a user or an invitation. `errors` contains the errors of unknown fields.
    ///
    /// # Errors
    /// Returns `NotFound` if the user does not exist, `Invalid` with all field errors, `Outdated` if the revision
    /// differs, `Conflict` for a registration or a taken address, and `Unavailable` if the store fails. For address
    /// and phone number also `Forbidden` and `Stale`.
    pub async fn edit(
        &self,
        id: &str,
        expected: &Expected,
        patch: &UserPatch,
        mut errors: FieldErrors,
    ) -> Result<UserSheet> {
        let subject = self.subject(id).await?;
        let contact = self.contact(patch, &mut errors)?;
        let profile = self.profile_of(&subject)?;
        let profile = patched(&profile, &patch.profile, &mut errors);
        let roles = patch.roles.as_ref().map(|given| errors.roles(given));
        if !errors.is_empty() {
            return Err(errors.into_error());
        }
        self.require_revision(&subject, expected)?;
        let roles = roles.flatten();
        match subject {
            Subject::User(user) => self.edit_user(*user, (profile, roles), contact, patch).await,
            Subject::Invited(row, invitation) if contact.is_none() => {
                self.edit_invitation(&row, *invitation, profile, roles, patch).await
            }
            Subject::Invited(..) | Subject::Unverified(_) => Err(USER_STATUS.into()),
        }
    }

    fn profile_of(&self, subject: &Subject) -> Result<Profile> {
        match subject {
            Subject::User(user) => {
                let key = user.envelope.key(&self.realm.keys, &user.id)?;
                user.envelope.open_profile(&key)
            }
            Subject::Invited(_, invitation) => Ok(invitation.profile.clone()),
            Subject::Unverified(_) => Err(USER_STATUS.into()),
        }
    }

    async fn edit_user(
        &self,
        user: User,
        (profile, roles): (Profile, Option<Vec<Role>>),
        contact: Option<NewContact>,
        patch: &UserPatch,
    ) -> Result<UserSheet> {
        let audit = self.audit(Event::UserEdited).user(&user).by(self.admin()).detail("fields", patch.names());
        let roles = roles.unwrap_or_else(|| user.roles.clone());
        if let Some(contact) = contact {
            return self.change_contact(&user, (profile, roles), &contact, audit).await;
        }
        let key = user.envelope.key(&self.realm.keys, &user.id)?;
        let envelope = user.envelope.with_profile(self.ctx, &key, &profile)?;
        let changed = User { envelope, roles, revision: user.revision + 1, ..user };
        self.change(changed, batch![audit]).await
    }

    async fn edit_invitation(
        &self,
        row: &RecordRow,
        invitation: Invitation,
        profile: Profile,
        roles: Option<Vec<Role>>,
        patch: &UserPatch,
    ) -> Result<UserSheet> {
        let roles = roles.unwrap_or_else(|| invitation.roles.clone());
        let changed = Invitation { profile, roles, ..invitation };
        let sealed = changed.seal(self.ctx, &self.realm.name, RecordKeys::Realm(&self.realm.keys));
        let sealed = RecordRow { revision: row.revision + 1, ..sealed };
        let audit = self.audit(Event::UserEdited).index(changed.index).by(self.admin());
        let audit = audit.detail("fields", patch.names());
        let batch = batch![RecordOp::Replace(sealed.clone()), audit];
        self.settle(batch, REVISION_STALE).await?;
        self.sheet(&Subject::Invited(sealed, Box::new(changed))).await
    }
}

/// Applies the changes to a profile.
pub(super) fn patched(before: &Profile, patch: &ProfilePatch, errors: &mut FieldErrors) -> Profile {
    let mut profile = before.clone();
    match &patch.first_name {
        Some(RawField::Missing) => profile.first_name = None,
        Some(given) => profile.first_name = errors.name("first_name", given).or(profile.first_name),
        None => {}
    }
    match &patch.last_name {
        Some(RawField::Missing) => profile.last_name = None,
        Some(given) => profile.last_name = errors.name("last_name", given).or(profile.last_name),
        None => {}
    }
    match &patch.country_code {
        Some(RawField::Missing) => profile.country = None,
        Some(given) => profile.country = errors.country("country_code", given).or(profile.country),
        None => {}
    }
    match &patch.locale {
        Some(RawField::Missing) => profile.locale = None,
        Some(given) => profile.locale = locale(given, errors).or(profile.locale),
        None => {}
    }
    if let Some(given) = &patch.attributes {
        profile.attributes = errors.merged_attributes("attributes", &before.attributes, given).unwrap_or_default();
    }
    profile
}

fn locale(given: &RawField, errors: &mut FieldErrors) -> Option<Locale> {
    let locale = errors.text("locale", given).map(Locale::parse)?;
    if locale.is_none() {
        errors.add(LOCALE_INVALID.of("locale"));
    }
    locale
}
