//! `create`: stores a registration for an address that is free, pending or taken.

use super::Accounts;
use crate::{
    account::{Profile, Registration, email::EmailAddress, password::Password},
    error::{
        Result,
        catalogue::{EMAIL_TAKEN, SIGNUP_CLOSED},
    },
    id::UserId,
    limit::LimitKind,
    link::BrowserProof,
    port::{AddressState, Replaces},
    realm::SignupField,
    service::{
        FieldErrors, RawField,
        kernel::{HashPermit, Placement, RegistrationDraft, retry},
    },
};

/// Fields of `create` as received.
#[derive(Debug, Clone, Default)]
pub struct CreateForm {
    pub first_name: RawField,
    pub last_name: RawField,
    pub email: RawField,
    /// Phone number in E.164.
    pub phone: RawField,
    /// ISO or calling code.
    pub country_code: RawField,
    pub password: RawField,
    /// JSON object defined by the application.
    pub attributes: RawField,
}

/// Result of `create`. It is the same whether or not the address was free.
#[derive(Debug, Clone)]
pub struct Created {
    /// Identifier of the registration.
    pub id: UserId,
    /// Address in canonical form.
    pub email: EmailAddress,
    /// Proof for the browser that sent the request.
    pub proof: BrowserProof,
}

/// Number of attempts in which the password is compared with that of a concurrent registration.
const COMPARISONS: usize = 3;
/// Maximum number of attempts while registrations of the address keep changing.
const TRIES: usize = 10;

impl Accounts<'_> {
    /// Registers an account: stores the profile and sends a verification link, or a notice to the owner of a taken
    /// address. Neither the response nor the work depends on whether the address has a user.
    ///
    /// # Errors
    /// Returns `Forbidden` if the realm does not accept registrations, `Invalid` with all invalid fields, `Limited` if
    /// a rate limit is reached, `Overloaded` if the hash queue is full, `Unavailable` if the store fails, and
    /// `Conflict` if the address is taken and the operator allows revealing it.
    pub async fn create(&self, form: &CreateForm) -> Result<Created> {
        if !self.realm.policy.is_signup_open() {
            return Err(SIGNUP_CLOSED.into());
        }
        let (profile, password) = self.check(form)?;
        let quota = self.settings.limits.mails_client;
        self.ask(LimitKind::Registrations, quota, self.register(profile, &password)).await
    }

    async fn register(&self, profile: Profile, password: &Password) -> Result<Created> {
        let permit = self.hash_permit()?;
        let hash = self.hash(&permit, password).await?;
        let draft = self.draft(profile, &hash)?;
        let (permit, draft) = (&permit, &draft);
        let attempt = |number| async move {
            let placement = self.place(permit, draft, password, number).await?;
            let contested = placement.contested;
            Ok(self.put_registration(draft, placement).await?.then_some(contested))
        };
        let contested = retry(TRIES, "the address kept changing during a registration", attempt).await?;
        tracing::info!(realm = %self.realm.name, user = %draft.row.id, contested, "registration created");
        let proof = BrowserProof::derive(&self.realm.keys, &draft.row.id);
        Ok(Created { id: draft.row.id.clone(), email: draft.profile.email.clone(), proof })
    }

    /// Parses all fields.
    ///
    /// # Errors
    /// Returns `Invalid` with all invalid fields.
    fn check(&self, form: &CreateForm) -> Result<(Profile, Password)> {
        let mut errors = FieldErrors::default();
        let required = &self.realm.policy.signup_required;
        let first_name = errors.signup(SignupField::FirstName, &form.first_name, required, FieldErrors::name);
        let last_name = errors.signup(SignupField::LastName, &form.last_name, required, FieldErrors::name);
        let email = errors.email("email", &form.email);
        let phone = errors.signup(SignupField::Phone, &form.phone, required, FieldErrors::phone);
        let country = errors.signup(SignupField::CountryCode, &form.country_code, required, FieldErrors::country);
        let attributes = errors.attributes("attributes", &form.attributes);
        let context: Vec<&str> =
            [&form.first_name, &form.last_name, &form.email].iter().filter_map(|field| field.text()).collect();
        let password = errors.password("password", &form.password, &self.realm.policy.password, &context);
        let all = (|| {
            let profile = Profile {
                email: email?,
                first_name: first_name?,
                last_name: last_name?,
                phone: phone?,
                country: country?,
                locale: None,
                attributes: attributes?,
            };
            Some((profile, password?))
        })();
        errors.finish(all)
    }

    /// Reads the state of the address, and compares the password with that of a pending registration.
    async fn place(
        &self,
        permit: &HashPermit<'_>,
        draft: &RegistrationDraft,
        password: &Password,
        attempt: usize,
    ) -> Result<Placement> {
        let found = self.ports.store.at_address(&self.realm.name, draft.row.index).await?;
        let AddressState { user, registration: prior } = found;
        let reserved = self.reserved_by_other(draft.row.index, None).await?;
        let invited = self.invitation_at(draft.row.index).await?;
        if (user.is_some() || reserved.is_some() || invited.is_some()) && self.settings.reveal_taken {
            return Err(EMAIL_TAKEN.into());
        }
        // If there are too many concurrent registrations to compare with each of them, the owner of the address has
        // to decide.
        let is_compared = attempt < COMPARISONS;
        let exactly = Replaces::Exactly(prior.as_ref().map(|prior| prior.id.clone()));
        let pending = prior.filter(|prior| prior.is_pending(self.ctx.now));
        let contested = !is_compared || self.is_contested(permit, pending.as_ref(), password).await?;
        let pending = pending.map(|pending| pending.id);
        Ok(Placement {
            is_taken: user.is_some(),
            reserved,
            invited,
            replaces: if is_compared { exactly } else { Replaces::Anything },
            contested,
            succeeds: pending.clone().filter(|_| !contested),
            pending,
        })
    }

    /// Returns whether a pending registration of the address has another password. If so, the owner of the address
    /// has to decide.
    async fn is_contested(
        &self,
        permit: &HashPermit<'_>,
        pending: Option<&Registration>,
        password: &Password,
    ) -> Result<bool> {
        let Some(pending) = pending else { return Ok(false) };
        let key = pending.envelope.key(&self.realm.keys, &pending.id)?;
        let hash = pending.envelope.open_password(&key)?;
        let is_same = self.matches(permit, password, hash.as_ref()).await?;
        Ok(pending.contested || !is_same)
    }
}
